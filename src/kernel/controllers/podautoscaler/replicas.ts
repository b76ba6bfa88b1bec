/**
 * How many replicas a reading of a metric asks for.
 *
 * Models pkg/controller/podautoscaler/replica_calculator.go and metrics/utilization.go.
 */
import type { Pod } from "#kernel/api/types.gen";
import { getCondition } from "#kernel/apimachinery/meta";
import { parseTime } from "#kernel/apimachinery/time";
import type { Answer } from "#kernel/controllers/podautoscaler/adapter";
import { isPodReady } from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";

/** For so long after its start a pod's CPU counts only while it is ready (--horizontal-pod-autoscaler-cpu-...). */
const CPU_INITIALIZATION_MS = 300_000;
/** A pod that became unready within this time of its start was never ready (...-initial-readiness-delay). */
const INITIAL_READINESS_MS = 30_000;

/** How far use may be from its target before anything is done. */
export interface Tolerances {
  readonly scaleUp: number;
  readonly scaleDown: number;
}

/** What was measured of pods, in thousandths. */
export interface PodReadings {
  readonly values: ReadonlyMap<string, number>;
  /** When the window of the readings ended, and how long it was. */
  readonly at: Instant;
  readonly windowMs: number;
}

export interface Question {
  readonly pods: readonly Pod[];
  readonly current: number;
  readonly tolerances: Tolerances;
  readonly now: Instant;
}

export interface Proposal {
  readonly replicas: number;
  /** What pods use on average, in thousandths. */
  readonly average: number;
  /** Percent of what they asked for. */
  readonly utilization?: number;
}

const isWithin = ({ scaleUp, scaleDown }: Tolerances, ratio: number): boolean =>
  1 - scaleDown <= ratio && ratio <= 1 + scaleUp;

interface Groups {
  readonly ready: number;
  readonly unready: readonly string[];
  readonly missing: readonly string[];
  readonly ignored: readonly string[];
}

/** Sorts pods by whether what was measured of them counts. */
function groupsOf({ pods, now }: Question, readings: PodReadings, isCpu: boolean): Groups {
  const groups = { ready: 0, unready: [] as string[], missing: [] as string[], ignored: [] as string[] };
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined || pod.status?.phase === "Failed") groups.ignored.push(name);
    else if (pod.status?.phase === "Pending") groups.unready.push(name);
    else if (!readings.values.has(name)) groups.missing.push(name);
    else if (isCpu && isTooYoung(pod, readings, now)) groups.unready.push(name);
    else groups.ready += 1;
  }
  return groups;
}

function isTooYoung({ status }: Pod, { at, windowMs }: PodReadings, now: Instant): boolean {
  const ready = getCondition(status?.conditions, "Ready");
  if (ready === undefined || status?.startTime === undefined) return true;
  const started = parseTime(status.startTime);
  const turned = ready.lastTransitionTime === undefined ? started : parseTime(ready.lastTransitionTime);
  if (started + CPU_INITIALIZATION_MS > now) return ready.status === "False" || at < turned + windowMs;
  return ready.status === "False" && started + INITIAL_READINESS_MS > turned;
}

/** Average and ratio of what was measured to a target, which may be a percentage of requests. */
interface Measure {
  readonly ratio: number;
  readonly average: number;
  readonly utilization?: number;
}

type Measuring = (values: ReadonlyMap<string, number>) => Answer<Measure>;

/** Against an amount per pod. */
export function againstAmount(target: number): Measuring {
  return (values) => {
    const average = Math.floor(sumOf(values) / values.size);
    return { found: { ratio: average / target, average } };
  };
}

/** Against a percentage of what the pods request. */
export function againstRequests(requests: ReadonlyMap<string, number>, percent: number): Measuring {
  return (values) => {
    let wanted = 0;
    for (const name of values.keys()) wanted += requests.get(name) ?? 0;
    if (wanted === 0) return { problem: "no metrics returned matched known pods" };
    const utilization = Math.trunc((sumOf(values) * 100) / wanted);
    return { found: { ratio: utilization / percent, average: Math.floor(sumOf(values) / values.size), utilization } };
  };
}

const sumOf = (values: ReadonlyMap<string, number>): number => [...values.values()].reduce((sum, one) => sum + one, 0);

/** What a pod that was not measured counts as when replicas are to go: all it may use. */
type Assumed = (pod: string) => number;

/** Replicas by a metric that every pod has. */
export function byPods(
  question: Question,
  readings: PodReadings,
  { measure, assumed, isCpu }: { readonly measure: Measuring; readonly assumed: Assumed; readonly isCpu: boolean },
): Answer<Proposal> {
  const { pods, current, tolerances } = question;
  if (pods.length === 0) return { problem: "no pods returned by selector while calculating replica count" };
  const { ready, unready, missing, ignored } = groupsOf(question, readings, isCpu);
  const values = new Map(readings.values);
  const known = new Set(pods.map(({ metadata }) => metadata.name));
  for (const name of values.keys()) if (!known.has(name)) values.delete(name);
  for (const name of [...ignored, ...unready]) values.delete(name);
  if (values.size === 0) return { problem: "did not receive metrics for targeted pods (pods might be unready)" };
  const first = measure(values);
  if ("problem" in first) return first;
  const { ratio, average, utilization } = first.found;
  const propose = (replicas: number): Answer<Proposal> => ({
    found: { replicas, average, ...(utilization !== undefined && { utilization }) },
  });
  const countsUnready = unready.length > 0 && ratio > 1;
  if (!countsUnready && missing.length === 0) {
    return propose(isWithin(tolerances, ratio) ? current : Math.ceil(ratio * ready));
  }
  for (const name of missing) {
    if (ratio < 1) values.set(name, assumed(name));
    else if (ratio > 1) values.set(name, 0);
  }
  if (countsUnready) for (const name of unready) values.set(name, 0);
  const second = measure(values);
  if ("problem" in second) return second;
  const next = second.found.ratio;
  if (isWithin(tolerances, next) || (ratio < 1 && next > 1) || (ratio > 1 && next < 1)) return propose(current);
  const replicas = Math.ceil(next * values.size);
  if ((next < 1 && replicas > current) || (next > 1 && replicas < current)) return propose(current);
  return propose(replicas);
}

/** Replicas by one value for all of them together. */
export function byValue({ pods, current, tolerances }: Question, value: number, target: number): Answer<Proposal> {
  const ratio = value / target;
  if (current === 0) return { found: { replicas: Math.ceil(ratio), average: value } };
  if (isWithin(tolerances, ratio)) return { found: { replicas: current, average: value } };
  if (pods.length === 0) {
    const problem = "unable to calculate ready pods: no pods returned by selector while calculating replica count";
    return { problem };
  }
  const ready = pods.filter((pod) => pod.status?.phase === "Running" && isPodReady(pod)).length;
  return { found: { replicas: Math.ceil(ratio * ready), average: value } };
}

/** Replicas by one value of which each is to carry so much. */
export function byShare({ tolerances }: Question, statusReplicas: number, value: number, target: number): Proposal {
  const ratio = value / (target * statusReplicas);
  const replicas = statusReplicas > 0 && isWithin(tolerances, ratio) ? statusReplicas : Math.ceil(value / target);
  return { replicas, average: statusReplicas === 0 ? 0 : Math.ceil(value / statusReplicas) };
}
