/**
 * Scaling: one ReplicaSet to a size, or all of them in proportion when the Deployment is scaled amid a rollout.
 *
 * Models pkg/controller/deployment/sync.go.
 */
import type { Deployment, ReplicaSet } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { activeOf, allOf, byAge, type Rollout, SOURCE, sizeOf, sum } from "#kernel/controllers/deployment/rollout";
import type { Context } from "#kernel/registry/controller";
import {
  DESIRED_REPLICAS_ANNOTATION,
  desiredReplicas,
  isRollingUpdate,
  MAX_REPLICAS_ANNOTATION,
  maxSurge,
} from "#kernel/resources/apps/deployment.facts";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { desiredAnnotation, maxAnnotation } from "#kernel/resources/apps/replicaset.facts";
import { recordEvent } from "#kernel/resources/core/event.record";

/** The annotations by which a ReplicaSet remembers the size of its Deployment. */
export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const desired = desiredReplicas(deployment);
  return {
    [DESIRED_REPLICAS_ANNOTATION]: String(desired),
    [MAX_REPLICAS_ANNOTATION]: String(desired + maxSurge(deployment)),
  };
}

/** Scales a ReplicaSet and says so; gives whether its size changed. */
export function scaleTo({ client, now }: Context, deployment: Deployment, known: ReplicaSet, size: number): boolean {
  // An earlier step of the same reconcile may have written to it.
  const rs = client.get(replicasets, keyOf(known)) ?? known;
  const before = sizeOf(rs);
  const wanted = sizeAnnotations(deployment);
  const annotations = rs.metadata.annotations ?? {};
  const isAnnotated = Object.entries(wanted).every(([name, value]) => annotations[name] === value);
  if (before === size && isAnnotated) return false;
  client.update(replicasets, {
    ...rs,
    metadata: { ...rs.metadata, annotations: { ...annotations, ...wanted } },
    spec: { ...rs.spec, replicas: size },
  });
  if (before === size) return false;
  const message = `Scaled ${before < size ? "up" : "down"} replica set ${rs.metadata.name} from ${before} to ${size}`;
  const reason = "ScalingReplicaSet";
  recordEvent(client, { regarding: deployment, type: "Normal", reason, message, source: SOURCE }, now);
  return true;
}

/** True if the Deployment was scaled since its ReplicaSets were last told its size. */
export function isScalingEvent(rollout: Rollout): boolean {
  const desired = desiredReplicas(rollout.deployment);
  return activeOf(allOf(rollout)).some((rs) => (desiredAnnotation(rs) ?? desired) !== desired);
}

/** Brings the ReplicaSets to the Deployment's size without rolling anything out. */
export function scale(rollout: Rollout): void {
  const { context, deployment, current, old } = rollout;
  const desired = desiredReplicas(deployment);
  const only = onlyActiveOrLatest(rollout);
  if (only !== undefined) {
    if (sizeOf(only) !== desired) scaleTo(context, deployment, only, desired);
    return;
  }
  if (current !== undefined && isSaturated(deployment, current)) {
    for (const rs of activeOf(old)) scaleTo(context, deployment, rs, 0);
    return;
  }
  if (isRollingUpdate(deployment)) scaleInProportion(rollout);
}

/** The one ReplicaSet with pods; the newest, if none has any; undefined if several have. */
function onlyActiveOrLatest(rollout: Rollout): ReplicaSet | undefined {
  const active = activeOf(allOf(rollout));
  if (active.length > 1) return undefined;
  return active[0] ?? rollout.current ?? rollout.old.at(-1);
}

/** True if the ReplicaSet is all the Deployment wants to be. */
function isSaturated(deployment: Deployment, rs: ReplicaSet): boolean {
  const desired = desiredReplicas(deployment);
  return sizeOf(rs) === desired && desiredAnnotation(rs) === desired && (rs.status?.availableReplicas ?? 0) === desired;
}

/** Spreads the difference over the ReplicaSets by their size; what rounding leaves goes to the largest. */
function scaleInProportion(rollout: Rollout): void {
  const { context, deployment } = rollout;
  const desired = desiredReplicas(deployment);
  const active = activeOf(allOf(rollout));
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0;
  const toAdd = allowed - sum(active, sizeOf);
  // Scaling up favours the newer of two equals, scaling down the older.
  const newerFirst = toAdd > 0 ? -1 : 1;
  const sorted = active.sort((a, b) => sizeOf(b) - sizeOf(a) || newerFirst * byAge(a, b));

  let added = 0;
  const sizes = sorted.map((rs) => {
    const share = toAdd === 0 ? 0 : proportionOf(deployment, rs, toAdd, added);
    added += share;
    return sizeOf(rs) + share;
  });
  sorted.forEach((rs, n) => {
    const leftover = n === 0 && toAdd !== 0 ? toAdd - added : 0;
    scaleTo(context, deployment, rs, Math.max(0, (sizes[n] ?? 0) + leftover));
  });
}

/** How many pods a ReplicaSet gains (or loses) of those to add, within what is left to add. */
function proportionOf(deployment: Deployment, rs: ReplicaSet, toAdd: number, added: number): number {
  if (sizeOf(rs) === 0 || toAdd === added) return 0;
  const share = fractionOf(deployment, rs);
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
}

function fractionOf(deployment: Deployment, rs: ReplicaSet): number {
  const desired = desiredReplicas(deployment);
  const size = sizeOf(rs);
  if (desired === 0) return -size;
  // Whoever has no annotation is measured against the Deployment's present size.
  const annotated = maxAnnotation(rs) || deployment.status?.replicas || 0;
  if (annotated === 0) return 0;
  return roundHalfAway((size * (desired + maxSurge(deployment))) / annotated) - size;
}

const roundHalfAway = (value: number): number => (value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5));
