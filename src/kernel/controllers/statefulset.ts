/**
 * StatefulSet controller: makes and keeps pods with lasting names, and rolls templates out over them.
 *
 * Models pkg/controller/statefulset.
 */
import type { Pod, StatefulSet, StatefulSetStatus } from "#kernel/api/types.gen";
import { claim, claimantsOf } from "#kernel/controllers/shared/claim";
import { type Revisions, revisionOfPod, syncRevisions, truncateHistory } from "#kernel/controllers/statefulset/history";
import { isRunningAndAvailable, isRunningAndReady, ordinalOf } from "#kernel/controllers/statefulset/pods";
import { Rollout } from "#kernel/controllers/statefulset/rollout";
import { type Controller, done, itself, ownedBy, wakeAt, watching } from "#kernel/registry/controller";
import type { Resource } from "#kernel/registry/definition";
import { controllerrevisions } from "#kernel/resources/apps/controllerrevision";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { statefulReplicas } from "#kernel/resources/apps/statefulset.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodTerminating, podAvailableAt } from "#kernel/resources/core/pod.facts";
import { equal } from "#kernel/sim/clone";
import type { Instant } from "#kernel/sim/instant";
import type { KubeObject } from "#kernel/store/object";

/** How soon to look again for a claim that is going, which no watch of this controller tells. */
const CLAIM_RETRY_MS = 1000;

const resource = statefulsets as unknown as Resource<KubeObject>;

export const statefulsetController: Controller = {
  name: "statefulset-controller",
  component: "controllerManager",
  watches: [
    itself(statefulsets),
    ownedBy(statefulsets, pods),
    ownedBy(statefulsets, controllerrevisions),
    watching(pods, (pod, client) => claimantsOf(client, pod, statefulsets, ({ spec }) => spec.selector)),
  ],

  reconcile(context, key) {
    const { client, now } = context;
    const set = client.get(statefulsets, key);
    if (set === undefined) return done;

    const { selector } = set.spec;
    const accepts = (object: KubeObject): boolean => ordinalOf(set, object as Pod) !== undefined;
    const mine = claim(client, { owner: set, resource, selector, accepts }, pods);
    const revisions = syncRevisions(client, set);
    if (revisions === undefined) return done;
    const isGoing = set.metadata.deletionTimestamp !== undefined;
    const effect = isGoing
      ? { isChanged: false, mustLookAgain: false }
      : new Rollout(context, set, revisions, mine).run();
    // What was made or deleted is itself a change we watch: the status follows with the next look.
    if (effect.isChanged && effect.failure === undefined) return done;

    const status = statusOf(set, mine, revisions, now);
    if (!equal(status, set.status)) client.updateStatus(statefulsets, set, status);
    truncateHistory(client, set, revisions, mine);
    if (effect.failure !== undefined) throw effect.failure;
    if (effect.mustLookAgain) return wakeAt(now + CLAIM_RETRY_MS);
    const changesAt = nextAvailable(set, mine, now);
    return changesAt === undefined ? done : wakeAt(changesAt);
  },
};

function statusOf(set: StatefulSet, mine: readonly Pod[], revisions: Revisions, now: Instant): StatefulSetStatus {
  const { current, update, collisions } = revisions;
  const alive = mine.filter((pod) => !isPodTerminating(pod));
  const at = (name: string): number => alive.filter((pod) => revisionOfPod(pod) === name).length;
  const ready = mine.filter(isRunningAndReady);
  const status = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: mine.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isRunningAndAvailable(pod, set, now)).length,
    currentReplicas: at(current.metadata.name),
    updatedReplicas: at(update.metadata.name),
    currentRevision: current.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: collisions,
  };
  const whole = completed(set, status);
  const { readyReplicas, currentReplicas, updatedReplicas, ...rest } = whole;
  // Conditions are for others to set: this controller knows none.
  const { conditions } = set.status ?? {};
  return {
    ...rest,
    ...(conditions !== undefined && { conditions }),
    ...(readyReplicas > 0 && { readyReplicas }),
    ...(currentReplicas > 0 && { currentReplicas }),
    ...(updatedReplicas > 0 && { updatedReplicas }),
  };
}

/** An update that has reached every pod is over: what was the way to go is where the set is. */
function completed<S extends Required<Omit<StatefulSetStatus, "conditions">>>(set: StatefulSet, status: S): S {
  const wanted = statefulReplicas(set);
  const { updatedReplicas, readyReplicas, replicas, updateRevision } = status;
  const isRolling = set.spec.updateStrategy?.type === "RollingUpdate";
  if (!isRolling || updatedReplicas !== wanted || readyReplicas !== wanted || replicas !== wanted) return status;
  return { ...status, currentReplicas: updatedReplicas, currentRevision: updateRevision };
}

/** When the next ready pod will have been ready for long enough. */
function nextAvailable({ spec }: StatefulSet, mine: readonly Pod[], now: Instant): Instant | undefined {
  if ((spec.minReadySeconds ?? 0) === 0) return undefined;
  const instants = mine.map((pod) => podAvailableAt(pod, spec.minReadySeconds ?? 0) ?? 0).filter((at) => at > now);
  return instants.length === 0 ? undefined : Math.min(...instants);
}
