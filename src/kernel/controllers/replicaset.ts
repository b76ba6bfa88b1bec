/**
 * ReplicaSet controller: makes the number of live pods equal spec.replicas.
 *
 * Models pkg/controller/replicaset. Leaves out expectations and slow start: both exist to survive a stale cache, and
 * a read inside the kernel is never stale.
 */
import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import * as labels from "#kernel/apimachinery/labels";
import { controllerOf, keyOf, timeText } from "#kernel/apimachinery/meta";
import { claim, claimantsOf } from "#kernel/controllers/shared/claim";
import { podFrom, podsToDelete } from "#kernel/controllers/shared/pods";
import { withCondition, withoutCondition, withoutZeros } from "#kernel/controllers/shared/status";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, itself, ownedBy, wakeAt, watching } from "#kernel/registry/controller";
import type { Resource } from "#kernel/registry/definition";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { recordEvent } from "#kernel/resources/core/event.record";
import { pods } from "#kernel/resources/core/pod";
import { isPodActive, isPodReady, isPodTerminal, podAvailableAt } from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";
import type { KubeObject } from "#kernel/store/object";

const NAME = "replicaset-controller";
const SOURCE = { component: NAME };

export const replicasetController: Controller = {
  name: NAME,
  component: "controllerManager",
  watches: [
    itself(replicasets),
    ownedBy(replicasets, pods),
    watching(pods, (pod, client) => claimantsOf(client, pod, replicasets, ({ spec }) => spec.selector)),
  ],

  reconcile(context, key) {
    const { client, now } = context;
    const rs = client.get(replicasets, key);
    if (rs === undefined) return done;

    const resource = replicasets as unknown as Resource<KubeObject>;
    const owned = claim(client, { owner: rs, resource, selector: rs.spec.selector }, pods);
    const active = owned.filter(isPodActive);
    const isGoing = rs.metadata.deletionTimestamp !== undefined;
    const change = isGoing ? NOTHING : replicate(context, rs, active);
    // What was made or deleted is itself a change we watch: the status follows with the next reconcile.
    if (change.count > 0 && change.failure === undefined) return done;

    const terminating = owned.length - active.length === 0 ? 0 : owned.filter(isGoingPod).length;
    const { status, changesAt } = observe(rs, { active, terminating, now, ...change });
    client.updateStatus(replicasets, rs, status);
    if (change.failure !== undefined) throw change.failure;
    return changesAt === undefined ? done : wakeAt(changesAt);
  },
};

const isGoingPod = (pod: Pod): boolean => !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;

/** What one reconcile did about the number of pods. */
interface Replication {
  readonly count: number;
  readonly failure?: StatusError;
}

const NOTHING: Replication = { count: 0 };

/** Creates what is missing or deletes what is too many, at most a burst of it. */
function replicate(context: Context, rs: ReplicaSet, active: readonly Pod[]): Replication {
  const missing = (rs.spec.replicas ?? 1) - active.length;
  if (missing > 0) return createPods(context, rs, Math.min(missing, LIMITS.podsPerReconcile));
  if (missing < 0) return deletePods(context, rs, active, Math.min(-missing, LIMITS.podsPerReconcile));
  return NOTHING;
}

function createPods({ client, now }: Context, rs: ReplicaSet, wanted: number): Replication {
  const draft = podFrom(rs.spec.template, rs, replicasets);
  for (let count = 0; count < wanted; count += 1) {
    try {
      const { name } = client.create(pods, draft).metadata;
      const message = `Created pod: ${name}`;
      recordEvent(client, { regarding: rs, type: "Normal", reason: "SuccessfulCreate", message, source: SOURCE }, now);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (isNamespaceGoing(error)) return { count };
      const message = `Error creating: ${error.message}`;
      recordEvent(client, { regarding: rs, type: "Warning", reason: "FailedCreate", message, source: SOURCE }, now);
      return { count, failure: error };
    }
  }
  return { count: wanted };
}

/** Nothing can be made in a namespace that is going; there is nothing to report and nothing to try again. */
const isNamespaceGoing = ({ status }: StatusError): boolean =>
  status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") === true;

function deletePods({ client, now }: Context, rs: ReplicaSet, active: readonly Pod[], wanted: number): Replication {
  for (const pod of podsToDelete(active, relatedPods(client, rs, active), wanted, now)) {
    client.delete(pods, keyOf(pod));
    const message = `Deleted pod: ${pod.metadata.name}`;
    recordEvent(client, { regarding: rs, type: "Normal", reason: "SuccessfulDelete", message, source: SOURCE }, now);
  }
  return { count: wanted };
}

/** Active pods of all ReplicaSets with the same owner: a rollout gives up doubled-up pods first. */
function relatedPods(client: Client, rs: ReplicaSet, own: readonly Pod[]): readonly Pod[] {
  const owner = controllerOf(rs);
  if (owner === undefined) return own;
  const related: Pod[] = [];
  for (const sibling of client.owned(owner.uid)) {
    if (sibling.bucket !== replicasets.bucket) continue;
    for (const { bucket, object } of client.owned(sibling.object.metadata.uid)) {
      if (bucket === pods.bucket && isPodActive(object as Pod)) related.push(object as Pod);
    }
  }
  return related;
}

interface Observation extends Replication {
  readonly active: readonly Pod[];
  readonly terminating: number;
  readonly now: Instant;
}

/** The status of a ReplicaSet with these pods, and when it will be another one without anything happening. */
function observe(rs: ReplicaSet, { active, terminating, now, failure }: Observation) {
  const template = rs.spec.template?.metadata?.labels;
  const minReadySeconds = rs.spec.minReadySeconds ?? 0;
  let [fullyLabeledReplicas, readyReplicas, availableReplicas] = [0, 0, 0];
  let changesAt: Instant | undefined;
  for (const pod of active) {
    if (labels.matchesSet(template, pod.metadata.labels)) fullyLabeledReplicas += 1;
    if (!isPodReady(pod)) continue;
    readyReplicas += 1;
    const availableAt =
      minReadySeconds === 0 ? now : (podAvailableAt(pod, minReadySeconds) ?? Number.POSITIVE_INFINITY);
    if (availableAt <= now) availableReplicas += 1;
    else if (availableAt < (changesAt ?? Number.POSITIVE_INFINITY)) changesAt = availableAt;
  }
  const status: ReplicaSetStatus = {
    ...withoutZeros({
      fullyLabeledReplicas,
      readyReplicas,
      availableReplicas,
      observedGeneration: rs.metadata.generation ?? 0,
      conditions: [...conditionsOf(rs, active.length, failure, now)],
    }),
    replicas: active.length,
    terminatingReplicas: terminating,
  };
  return { status, changesAt };
}

function conditionsOf(
  { spec, status }: ReplicaSet,
  present: number,
  failure: StatusError | undefined,
  now: Instant,
): readonly ReplicaSetCondition[] {
  const conditions = status?.conditions ?? [];
  if (failure === undefined) return withoutCondition(conditions, "ReplicaFailure");
  if (conditions.some(({ type }) => type === "ReplicaFailure")) return conditions;
  const reason = present < (spec.replicas ?? 1) ? "FailedCreate" : "FailedDelete";
  const lastTransitionTime = timeText(now);
  const { message } = failure;
  return withCondition(conditions, { type: "ReplicaFailure", status: "True", reason, message, lastTransitionTime });
}
