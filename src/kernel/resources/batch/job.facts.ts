/**
 * Pure questions anybody may ask of a Job: whether it is finished, suspended, indexed, and which index a pod has.
 *
 * Models pkg/apis/batch/v1 and pkg/controller/job/util.
 */
import type { Job, JobCondition, Pod } from "#kernel/api/types.gen";
import { getCondition, isConditionTrue } from "#kernel/apimachinery/meta";

export const JOB_TRACKING_FINALIZER = "batch.kubernetes.io/job-tracking";
export const CONTROLLER_UID_LABEL = "batch.kubernetes.io/controller-uid";
export const JOB_NAME_LABEL = "batch.kubernetes.io/job-name";
export const LEGACY_CONTROLLER_UID_LABEL = "controller-uid";
export const LEGACY_JOB_NAME_LABEL = "job-name";
/** Both an annotation and a label of the pods of an Indexed Job. */
export const COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index";
export const INDEX_FAILURES_ANNOTATION = "batch.kubernetes.io/job-index-failure-count";
export const INDEX_IGNORED_FAILURES_ANNOTATION = "batch.kubernetes.io/job-index-ignored-failure-count";
/** The value of spec.managedBy that means us. */
export const JOB_CONTROLLER = "kubernetes.io/job-controller";

/** True if each pod of the Job has an index, and each index must succeed. */
export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === "Indexed";

/** True if the Job is to have no pods for the time being. */
export const isJobSuspended = ({ spec }: Job): boolean => spec.suspend === true;

/** True if somebody else than the job controller looks after the Job. */
export const isManagedElsewhere = ({ spec }: Job): boolean =>
  spec.managedBy !== undefined && spec.managedBy !== JOB_CONTROLLER;

/** True if the Job's condition of this type has status "True". */
export const hasJobCondition = ({ status }: Job, type: string): boolean => isConditionTrue(status?.conditions, type);

/** The condition that ended the Job: Complete or Failed. */
export function finishedCondition(job: Job): JobCondition | undefined {
  return job.status?.conditions?.find(
    ({ type, status }) => status === "True" && (type === "Complete" || type === "Failed"),
  );
}

/** True if the Job has completed or failed for good. */
export const isJobFinished = (job: Job): boolean => finishedCondition(job) !== undefined;

/** Gives the Job's condition of a type. */
export const jobCondition = ({ status }: Job, type: string): JobCondition | undefined =>
  getCondition(status?.conditions, type);

/** The completion index of a pod; undefined if it has none. */
export function completionIndex({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[COMPLETION_INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** True if only pods that have ended for good are replaced, not those that are still going. */
export const replacesFailedOnly = ({ spec }: Job): boolean =>
  spec.podReplacementPolicy === "Failed" || spec.podFailurePolicy !== undefined;
