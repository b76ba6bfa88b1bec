/**
 * What became of a run of traffic: codes, errors, how long answers took, and who gave them.
 */
import type { Pod } from "#kernel/api/types.gen";
import type { HttpResponse, NetFailure } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

/** One request that failed: no answer came, or one of 500 and above. */
export interface Failure {
  readonly at: Instant;
  /** `refused`, `timeout` and the like, or the status. */
  readonly why: string;
  readonly pod?: string;
}

/** Counts by whatever is counted. */
type Counts = Record<string, number>;

export interface Report {
  sent: number;
  /** Answers below 500. */
  succeeded: number;
  failed: number;
  /** Not sent, because as many as may be were under way. */
  skipped: number;
  codes: Counts;
  errors: Counts;
  /** By pod (`namespace/name`): answers, and requests that failed there. */
  pods: Record<string, { answered: number; failed: number; version: string }>;
  versions: Counts;
  /** How many answers took so long, by the upper bound in milliseconds. */
  latencies: Counts;
  /** The first and the last that failed, and some between. */
  failures: Failure[];
}

/** Failures told one by one; beyond that they are counted only. */
const FAILURES_MAX = 50;
/** Pods told by name. */
const PODS_MAX = 500;

/** A report of nothing yet. */
export function emptyReport(): Report {
  return {
    ...{ sent: 0, succeeded: 0, failed: 0, skipped: 0 },
    ...{ codes: {}, errors: {}, pods: {}, versions: {}, latencies: {}, failures: [] },
  };
}

/** What of a request is counted. */
export interface Outcome {
  readonly at: Instant;
  readonly answer: HttpResponse | NetFailure;
  readonly pod: Pod | undefined;
  readonly tookMs: number;
}

const add = (counts: Counts, key: string): void => {
  counts[key] = (counts[key] ?? 0) + 1;
};

/** Counts one request. */
export function count(report: Report, { at, answer, pod, tookMs }: Outcome): void {
  report.sent += 1;
  const isAnswer = typeof answer === "object";
  const isFailed = !isAnswer || answer.status >= 500;
  if (isAnswer) add(report.codes, String(answer.status));
  else add(report.errors, answer);
  if (isFailed) report.failed += 1;
  else report.succeeded += 1;
  add(report.latencies, String(bucketOf(tookMs)));
  const name = pod === undefined ? undefined : `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (pod !== undefined && name !== undefined) {
    const version = versionOf(pod);
    if (isAnswer) add(report.versions, version);
    if (report.pods[name] !== undefined || Object.keys(report.pods).length < PODS_MAX) {
      const own = report.pods[name] ?? { answered: 0, failed: 0, version };
      report.pods[name] = own;
      if (isAnswer) own.answered += 1;
      if (isFailed) own.failed += 1;
    }
  }
  if (!isFailed) return;
  const failure = { at, why: isAnswer ? String(answer.status) : answer, ...(name !== undefined && { pod: name }) };
  if (report.failures.length >= FAILURES_MAX) report.failures.pop();
  report.failures.push(failure);
}

/** What tells versions of an application apart: its label, else which template its pod was made of. */
function versionOf({ metadata: { labels = {} } }: Pod): string {
  const names = ["version", "app.kubernetes.io/version", "pod-template-hash", "controller-revision-hash"];
  for (const name of names) if (labels[name] !== undefined) return labels[name];
  return "";
}

/** Buckets grow by a tenth: a percentile is right within that. */
function bucketOf(ms: number): number {
  if (ms <= 1) return 1;
  return Math.ceil(1.1 ** Math.ceil(Math.log(ms) / Math.log(1.1)));
}

/** The time within which a share of the requests (0 to 1) came to an end, in milliseconds; 0 of none. */
export function percentile({ latencies }: Report, share: number): number {
  const buckets = Object.entries(latencies)
    .map(([bound, times]) => [Number(bound), times] as const)
    .sort(([a], [b]) => a - b);
  const all = buckets.reduce((sum, [, times]) => sum + times, 0);
  let passed = 0;
  for (const [bound, times] of buckets) {
    passed += times;
    if (passed >= share * all) return bound;
  }
  return 0;
}
