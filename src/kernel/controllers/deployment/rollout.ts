/**
 * A rollout as the Deployment controller sees it: the Deployment, its ReplicaSets, and the tools to change them.
 */
import type { Deployment, ReplicaSet } from "#kernel/api/types.gen";
import type { Context } from "#kernel/registry/controller";

export const NAME = "deployment-controller";
export const SOURCE = { component: NAME };

/** What stands at the beginning of one reconcile. Steps give new values; nothing in here changes. */
export interface Rollout {
  readonly context: Context;
  readonly deployment: Deployment;
  /** The ReplicaSet with the Deployment's template, if there is one. */
  readonly current: ReplicaSet | undefined;
  /** All others, the oldest first. */
  readonly old: readonly ReplicaSet[];
}

/** All ReplicaSets of the rollout. */
export const allOf = ({ old, current }: Rollout): readonly ReplicaSet[] =>
  current === undefined ? old : [...old, current];

/** The wanted number of pods of a ReplicaSet. */
export const sizeOf = ({ spec }: ReplicaSet): number => spec.replicas ?? 1;

/** ReplicaSets that should have pods. */
export const activeOf = (sets: readonly ReplicaSet[]): ReplicaSet[] => sets.filter((rs) => sizeOf(rs) > 0);

/** The sum of a figure over ReplicaSets. */
export const sum = (sets: readonly ReplicaSet[], figure: (rs: ReplicaSet) => number): number =>
  sets.reduce((total, rs) => total + figure(rs), 0);

/** By age, the oldest first; ReplicaSets of one second go by name. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (left !== right) return left < right ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
