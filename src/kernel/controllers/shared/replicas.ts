/**
 * Keeping the number of live pods equal to spec.replicas: what ReplicaSets and ReplicationControllers have in common.
 *
 * Models pkg/controller/replicaset, which serves both. Leaves out expectations and slow start: both exist to survive
 * a stale cache, and a read inside the kernel is never stale.
 */
import type { Pod, PodTemplateSpec, ReplicaSetCondition, ReplicaSetStatus } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import * as labels from "#kernel/apimachinery/labels";
import { keyOf, timeText } from "#kernel/apimachinery/meta";
import { claim, claimantsOf } from "#kernel/controllers/shared/claim";
import { podFrom, podsToDelete } from "#kernel/controllers/shared/pods";
import { withCondition, withoutCondition, withoutZeros } from "#kernel/controllers/shared/status";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, itself, ownedBy, wakeAt, watching } from "#kernel/registry/controller";
import type { Resource } from "#kernel/registry/definition";
import { recordEvent } from "#kernel/resources/core/event.record";
import { pods } from "#kernel/resources/core/pod";
import { isPodActive, isPodReady, isPodTerminal, podAvailableAt } from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";
import type { KubeObject } from "#kernel/store/object";

/** An object that wants so many copies of a pod. */
export interface Replicated extends KubeObject {
  spec: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec };
  status?: Omit<ReplicaSetStatus, "terminatingReplicas">;
}

/** A kind of such objects. */
export interface ReplicatedKind<O extends Replicated> {
  /** The controller's name, as in its events. */
  readonly name: string;
  readonly resource: Resource<O>;
  selectorOf(owner: O): labels.LabelSelector;
  /** Whether the status tells how many pods are going. */
  readonly tellsTerminating: boolean;
  /** The pods among which surplus ones should leave the fullest nodes first; its own if absent. */
  related?(client: Client, owner: O, own: readonly Pod[]): readonly Pod[];
}

/** The controller of a kind that wants copies of a pod. */
export function replicaController<O extends Replicated>(kind: ReplicatedKind<O>): Controller {
  const { name, resource, selectorOf } = kind;
  return {
    name,
    component: "controllerManager",
    watches: [
      itself(resource),
      ownedBy(resource, pods),
      watching(pods, (pod, client) => claimantsOf(client, pod, resource, selectorOf)),
    ],

    reconcile(context, key) {
      const { client } = context;
      const owner = client.get(resource, key);
      return owner === undefined ? done : new Look(context, kind, owner).run();
    },
  };
}

/** What one look did about the number of pods. */
interface Replication {
  readonly count: number;
  readonly failure?: StatusError;
}

const NOTHING: Replication = { count: 0 };

const isGoingPod = (pod: Pod): boolean => !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;

/** One look at one owner. */
class Look<O extends Replicated> {
  constructor(
    readonly context: Context,
    readonly kind: ReplicatedKind<O>,
    readonly owner: O,
  ) {}

  run() {
    const { context, kind, owner } = this;
    const resource = kind.resource as unknown as Resource<KubeObject>;
    const owned = claim(context.client, { owner, resource, selector: kind.selectorOf(owner) }, pods);
    const active = owned.filter(isPodActive);
    const isGoing = owner.metadata.deletionTimestamp !== undefined;
    const change = isGoing ? NOTHING : this.#replicate(active);
    // What was made or deleted is itself a change we watch: the status follows with the next look.
    if (change.count > 0 && change.failure === undefined) return done;

    const terminating = owned.length - active.length === 0 ? 0 : owned.filter(isGoingPod).length;
    const { status, changesAt } = observe(owner, active, change.failure, context.now);
    const whole = kind.tellsTerminating ? { ...status, terminatingReplicas: terminating } : status;
    context.client.updateStatus(kind.resource, owner, whole as NonNullable<O["status"]>);
    if (change.failure !== undefined) throw change.failure;
    return changesAt === undefined ? done : wakeAt(changesAt);
  }

  /** Creates what is missing or deletes what is too many, at most a burst of it. */
  #replicate(active: readonly Pod[]): Replication {
    const missing = (this.owner.spec.replicas ?? 1) - active.length;
    if (missing > 0) return this.#create(Math.min(missing, LIMITS.podsPerReconcile));
    if (missing < 0) return this.#delete(active, Math.min(-missing, LIMITS.podsPerReconcile));
    return NOTHING;
  }

  #create(wanted: number): Replication {
    const { owner, kind, context } = this;
    const draft = podFrom(owner.spec.template, owner, kind.resource);
    for (let count = 0; count < wanted; count += 1) {
      try {
        const { name } = context.client.create(pods, draft).metadata;
        this.#say("Normal", "SuccessfulCreate", `Created pod: ${name}`);
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        if (isNamespaceGoing(error)) return { count };
        this.#say("Warning", "FailedCreate", `Error creating: ${error.message}`);
        return { count, failure: error };
      }
    }
    return { count: wanted };
  }

  #delete(active: readonly Pod[], wanted: number): Replication {
    const { owner, kind, context } = this;
    const related = kind.related?.(context.client, owner, active) ?? active;
    for (const pod of podsToDelete(active, related, wanted, context.now)) {
      context.client.delete(pods, keyOf(pod));
      this.#say("Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
    }
    return { count: wanted };
  }

  #say(type: "Normal" | "Warning", reason: string, message: string): void {
    const { owner, kind, context } = this;
    const source = { component: kind.name };
    recordEvent(context.client, { regarding: owner, type, reason, message, source }, context.now);
  }
}

/** Nothing can be made in a namespace that is going; there is nothing to report and nothing to try again. */
const isNamespaceGoing = ({ status }: StatusError): boolean =>
  status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") === true;

/** The status with these pods, and when it will be another one without anything happening. */
function observe(owner: Replicated, active: readonly Pod[], failure: StatusError | undefined, now: Instant) {
  const template = owner.spec.template?.metadata?.labels;
  const minReadySeconds = owner.spec.minReadySeconds ?? 0;
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
  const status = {
    ...withoutZeros({
      fullyLabeledReplicas,
      readyReplicas,
      availableReplicas,
      observedGeneration: owner.metadata.generation ?? 0,
      conditions: [...conditionsOf(owner, active.length, failure, now)],
    }),
    replicas: active.length,
  };
  return { status, changesAt };
}

function conditionsOf(
  { spec, status }: Replicated,
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
