/**
 * The status of a Deployment: its counters, whether it is available, and whether its rollout makes progress.
 *
 * Models pkg/controller/deployment/progress.go and the status part of sync.go.
 */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "#kernel/api/types.gen";
import { getCondition, parseTime, timeText } from "#kernel/apimachinery/meta";
import { allOf, type Rollout, sizeOf, sum } from "#kernel/controllers/deployment/rollout";
import { withCondition, withoutCondition, withoutZeros } from "#kernel/controllers/shared/status";
import { done, type Outcome, wakeAt } from "#kernel/registry/controller";
import { deployments } from "#kernel/resources/apps/deployment";
import {
  deploymentCondition,
  desiredReplicas,
  hasProgressDeadline,
  isDeploymentComplete,
  maxUnavailable,
} from "#kernel/resources/apps/deployment.facts";
import type { Instant } from "#kernel/sim/instant";

const COMPLETE = "NewReplicaSetAvailable";
const TIMED_OUT = "ProgressDeadlineExceeded";

/** Writes the counters and availability; leaves Progressing alone. */
export function syncStatus(rollout: Rollout): Outcome {
  const status = statusOf(rollout);
  rollout.context.client.updateStatus(deployments, rollout.deployment, status);
  return done;
}

/** Writes the whole status in a rollout; asks to be called when the deadline has passed. */
export function syncRolloutStatus(rollout: Rollout): Outcome {
  const { context, deployment } = rollout;
  const counted = statusOf(rollout);
  let conditions: readonly DeploymentCondition[] = counted.conditions ?? [];
  if (!hasProgressDeadline(deployment)) conditions = withoutCondition(conditions, "Progressing");
  else if (!isLongComplete(deployment, counted)) conditions = progressed(rollout, counted, conditions);
  conditions = withFailure(rollout, conditions);

  const { conditions: _, ...rest } = counted;
  const status = { ...rest, ...(conditions.length > 0 && { conditions: [...conditions] }) };
  context.client.updateStatus(deployments, deployment, status);
  return nextCheck({ ...deployment, status }, context.now);
}

/** The rollout had ended before, and no old pod has come back. */
function isLongComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const isAllNew = (status.replicas ?? 0) === (status.updatedReplicas ?? 0);
  return isAllNew && deploymentCondition(deployment, "Progressing")?.reason === COMPLETE;
}

function progressed(
  { context: { now }, deployment, current }: Rollout,
  status: DeploymentStatus,
  conditions: readonly DeploymentCondition[],
): readonly DeploymentCondition[] {
  const who =
    current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
  const time = timeText(now);
  const say = (value: string, reason: string, what: string): DeploymentCondition => ({
    type: "Progressing",
    status: value,
    lastUpdateTime: time,
    lastTransitionTime: time,
    reason,
    message: `${who} ${what}`,
  });

  if (isDeploymentComplete({ ...deployment, status })) {
    return withCondition(conditions, say("True", COMPLETE, "has successfully progressed."));
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    const next = say("True", "ReplicaSetUpdated", "is progressing.");
    const known = deploymentCondition(deployment, "Progressing");
    if (known === undefined) return withCondition(conditions, next);
    // Any progress restarts the deadline, so the update time moves even if nothing else does.
    const { lastTransitionTime } = known.status === "True" ? known : next;
    const kept = lastTransitionTime === undefined ? next : { ...next, lastTransitionTime };
    return [...withoutCondition(conditions, "Progressing"), kept];
  }
  if (hasTimedOut(deployment, status, now)) {
    return withCondition(conditions, say("False", TIMED_OUT, "has timed out progressing."));
  }
  return conditions;
}

/** More new pods, fewer old ones, more ready or more available ones. */
function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const oldPods = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number => replicas - updatedReplicas;
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldPods(after) < oldPods(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: Instant): boolean {
  const condition = getCondition(status.conditions, "Progressing");
  if (condition === undefined || condition.reason === COMPLETE) return false;
  if (condition.reason === TIMED_OUT) return true;
  const deadline = deadlineOf(deployment, condition);
  return deadline !== undefined && deadline < now;
}

/** The instant by which the next progress is due. */
function deadlineOf({ spec }: Deployment, { lastUpdateTime }: DeploymentCondition): Instant | undefined {
  if (lastUpdateTime === undefined) return undefined;
  return parseTime(lastUpdateTime) + (spec.progressDeadlineSeconds ?? 0) * 1000;
}

/** A stuck rollout is looked at again a second after its deadline. */
function nextCheck(deployment: Deployment, now: Instant): Outcome {
  const condition = deploymentCondition(deployment, "Progressing");
  if (!hasProgressDeadline(deployment) || condition === undefined) return done;
  if (isDeploymentComplete(deployment) || condition.reason === TIMED_OUT || condition.reason === COMPLETE) return done;
  const deadline = deadlineOf(deployment, condition);
  return deadline === undefined ? done : wakeAt(Math.max(deadline + 1000, now + 1));
}

/** What keeps a ReplicaSet from having its pods is said of the Deployment too; the current one goes first. */
function withFailure(rollout: Rollout, conditions: readonly DeploymentCondition[]): readonly DeploymentCondition[] {
  const { current, old } = rollout;
  for (const rs of current === undefined ? old : [current, ...old]) {
    const failure = getCondition(rs.status?.conditions, "ReplicaFailure");
    if (failure === undefined) continue;
    const { lastTransitionTime } = failure;
    const time = lastTransitionTime !== undefined && { lastUpdateTime: lastTransitionTime, lastTransitionTime };
    return withCondition<DeploymentCondition>(conditions, { ...failure, ...time });
  }
  return withoutCondition(conditions, "ReplicaFailure");
}

const figure =
  (name: "replicas" | "readyReplicas" | "availableReplicas") =>
  ({ status }: ReplicaSet): number =>
    status?.[name] ?? 0;

/** Counters and availability as the ReplicaSets have them. */
function statusOf(rollout: Rollout): DeploymentStatus {
  const { context, deployment, current } = rollout;
  const all = allOf(rollout);
  const availableReplicas = sum(all, figure("availableReplicas"));
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  const isAvailable = availableReplicas >= desiredReplicas(deployment) - maxUnavailable(deployment);
  const time = timeText(context.now);
  const available: DeploymentCondition = {
    type: "Available",
    status: isAvailable ? "True" : "False",
    lastUpdateTime: time,
    lastTransitionTime: time,
    reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
  };
  const terminating = all.map(({ status }) => status?.terminatingReplicas);
  const isKnown = terminating.every((count) => count !== undefined);
  return {
    ...withoutZeros({
      observedGeneration: deployment.metadata.generation ?? 0,
      replicas: sum(all, figure("replicas")),
      updatedReplicas: current === undefined ? 0 : figure("replicas")(current),
      readyReplicas: sum(all, figure("readyReplicas")),
      availableReplicas,
      unavailableReplicas: Math.max(0, sum(all, sizeOf) - availableReplicas),
    }),
    ...(isKnown && { terminatingReplicas: terminating.reduce<number>((total, count) => total + (count ?? 0), 0) }),
    conditions: [...withCondition(conditions, available)],
    ...(collisionCount !== undefined && { collisionCount }),
  };
}
