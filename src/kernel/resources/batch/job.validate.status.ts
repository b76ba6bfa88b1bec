/**
 * What the status of a Job may say, and how it may go on.
 *
 * Models pkg/apis/batch/validation (validateJobStatus, ValidateJobStatusUpdate).
 */
import type { Job, JobStatus } from "#kernel/api/types.gen";
import { type At, omitted } from "#kernel/apimachinery/field-errors";
import { parseTime } from "#kernel/apimachinery/meta";
import { hasJobCondition, isIndexed, isJobFinished, isJobSuspended } from "#kernel/resources/batch/job.facts";
import { checkIndexes, IndexSet } from "#kernel/resources/batch/job.indexes";
import { eachAt, mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

/** Adds an error for each wrong part of a Job's new status. */
export function validateJobStatus(job: Job, old: Job, root: At): void {
  const at = root.under("status");
  const { status = {} } = job;
  for (const field of ["active", "succeeded", "failed", "ready", "terminating"] as const) {
    mustNotBeNegative(at(field), status[field]);
  }
  validateUncounted(status, at.under("uncountedTerminatedPods"));
  validateConditions(job, at);
  validateTimes(job, status, at);
  if (isJobFinished(job)) validateFinished(status, at);
  validateIndexes(job, status, at);
  if ((status.ready ?? 0) > (status.active ?? 0)) {
    at("ready").invalid(status.ready, "cannot set more ready pods than active");
  }
  validateChange(job, old, at);
}

function validateUncounted({ uncountedTerminatedPods: uncounted }: JobStatus, at: At): void {
  const seen = new Set<string>();
  for (const field of ["succeeded", "failed"] as const) {
    for (const [uid, uidAt] of eachAt(uncounted?.[field], at.under(field))) {
      if (uid === "") uidAt("").invalid(uid, "must not be empty");
      else if (seen.has(uid)) uidAt("").duplicate(uid);
      seen.add(uid);
    }
  }
}

function validateConditions(job: Job, at: At): void {
  const has = (type: string): boolean => hasJobCondition(job, type);
  const refuse = (text: string): void => at("conditions").invalid(omitted, text);
  if (has("Complete") && has("Failed")) refuse("cannot set Complete=True and Failed=true conditions");
  if (has("Complete") && has("FailureTarget")) refuse("cannot set Complete=True and FailureTarget=true conditions");
  if (has("Failed") && !has("FailureTarget")) {
    refuse("cannot set Failed=True condition without the FailureTarget=true condition");
  }
  if (has("Complete") && !has("SuccessCriteriaMet")) {
    refuse("cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
  }
  if (has("SuccessCriteriaMet") && has("Failed")) {
    refuse("cannot set SuccessCriteriaMet=True and Failed=true conditions");
  }
  if (has("SuccessCriteriaMet") && has("FailureTarget")) {
    refuse("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions");
  }
  if (job.spec.successPolicy !== undefined && has("Complete") && !has("SuccessCriteriaMet")) {
    refuse("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
  }
}

const isTime = (time: string | null | undefined): time is string => time !== undefined && time !== null;

function validateTimes(job: Job, { startTime, completionTime }: JobStatus, at: At): void {
  const isComplete = hasJobCondition(job, "Complete");
  if (isTime(completionTime) && !isComplete) {
    at("completionTime").invalid(completionTime, "cannot set completionTime when there is no Complete=True condition");
  }
  if (!isTime(completionTime) && isComplete)
    at("completionTime").required("completionTime is required for Complete jobs");
  if (isTime(startTime) && isTime(completionTime) && parseTime(completionTime) < parseTime(startTime)) {
    at("completionTime").invalid(completionTime, "completionTime cannot be set before startTime");
  }
}

function validateFinished(
  { active = 0, startTime, uncountedTerminatedPods: uncounted, terminating = 0 }: JobStatus,
  at: At,
) {
  if (active > 0) at("active").invalid(active, "active>0 is invalid for finished job");
  if (!isTime(startTime)) at("startTime").required("startTime is required for finished job");
  if ((uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length > 0) {
    const printed = { Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null };
    at("uncountedTerminatedPods").invalid(printed, "uncountedTerminatedPods needs to be empty for finished job");
  }
  if (terminating > 0) at("terminating").invalid(terminating, "terminating>0 is invalid for finished job");
}

function validateIndexes(job: Job, { completedIndexes = "", failedIndexes }: JobStatus, at: At): void {
  const { completions, backoffLimitPerIndex } = job.spec;
  if (completions !== undefined) {
    const completed = checkIndexes(completedIndexes, completions);
    if ("wrong" in completed) {
      at("completedIndexes").invalid(completedIndexes, `error parsing completedIndexes: ${completed.wrong}`);
    }
    const failed = checkIndexes(failedIndexes ?? "", completions);
    if ("wrong" in failed && backoffLimitPerIndex !== undefined) {
      at("failedIndexes").invalid(failedIndexes, `error parsing failedIndexes: ${failed.wrong}`);
    }
    if ("total" in completed && "total" in failed) {
      const both = overlapOf(completedIndexes, failedIndexes ?? "", completions);
      if (both !== undefined) {
        at("failedIndexes").invalid(failedIndexes, `failedIndexes and completedIndexes overlap at index: ${both}`);
      }
    }
  }
  if (completedIndexes !== "" && !isIndexed(job)) {
    const rule = "cannot set non-empty completedIndexes when non-indexed completion mode";
    at("completedIndexes").invalid(completedIndexes, rule);
  }
  if (backoffLimitPerIndex === undefined && failedIndexes !== undefined) {
    at("failedIndexes").invalid(failedIndexes, "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
  }
}

function overlapOf(completed: string, failed: string, completions: number): number | undefined {
  const [a, b] = [IndexSet.parse(completed, completions), IndexSet.parse(failed, completions)];
  if (a.overlap(b) === 0) return undefined;
  for (let index = 0; index < completions; index += 1) if (a.has(index) && b.has(index)) return index;
  return undefined;
}

function validateChange(job: Job, old: Job, at: At): void {
  const [now, was] = [job.status ?? {}, old.status ?? {}];
  for (const type of ["Failed", "Complete", "FailureTarget"]) {
    if (!hasJobCondition(old, type) || hasJobCondition(job, type)) continue;
    at("conditions").invalid(omitted, `cannot disable the terminal ${type}=True condition`);
  }
  if ((now.failed ?? 0) < (was.failed ?? 0))
    at("failed").invalid(now.failed ?? 0, "cannot decrease the failed counter");
  // An Indexed Job that shrinks forgets the indexes it lost.
  if (!isIndexed(job) && (now.succeeded ?? 0) < (was.succeeded ?? 0)) {
    at("succeeded").invalid(now.succeeded ?? 0, "cannot decrease the succeeded counter");
  }
  if (isTime(now.completionTime) && isTime(was.completionTime) && now.completionTime !== was.completionTime) {
    at("completionTime").invalid(now.completionTime, "completionTime cannot be mutated");
  }
  const isResumed = hasJobCondition(old, "Suspended") && !hasJobCondition(job, "Suspended");
  if (isTime(was.startTime) && now.startTime !== was.startTime && !isJobSuspended(job) && !isResumed) {
    at("startTime").required("startTime cannot be removed for unsuspended job");
  }
  if (hasJobCondition(old, "SuccessCriteriaMet") && !hasJobCondition(job, "SuccessCriteriaMet")) {
    at("conditions").invalid(omitted, "cannot disable the SuccessCriteriaMet=True condition");
  }
  const wasMet = hasJobCondition(old, "SuccessCriteriaMet");
  if (hasJobCondition(old, "Complete") && !wasMet && hasJobCondition(job, "SuccessCriteriaMet")) {
    const rule = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
    at("conditions").invalid(omitted, rule);
  }
}
