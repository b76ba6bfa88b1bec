/**
 * How fast replicas may change: bounds, rates and the memory of recent recommendations.
 *
 * Models the normalisation of pkg/controller/podautoscaler/horizontal.go.
 */
import type { HorizontalPodAutoscaler, HPAScalingRules } from "#kernel/api/types.gen";
import type { Instant } from "#kernel/sim/instant";

/** Replicas stay as many as were asked for within this time (--horizontal-pod-autoscaler-downscale-stabilization). */
const DOWNSCALE_STABILIZATION_SECONDS = 300;

/** What an autoscaler remembers, as a cell. */
export interface Memory {
  /** What was recommended since when; each holds until the next. */
  readonly recommended: readonly (readonly [Instant, number])[];
  /** By how much replicas were changed when: more is positive. */
  readonly changes: readonly (readonly [Instant, number])[];
}

export const NO_MEMORY: Memory = { recommended: [], changes: [] };

/** What a condition says. */
export interface Verdict {
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface Paced {
  readonly replicas: number;
  readonly able: Verdict;
  readonly limited: Verdict;
  readonly memory: Memory;
}

interface Ask {
  readonly desired: number;
  readonly current: number;
  readonly now: Instant;
}

const READY: Verdict = { status: true, reason: "ReadyForNewScale", message: "recommended size matches current size" };
const LOWER = "recent recommendations were lower than current one, applying the lowest recent recommendation";
const HIGHER = "recent recommendations were higher than current one, applying the highest recent recommendation";

const LIMITS: Readonly<Record<string, string>> = {
  ScaleUpLimit: "the desired replica count is increasing faster than the maximum scale rate",
  ScaleDownLimit: "the desired replica count is decreasing faster than the maximum scale rate",
  TooManyReplicas: "the desired replica count is more than the maximum replica count",
  TooFewReplicas: "the desired replica count is less than the minimum replica count",
  DesiredWithinRange: "the desired count is within the acceptable range",
};

/** What was recommended within so many seconds. */
function recent({ recommended }: Memory, seconds: number, now: Instant): number[] {
  const cutoff = now - seconds * 1_000;
  return recommended.filter((_, n) => (recommended[n + 1]?.[0] ?? now) > cutoff).map(([, replicas]) => replicas);
}

/** Remembers a recommendation, and forgets those nobody may ask for any more. */
export function remember(memory: Memory, replicas: number, now: Instant, seconds: number): Memory {
  const cutoff = now - seconds * 1_000;
  const kept = memory.recommended.filter((_, n, all) => (all[n + 1]?.[0] ?? now) > cutoff || n === all.length - 1);
  const isSame = kept.at(-1)?.[1] === replicas;
  if (isSame && kept.length === memory.recommended.length) return memory;
  return { ...memory, recommended: isSame ? kept : [...kept, [now, replicas]] };
}

/** Brings a recommendation within what the autoscaler allows. */
export function pace({ spec }: HorizontalPodAutoscaler, ask: Ask, memory: Memory): Paced {
  const bounds = { least: spec.minReplicas ?? 1, most: spec.maxReplicas };
  const { scaleUp, scaleDown } = spec.behavior ?? {};
  return scaleUp === undefined || scaleDown === undefined
    ? paceAsUsual(bounds, ask, memory)
    : paceByRules(bounds, { scaleUp, scaleDown }, ask, memory);
}

interface Bounds {
  readonly least: number;
  readonly most: number;
}

function paceAsUsual({ least, most }: Bounds, { desired, current, now }: Ask, before: Memory): Paced {
  const seconds = DOWNSCALE_STABILIZATION_SECONDS;
  const stable = Math.max(desired, ...recent(before, seconds, now));
  const able = stable === desired ? READY : { status: true, reason: "ScaleDownStabilized", message: HIGHER };
  const atOnce = Math.max(2 * current, 4);
  const ceiling = Math.min(most, atOnce);
  const [replicas, reason] =
    stable < least
      ? [least, "TooFewReplicas"]
      : stable > ceiling
        ? [ceiling, most > atOnce ? "ScaleUpLimit" : "TooManyReplicas"]
        : [stable, "DesiredWithinRange"];
  return { replicas, able, limited: limitedBy(reason), memory: remember(before, desired, now, seconds) };
}

const limitedBy = (reason: string): Verdict => ({
  status: reason !== "DesiredWithinRange",
  reason,
  message: LIMITS[reason] ?? "",
});

interface Behavior {
  readonly scaleUp: HPAScalingRules;
  readonly scaleDown: HPAScalingRules;
}

function paceByRules(bounds: Bounds, behavior: Behavior, ask: Ask, before: Memory): Paced {
  const { desired, current, now } = ask;
  const up = behavior.scaleUp.stabilizationWindowSeconds ?? 0;
  const down = behavior.scaleDown.stabilizationWindowSeconds ?? DOWNSCALE_STABILIZATION_SECONDS;
  const lowest = Math.min(desired, ...recent(before, up, now));
  const highest = Math.max(desired, ...recent(before, down, now));
  const stable = Math.min(Math.max(current, lowest), highest);
  const able =
    stable === desired
      ? READY
      : desired >= current
        ? { status: true, reason: "ScaleUpStabilized", message: LOWER }
        : { status: true, reason: "ScaleDownStabilized", message: HIGHER };
  const [replicas, reason] = withinRates(bounds, behavior, { ...ask, desired: stable }, before);
  return { replicas, able, limited: limitedBy(reason), memory: remember(before, desired, now, Math.max(up, down)) };
}

function withinRates(
  { least, most }: Bounds,
  { scaleUp, scaleDown }: Behavior,
  { desired, current, now }: Ask,
  memory: Memory,
): [number, string] {
  if (desired > current) {
    const limit = Math.max(current, rateLimit(scaleUp, current, memory, now, 1));
    const ceiling = Math.min(most, limit);
    if (desired > ceiling) return [ceiling, most > limit ? "ScaleUpLimit" : "TooManyReplicas"];
  } else if (desired < current) {
    const limit = Math.min(current, rateLimit(scaleDown, current, memory, now, -1));
    const floor = Math.max(least, limit);
    if (desired < floor) return [floor, least < limit ? "ScaleDownLimit" : "TooFewReplicas"];
  } else {
    if (desired > most) return [most, "TooManyReplicas"];
    if (desired < least) return [least, "TooFewReplicas"];
  }
  return [desired, "DesiredWithinRange"];
}

/** How far the policies let replicas go in a direction. */
function rateLimit(
  { policies = [], selectPolicy = "Max" }: HPAScalingRules,
  current: number,
  { changes }: Memory,
  now: Instant,
  sign: 1 | -1,
): number {
  if (selectPolicy === "Disabled") return current;
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const cutoff = now - periodSeconds * 1_000;
    const changed = changes.reduce((sum, [at, by]) => (at > cutoff ? sum + by : sum), 0);
    const before = current - changed;
    if (type === "Pods") return before + sign * value;
    const share = before * (1 + (sign * value) / 100);
    return sign === 1 ? Math.ceil(share) : Math.trunc(share);
  });
  const isWidest = (selectPolicy === "Max") === (sign === 1);
  return isWidest ? Math.max(...proposals) : Math.min(...proposals);
}

/** Remembers that replicas were changed. */
export function changed({ spec }: HorizontalPodAutoscaler, memory: Memory, by: number, now: Instant): Memory {
  const { scaleUp, scaleDown } = spec.behavior ?? {};
  if (scaleUp === undefined || scaleDown === undefined) return memory;
  const periods = [...(scaleUp.policies ?? []), ...(scaleDown.policies ?? [])].map((policy) => policy.periodSeconds);
  const cutoff = now - Math.max(0, ...periods) * 1_000;
  return { ...memory, changes: [...memory.changes.filter(([at]) => at > cutoff), [now, by]] };
}
