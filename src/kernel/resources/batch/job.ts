/**
 * Job: pods that run to completion, so many times.
 *
 * Models pkg/registry/batch/job, pkg/apis/batch/v1/defaults.go and the table printer.
 */
import type { Job } from "#kernel/api/types.gen";
import { humanDuration } from "#kernel/apimachinery/duration";
import { dns1123Label } from "#kernel/apimachinery/formats";
import { goValue } from "#kernel/apimachinery/go-text";
import { format } from "#kernel/apimachinery/labels";
import { parseTime } from "#kernel/apimachinery/meta";
import { column, defineResource, wide } from "#kernel/registry/definition";
import { containerColumns } from "#kernel/resources/apps/workload.columns";
import { defaultJobSpec } from "#kernel/resources/batch/job.defaults";
import {
  CONTROLLER_UID_LABEL,
  hasJobCondition,
  JOB_NAME_LABEL,
  LEGACY_CONTROLLER_UID_LABEL,
  LEGACY_JOB_NAME_LABEL,
} from "#kernel/resources/batch/job.facts";
import { validateJob, validateJobUpdate } from "#kernel/resources/batch/job.validate";
import { validateJobStatus } from "#kernel/resources/batch/job.validate.status";
import { warningsForPodTemplate } from "#kernel/resources/core/pod.warnings";
import type { Instant } from "#kernel/sim/instant";

export const jobs = defineResource<Job>({
  group: "batch",
  version: "v1",
  names: { kind: "Job", plural: "jobs", singular: "job", categories: ["all"] },
  scope: "Namespaced",
  subresources: { status: true },
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  orphansByDefault: true,
  deleteWarning:
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or " +
    "set propagationPolicy=Orphan to suppress this warning",

  setDefaults(job) {
    defaultJobSpec(job.spec);
    takeLabels(job);
  },
  prepareForCreate(job) {
    generateSelector(job);
    takeLabels(job);
    job.status = {};
  },

  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: validateJobStatus,
  warnings: warningsForJob,

  columns: [
    column("Status", "string", statusText, "Whether the job runs, waits or has ended."),
    column("Completions", "string", completionsText, "How many runs have succeeded, of how many."),
    column("Duration", "string", durationText, "How long it has run."),
    ...containerColumns<Job>(({ spec }) => spec.template),
    wide("Selector", "string", ({ spec }) => format(spec.selector), "The labels of the pods."),
  ],
  selectableFields: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
});

/** A Job without labels has those of its template. */
function takeLabels({ metadata, spec }: Job): void {
  const labels = spec.template.metadata?.labels;
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

/** Unless its author chose one, the selector is made of the Job's uid, so that no two Jobs share a pod. */
function generateSelector({ metadata, spec }: Job): void {
  if (spec.manualSelector === true) return;
  const known = spec.template.metadata?.labels ?? {};
  const labels: Record<string, string> = { ...known };
  const generated = {
    [LEGACY_JOB_NAME_LABEL]: metadata.name ?? "",
    [JOB_NAME_LABEL]: metadata.name ?? "",
    [LEGACY_CONTROLLER_UID_LABEL]: metadata.uid,
    [CONTROLLER_UID_LABEL]: metadata.uid,
  };
  // A label its author set stays, so that validation can say what is wrong with it.
  for (const [name, value] of Object.entries(generated)) labels[name] ??= value;
  spec.template.metadata = { ...spec.template.metadata, labels };
  const matchLabels = { ...spec.selector?.matchLabels };
  matchLabels[CONTROLLER_UID_LABEL] ??= metadata.uid;
  spec.selector = { ...spec.selector, matchLabels };
}

const COMPLETIONS_SOFT_MAX = 100_000;
const PARALLELISM_SOFT_MAX = 10_000;

function warningsForJob({ metadata, spec }: Job, old?: Job): string[] {
  if (old !== undefined) {
    return old.metadata.generation === metadata.generation
      ? []
      : warningsForPodTemplate(spec.template, "spec.template");
  }
  const warnings: string[] = [];
  const wrong = dns1123Label(metadata.name);
  if (wrong.length > 0) {
    const says =
      "this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended";
    warnings.push(`metadata.name: ${says}: ${goValue(wrong)}`);
  }
  const { completionMode, completions = 0, parallelism = 0 } = spec;
  if (completionMode === "Indexed" && completions > COMPLETIONS_SOFT_MAX && parallelism > PARALLELISM_SOFT_MAX) {
    warnings.push(
      "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, " +
        "Kubernetes might not be able to track completedIndexes when a big number of indexes fail",
    );
  }
  return [...warnings, ...warningsForPodTemplate(spec.template, "spec.template")];
}

function statusText(job: Job): string {
  if (hasJobCondition(job, "Complete")) return "Complete";
  if (hasJobCondition(job, "Failed")) return "Failed";
  if (job.metadata.deletionTimestamp !== undefined) return "Terminating";
  for (const type of ["Suspended", "FailureTarget", "SuccessCriteriaMet"]) if (hasJobCondition(job, type)) return type;
  return "Running";
}

function completionsText({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: Job, now: Instant): string {
  const { startTime, completionTime } = status ?? {};
  if (startTime === undefined || startTime === null) return "";
  const isOver = completionTime !== undefined && completionTime !== null;
  return humanDuration((isOver ? parseTime(completionTime) : now) - parseTime(startTime));
}
