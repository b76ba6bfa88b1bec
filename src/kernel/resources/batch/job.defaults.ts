/**
 * What the server fills in where a Job, or the template of one, leaves it out.
 *
 * Models pkg/apis/batch/v1/defaults.go.
 */
import type { JobSpec } from "#kernel/api/types.gen";
import { defaultPodSpec } from "#kernel/resources/core/pod.defaults";

const INT32_MAX = 2147483647;
const BACKOFF_LIMIT = 6;

/** Completes what a Job and the template of Jobs have alike: pods, and which conditions of theirs count. */
export function defaultJobTemplate(spec: JobSpec): void {
  spec.template ??= { spec: { containers: [] } };
  spec.template.spec ??= { containers: [] };
  defaultPodSpec(spec.template.spec);
  for (const { onPodConditions } of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of onPodConditions ?? []) if ((pattern.status ?? "") === "") pattern.status = "True";
  }
}

/** Completes the spec of a Job, which is its own copy. */
export function defaultJobSpec(spec: JobSpec): void {
  defaultJobTemplate(spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : INT32_MAX;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed";
}
