/**
 * The books of a Job: ended pods are counted once, lose their finalizer, and at last the Job is declared finished.
 *
 * Models pkg/controller/job/job_controller.go (trackJobStatusAndRemoveFinalizers). What goes into
 * status.uncountedTerminatedPods in the first of its two writes is counted in the second.
 */
import type { Job, JobCondition, JobStatus, Pod } from "#kernel/api/types.gen";
import { hasFinalizer, timeText } from "#kernel/apimachinery/meta";
import { type Census, validIndex } from "#kernel/controllers/job/census";
import { releasePod, say } from "#kernel/controllers/job/pods";
import { isPodFailed, verdictOn } from "#kernel/controllers/job/policies";
import type { Context } from "#kernel/registry/controller";
import { jobs } from "#kernel/resources/batch/job";
import { isIndexed, JOB_TRACKING_FINALIZER } from "#kernel/resources/batch/job.facts";
import type { Instant } from "#kernel/sim/instant";

/** Ended pods one look counts at most; the rest comes with the next one. */
const UNCOUNTED_MAX = 500;

/** A condition with both of its times. */
export function jobCondition(
  type: string,
  reason: string,
  message: string,
  now: Instant,
  status = "True",
): JobCondition {
  const time = timeText(now);
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message };
}

/** The conditions with this one in place of its namesake, or appended unless it denies what nobody said. */
export function ensureCondition(conditions: readonly JobCondition[], next: JobCondition): readonly JobCondition[] {
  const index = conditions.findIndex(({ type }) => type === next.type);
  const old = conditions[index];
  if (old === undefined) return next.status === "False" ? conditions : [...conditions, next];
  const isSame = old.status === next.status && old.reason === next.reason && old.message === next.message;
  return isSame ? conditions : conditions.with(index, next);
}

/** Why and how the Job ends: its interim condition, or the final one if the interim one is already written. */
export type Ending = JobCondition;

export interface Books {
  readonly job: Job;
  readonly census: Census;
  /** The status so far: active, ready, terminating, startTime, conditions. */
  readonly status: JobStatus;
  readonly ending: Ending | undefined;
}

/** Counts what has ended, lets it go, and writes the status; then the end of the Job, if it has come. */
export function keepBooks(context: Context, { job, census, status: before, ending }: Books): void {
  const { client, now } = context;
  const toRelease = endedPods(job, census, ending);
  const { succeeded, failed } = uncountedOf(job, census, toRelease, ending);
  const interim = ending !== undefined && ending.type !== "Failed" && ending.type !== "Complete" ? ending : undefined;
  const conditions =
    interim === undefined ? (before.conditions ?? []) : ensureCondition(before.conditions ?? [], interim);
  const uncounted = { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) };
  const first: JobStatus = {
    ...before,
    ...(conditions.length > 0 && { conditions: [...conditions] }),
    ...(isIndexed(job) && indexTexts(census)),
    uncountedTerminatedPods: uncounted,
  };
  const flushed = client.updateStatus(jobs, job, first);
  for (const pod of toRelease) releasePod(client, pod);

  const counted: JobStatus = {
    ...first,
    ...(!isIndexed(job) && plus(first, "succeeded", succeeded.length)),
    ...plus(first, "failed", failed.length),
    uncountedTerminatedPods: {},
  };
  const hasMore = toRelease.length >= UNCOUNTED_MAX;
  const isOver = ending !== undefined && !hasMore && (counted.terminating ?? 0) === 0;
  const last = isOver ? finished(counted, ending, now) : counted;
  const stored = client.updateStatus(jobs, flushed, last);
  if (isOver) announce(context, stored, ending);
}

const plus = (status: JobStatus, field: "succeeded" | "failed", more: number): Partial<JobStatus> =>
  more === 0 ? {} : { [field]: (status[field] ?? 0) + more };

function indexTexts({ succeededIndexes, failedIndexes }: Census): Partial<JobStatus> {
  return {
    ...(succeededIndexes.size > 0 && { succeeded: succeededIndexes.size }),
    completedIndexes: succeededIndexes.toString(),
    ...(failedIndexes !== undefined && { failedIndexes: failedIndexes.toString() }),
  };
}

/** The pods that need not be kept any longer. */
function endedPods(job: Job, { pods, delayed }: Census, ending: Ending | undefined): Pod[] {
  const isGoing = job.metadata.deletionTimestamp !== undefined;
  const ended = pods.filter((pod) => {
    if (!hasFinalizer(pod, JOB_TRACKING_FINALIZER)) return false;
    if (isGoing || ending !== undefined || pod.status?.phase === "Succeeded") return true;
    if (!isPodFailed(pod, job)) return false;
    const index = validIndex(job, pod);
    return index === undefined || delayed.get(index)?.metadata.uid !== pod.metadata.uid;
  });
  return ended.slice(0, UNCOUNTED_MAX);
}

/** The uids that must be counted. When the Job has failed, everything that has not succeeded counts as failed. */
function uncountedOf(job: Job, { newSucceeded }: Census, ended: readonly Pod[], ending: Ending | undefined) {
  const succeeded: string[] = [];
  const failed: string[] = [];
  const isFailing = ending !== undefined && ending.type !== "SuccessCriteriaMet" && ending.type !== "Complete";
  for (const pod of ended) {
    const { uid } = pod.metadata;
    if (pod.status?.phase === "Succeeded") {
      if (!isIndexed(job) && newSucceeded.includes(pod)) succeeded.push(uid);
    } else if (isPodFailed(pod, job) || isFailing) {
      const isValid = !isIndexed(job) || validIndex(job, pod) !== undefined;
      if (isValid && verdictOn(job, pod).counts) failed.push(uid);
    }
  }
  return { succeeded, failed };
}

function finished(status: JobStatus, { type, reason = "", message = "" }: Ending, now: Instant): JobStatus {
  const isSuccess = type === "SuccessCriteriaMet" || type === "Complete";
  const condition = jobCondition(isSuccess ? "Complete" : "Failed", reason, message, now);
  const conditions = [...ensureCondition(status.conditions ?? [], condition)];
  return { ...status, conditions, ...(isSuccess && { completionTime: timeText(now) }) };
}

function announce(context: Context, job: Job, { type, reason = "", message = "" }: Ending): void {
  if (type !== "SuccessCriteriaMet" && type !== "Complete") {
    say(context, job, "Warning", reason, message);
    return;
  }
  const { completions } = job.spec;
  if (completions !== undefined && (job.status?.succeeded ?? 0) > completions) {
    const text = "Too many succeeded pods running after completion count reached";
    say(context, job, "Warning", "TooManySucceededPods", text);
  }
  say(context, job, "Normal", "Completed", "Job completed");
}
