/**
 * The census of a Job: which of its pods run, are going, or have ended and are not yet in the books.
 *
 * Models pkg/controller/job/job_controller.go (syncJobCtx, getNewFinishedPods) and indexed_job_utils.go.
 */
import type { Job, JobStatus, Pod } from "#kernel/api/types.gen";
import { hasFinalizer } from "#kernel/apimachinery/meta";
import { absoluteFailures, endedAt } from "#kernel/controllers/job/backoff";
import { failsIndex, isPodFailed, verdictOn } from "#kernel/controllers/job/policies";
import { completionIndex, isIndexed, JOB_TRACKING_FINALIZER } from "#kernel/resources/batch/job.facts";
import { IndexSet } from "#kernel/resources/batch/job.indexes";
import { isPodActive, isPodReady, isPodTerminal, isPodTerminating } from "#kernel/resources/core/pod.facts";

export interface Census {
  /** By index, then by name. */
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly ready: number;
  readonly terminating: number;
  /** Ended pods that carry the finalizer and are not counted anywhere. */
  readonly newSucceeded: readonly Pod[];
  readonly newFailed: readonly Pod[];
  /** Including those not yet in the books. */
  readonly succeeded: number;
  readonly failed: number;
  /** The indexes in the books, and with those that have succeeded since. */
  readonly bookedIndexes: IndexSet;
  readonly succeededIndexes: IndexSet;
  /** Absent unless failures are limited per index. */
  readonly failedIndexes?: IndexSet;
  /** The failed pods that stay until their index has its next pod, by index. */
  readonly delayed: ReadonlyMap<number, Pod>;
}

/** The index of a pod, if it is one the Job has. */
export function validIndex(job: Job, pod: Pod): number | undefined {
  const index = completionIndex(pod);
  return index !== undefined && index < (job.spec.completions ?? 0) ? index : undefined;
}

/** Counts the pods of a Job. */
export function takeCensus(job: Job, mine: readonly Pod[]): Census {
  const status: JobStatus = job.status ?? {};
  const sorted = [...mine].sort((a, b) => {
    const difference = (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1);
    return difference || (a.metadata.name < b.metadata.name ? -1 : 1);
  });
  const { succeeded: uncountedSucceeded = [], failed: uncountedFailed = [] } = status.uncountedTerminatedPods ?? {};
  const isNew = (pod: Pod, uncounted: readonly string[]): boolean =>
    hasFinalizer(pod, JOB_TRACKING_FINALIZER) &&
    !uncounted.includes(pod.metadata.uid) &&
    (!isIndexed(job) || validIndex(job, pod) !== undefined);
  const active = sorted.filter(isPodActive);
  const newSucceeded = sorted.filter((pod) => pod.status?.phase === "Succeeded" && isNew(pod, uncountedSucceeded));
  const newFailed = sorted.filter((pod) => isPodFailed(pod, job) && isNew(pod, uncountedFailed));
  const counted = newFailed.filter((pod) => verdictOn(job, pod).counts);
  const census = {
    pods: sorted,
    active,
    ready: active.filter(isPodReady).length,
    terminating: sorted.filter((pod) => isPodTerminating(pod) && !isPodTerminal(pod)).length,
    newSucceeded,
    newFailed,
    succeeded: (status.succeeded ?? 0) + newSucceeded.length + uncountedSucceeded.length,
    failed: (status.failed ?? 0) + counted.length + uncountedFailed.length,
  };
  return isIndexed(job) ? { ...census, ...indexesOf(job, census) } : { ...census, ...NO_INDEXES };
}

const NO_INDEXES = { bookedIndexes: IndexSet.of([]), succeededIndexes: IndexSet.of([]), delayed: new Map() };

type Indexes = Pick<Census, "bookedIndexes" | "succeededIndexes" | "failedIndexes" | "delayed" | "succeeded">;

function indexesOf(
  job: Job,
  { newSucceeded, pods, active }: Pick<Census, "newSucceeded" | "pods" | "active">,
): Indexes {
  const completions = job.spec.completions ?? 0;
  const bookedIndexes = IndexSet.parse(job.status?.completedIndexes, completions);
  const succeededIndexes = bookedIndexes.with(newSucceeded.map((pod) => validIndex(job, pod) ?? 0));
  const indexes = { bookedIndexes, succeededIndexes, succeeded: succeededIndexes.size };
  if (job.spec.backoffLimitPerIndex === undefined) return { ...indexes, delayed: new Map() };

  const failing = pods.filter((pod) => validIndex(job, pod) !== undefined && failsIndex(job, pod));
  const fresh = failing.map((pod) => validIndex(job, pod) ?? 0).filter((index) => !succeededIndexes.has(index));
  const failedIndexes = IndexSet.parse(job.status?.failedIndexes, completions).with(fresh);
  const activeIndexes = new Set(active.map((pod) => validIndex(job, pod)));
  const delayed = new Map<number, Pod>();
  for (const pod of pods) {
    const index = validIndex(job, pod);
    if (index === undefined || !hasFinalizer(pod, JOB_TRACKING_FINALIZER) || !isPodFailed(pod, job)) continue;
    if (succeededIndexes.has(index) || failedIndexes.has(index) || activeIndexes.has(index)) continue;
    const known = delayed.get(index);
    if (known === undefined || isLater(pod, known)) delayed.set(index, pod);
  }
  return { ...indexes, failedIndexes, delayed };
}

const isLater = (pod: Pod, than: Pod): boolean =>
  absoluteFailures(pod) >= absoluteFailures(than) && endedAt(pod) >= endedAt(than);
