/**
 * Small laws of status objects: zero counters are left out, as Go's omitempty leaves them out.
 */

/** A copy without the counters that are zero, the empty texts and lists, and what is undefined. */
export function withoutZeros<T extends object>(status: T): T {
  const kept: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(status)) {
    if (value === undefined || value === 0 || value === "") continue;
    if (Array.isArray(value) && value.length === 0) continue;
    kept[field] = value;
  }
  return kept as T;
}

/** The fields every condition of the apps group has. */
interface Reasoned {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly lastTransitionTime?: string;
}

/**
 * The conditions with this one at the end in place of its namesake; unchanged while status and reason stay the same,
 * and with the old transition time while the status does.
 */
export function withCondition<C extends Reasoned>(conditions: readonly C[], condition: C): readonly C[] {
  const old = conditions.find(({ type }) => type === condition.type);
  if (old?.status === condition.status && old.reason === condition.reason) return conditions;
  const { lastTransitionTime } = old?.status === condition.status ? old : condition;
  const next = lastTransitionTime === undefined ? condition : { ...condition, lastTransitionTime };
  return [...withoutCondition(conditions, condition.type), next];
}

/** The conditions without those of a type. */
export const withoutCondition = <C extends Reasoned>(conditions: readonly C[], type: string): readonly C[] =>
  conditions.filter((condition) => condition.type !== type);
