/**
 * Pure questions anybody may ask of a Deployment: how far a rolling update may go, which revision it is at.
 *
 * Models pkg/controller/deployment/util.
 */

import type { Deployment, DeploymentCondition } from "#kernel/api/types.gen";
import { type IntOrString, scaledValue } from "#kernel/apimachinery/int-or-string";
import { getCondition } from "#kernel/apimachinery/meta";

export const REVISION_ANNOTATION = "deployment.kubernetes.io/revision";
export const REVISION_HISTORY_ANNOTATION = "deployment.kubernetes.io/revision-history";
export const DESIRED_REPLICAS_ANNOTATION = "deployment.kubernetes.io/desired-replicas";
export const MAX_REPLICAS_ANNOTATION = "deployment.kubernetes.io/max-replicas";

/** What progressDeadlineSeconds says where there is no deadline. */
const NO_DEADLINE = 2147483647;

/** How many pods a rolling update may have above and below the wanted number. */
export interface Fenceposts {
  readonly surge: number;
  readonly unavailable: number;
}

/** Resolves shares against the wanted number: surge rounded up, unavailable down; both zero would never move. */
export function resolveFenceposts(
  maxSurge: IntOrString | undefined,
  maxUnavailable: IntOrString | undefined,
  desired: number,
): Fenceposts {
  const surge = scaledValue(maxSurge ?? 0, desired, true);
  const unavailable = scaledValue(maxUnavailable ?? 0, desired, false);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** True if new pods replace old ones step by step. */
export const isRollingUpdate = ({ spec }: Deployment): boolean => spec.strategy?.type === "RollingUpdate";

/** True if all old pods go before the first new one comes. */
export const isRecreate = ({ spec }: Deployment): boolean => spec.strategy?.type === "Recreate";

/** The wanted number of pods. */
export const desiredReplicas = ({ spec }: Deployment): number => spec.replicas ?? 1;

/** How many pods may be missing during a rolling update. */
export function maxUnavailable(deployment: Deployment): number {
  const desired = desiredReplicas(deployment);
  if (!isRollingUpdate(deployment) || desired === 0) return 0;
  const { maxSurge, maxUnavailable: most } = deployment.spec.strategy?.rollingUpdate ?? {};
  return Math.min(resolveFenceposts(maxSurge, most, desired).unavailable, desired);
}

/** How many pods there may be too many of during a rolling update. */
export function maxSurge(deployment: Deployment): number {
  if (!isRollingUpdate(deployment)) return 0;
  const { maxSurge: most, maxUnavailable: least } = deployment.spec.strategy?.rollingUpdate ?? {};
  return resolveFenceposts(most, least, desiredReplicas(deployment)).surge;
}

/** The fewest pods that must stay available during a rolling update. */
export function minAvailable(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? desiredReplicas(deployment) - maxUnavailable(deployment) : 0;
}

/** True if the Deployment gives up waiting for progress at some point. */
export function hasProgressDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}

/** True if old ReplicaSets are ever cleaned up. */
export function hasRevisionHistoryLimit({ spec }: Deployment): boolean {
  return spec.revisionHistoryLimit !== undefined && spec.revisionHistoryLimit !== NO_DEADLINE;
}

/** Gives the revision an object is annotated with, a number of 64 bits; 0 if it has none. */
export function revisionOf({ metadata }: { metadata: { annotations?: Record<string, string> } }): bigint {
  const text = metadata.annotations?.[REVISION_ANNOTATION] ?? "0";
  return /^\d{1,19}$/.test(text) ? BigInt.asIntN(64, BigInt(text)) : 0n;
}

/** Gives the highest revision of some ReplicaSets and one more. */
export function nextRevision(old: readonly { metadata: { annotations?: Record<string, string> } }[]): bigint {
  return old.map(revisionOf).reduce((a, b) => (b > a ? b : a), 0n) + 1n;
}

/** Gives the Deployment's condition of a type. */
export function deploymentCondition(deployment: Deployment, type: string): DeploymentCondition | undefined {
  return getCondition(deployment.status?.conditions, type);
}

/** True if all pods are updated and available and no old one is left, as the status says. */
export function isDeploymentComplete(deployment: Deployment): boolean {
  const { status, metadata } = deployment;
  const desired = desiredReplicas(deployment);
  return (
    (status?.updatedReplicas ?? 0) === desired &&
    (status?.replicas ?? 0) === desired &&
    (status?.availableReplicas ?? 0) === desired &&
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  );
}
