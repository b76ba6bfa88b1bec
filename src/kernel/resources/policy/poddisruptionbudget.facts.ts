/**
 * Pure questions anybody may ask of a PodDisruptionBudget: which pods it guards, what it says about disruptions.
 *
 * Models k8s.io/component-helpers/apps/poddisruptionbudget and pkg/controller/disruption.
 */
import type { Condition, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import { getCondition, setCondition } from "#kernel/apimachinery/meta";
import type { Instant } from "#kernel/sim/instant";

export const DISRUPTION_ALLOWED = "DisruptionAllowed";
export const SYNC_FAILED = "SyncFailed";

/** True if the budget's selector selects the pod; an empty one selects all of its namespace, none at all nothing. */
export function guards({ spec, metadata }: PodDisruptionBudget, pod: Pod): boolean {
  return metadata.namespace === pod.metadata.namespace && matches(spec.selector, pod.metadata.labels);
}

/** The status with its condition telling what its number of allowed disruptions says. */
export function withDisruptionCondition(status: PodDisruptionBudgetStatus, now: Instant): PodDisruptionBudgetStatus {
  const isAllowed = (status.disruptionsAllowed ?? 0) > 0;
  const condition = {
    type: DISRUPTION_ALLOWED,
    status: isAllowed ? "True" : "False",
    reason: isAllowed ? "SufficientPods" : "InsufficientPods",
    message: "",
    observedGeneration: status.observedGeneration ?? 0,
  };
  return { ...status, conditions: setCondition<Condition>(status.conditions, condition, now) };
}

/** The reason why the budget could not be calculated; undefined if it could. */
export function syncFailure({ status }: PodDisruptionBudget): string | undefined {
  const condition = getCondition(status?.conditions, DISRUPTION_ALLOWED);
  return condition?.reason === SYNC_FAILED ? condition.message : undefined;
}
