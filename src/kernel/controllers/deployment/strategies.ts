/**
 * The two strategies: roll pods over within the fenceposts, or stop all old ones before the first new one.
 *
 * Models pkg/controller/deployment/rolling.go and recreate.go.
 */
import type { Pod, ReplicaSet } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { syncRolloutStatus } from "#kernel/controllers/deployment/progress";
import { cleanUp, createCurrent, newSize, syncRevision } from "#kernel/controllers/deployment/revisions";
import { activeOf, allOf, type Rollout, sizeOf, sum } from "#kernel/controllers/deployment/rollout";
import { scaleTo } from "#kernel/controllers/deployment/scaling";
import type { Outcome } from "#kernel/registry/controller";
import { deployments } from "#kernel/resources/apps/deployment";
import { desiredReplicas, isDeploymentComplete, maxUnavailable } from "#kernel/resources/apps/deployment.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodTerminal } from "#kernel/resources/core/pod.facts";

const availableOf = ({ status }: ReplicaSet): number => status?.availableReplicas ?? 0;

/** One step of a rolling update: more new pods if there is room, else fewer old ones if enough are available. */
export function rollOut(before: Rollout): Outcome {
  const rollout = before.current === undefined ? createCurrent(before) : syncRevision(before);
  if (growNew(rollout) || shrinkOld(rollout)) return syncRolloutStatus(latest(rollout));
  if (isDeploymentComplete(rollout.deployment)) cleanUp(rollout);
  return syncRolloutStatus(latest(rollout));
}

/** One step of a recreation. */
export function recreate(before: Rollout): Outcome {
  const rollout = syncRevision(before);
  const { context, deployment, old } = rollout;
  const stopped = activeOf(old).filter((rs) => scaleTo(context, deployment, rs, 0));
  if (stopped.length > 0 || areOldPodsLeft(rollout)) return syncRolloutStatus(latest(rollout));
  const ready = rollout.current === undefined ? createCurrent(rollout) : rollout;
  if (ready.current !== undefined) scaleTo(context, ready.deployment, ready.current, desiredReplicas(deployment));
  if (isDeploymentComplete(ready.deployment)) cleanUp(ready);
  return syncRolloutStatus(latest(ready));
}

/** The rollout with the Deployment as it is now: steps may have written to it. */
function latest(rollout: Rollout): Rollout {
  const deployment = rollout.context.client.get(deployments, keyOf(rollout.deployment));
  return deployment === undefined ? rollout : { ...rollout, deployment };
}

function growNew({ context, deployment, current, old }: Rollout): boolean {
  if (current === undefined) return false;
  const desired = desiredReplicas(deployment);
  const size = sizeOf(current);
  const wanted = size > desired ? desired : newSize(deployment, [...old, current], size);
  return scaleTo(context, deployment, current, wanted);
}

/** Takes old pods away: first those that are of no use anyway, then as many available ones as can be spared. */
function shrinkOld(rollout: Rollout): boolean {
  const { context, deployment, current, old } = rollout;
  const oldPods = sum(old, sizeOf);
  if (oldPods === 0 || current === undefined) return false;
  const minAvailable = desiredReplicas(deployment) - maxUnavailable(deployment);
  const newUnavailable = sizeOf(current) - availableOf(current);
  const spare = oldPods + sizeOf(current) - minAvailable - newUnavailable;
  if (spare <= 0) return false;

  const sizes = new Map(old.map((rs) => [rs, sizeOf(rs)]));
  const take = (total: number, most: (rs: ReplicaSet) => number): number => {
    let taken = 0;
    for (const rs of old) {
      const size = sizes.get(rs) ?? 0;
      const count = Math.max(0, Math.min(total - taken, most(rs), size));
      if (count === 0) continue;
      scaleTo(context, deployment, rs, size - count);
      sizes.set(rs, size - count);
      taken += count;
    }
    return taken;
  };

  const unhealthy = take(spare, (rs) => sizeOf(rs) - availableOf(rs));
  const available = sum(allOf(rollout), availableOf) - minAvailable;
  const healthy = available > 0 ? take(available, (rs) => sizes.get(rs) ?? 0) : 0;
  return unhealthy + healthy > 0;
}

/** Whether a pod of an old ReplicaSet is still there, were it only on its way out. */
function areOldPodsLeft({ context: { client }, old }: Rollout): boolean {
  if (sum(old, ({ status }) => status?.replicas ?? 0) > 0) return true;
  return old.some((rs) =>
    client.owned(rs.metadata.uid).some(({ bucket, object }) => bucket === pods.bucket && !isPodTerminal(object as Pod)),
  );
}
