/**
 * CronJob: a Job made anew whenever its time comes.
 *
 * Models pkg/registry/batch/cronjob, pkg/apis/batch/v1/defaults.go and the table printer.
 * Leaves out batch/v1beta1: it left with v1.25.
 */
import type { CronJob } from "#kernel/api/types.gen";
import { humanDuration } from "#kernel/apimachinery/duration";
import { dns1123Label } from "#kernel/apimachinery/formats";
import { goValue } from "#kernel/apimachinery/go-text";
import { format } from "#kernel/apimachinery/labels";
import { parseTime } from "#kernel/apimachinery/meta";
import { column, defineResource, wide } from "#kernel/registry/definition";
import { containerColumns } from "#kernel/resources/apps/workload.columns";
import { validateCronJob } from "#kernel/resources/batch/cronjob.validate";
import { defaultJobTemplate } from "#kernel/resources/batch/job.defaults";
import { warningsForPodTemplate } from "#kernel/resources/core/pod.warnings";
import type { Instant } from "#kernel/sim/instant";

export const cronjobs = defineResource<CronJob>({
  group: "batch",
  version: "v1",
  names: { kind: "CronJob", plural: "cronjobs", singular: "cronjob", short: ["cj"], categories: ["all"] },
  scope: "Namespaced",
  subresources: { status: true },
  hasGeneration: true,
  allowUnconditionalUpdate: true,

  setDefaults({ spec }) {
    if ((spec.concurrencyPolicy ?? "") === "") spec.concurrencyPolicy = "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    defaultJobTemplate(spec.jobTemplate.spec);
  },
  prepareForCreate(cronjob) {
    cronjob.status = {};
  },

  validate: (cronjob, at) => validateCronJob(cronjob, undefined, at),
  validateUpdate: (cronjob, old, at) => validateCronJob(cronjob, old, at),
  warnings: warningsForCronJob,

  columns: [
    column("Schedule", "string", ({ spec }) => spec.schedule, "When it is time."),
    column("Timezone", "string", ({ spec }) => spec.timeZone ?? "<none>", "Whose time that is."),
    column("Suspend", "boolean", ({ spec }) => (spec.suspend === true ? "True" : "False"), "Whether it pauses."),
    column("Active", "integer", ({ status }) => status?.active?.length ?? 0, "How many of its Jobs run."),
    column("Last Schedule", "string", lastScheduleText, "How long ago the last Job was due."),
    ...containerColumns<CronJob>(({ spec }) => spec.jobTemplate.spec.template),
    wide("Selector", "string", ({ spec }) => format(spec.jobTemplate.spec.selector), "The labels of the pods."),
  ],
});

function lastScheduleText({ status }: CronJob, now: Instant): string {
  const last = status?.lastScheduleTime;
  return typeof last === "string" ? humanDuration(now - parseTime(last)) : "<none>";
}

function warningsForCronJob({ metadata, spec }: CronJob, old?: CronJob): string[] {
  const warnings: string[] = [];
  if (old === undefined) {
    const wrong = dns1123Label(metadata.name);
    if (wrong.length > 0) {
      const says =
        "this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended";
      warnings.push(`metadata.name: ${says}: ${goValue(wrong)}`);
    }
  }
  const isSame = old?.metadata.generation !== undefined && old.metadata.generation === metadata.generation;
  if (!isSame)
    warnings.push(...warningsForPodTemplate(spec.jobTemplate.spec.template, "spec.jobTemplate.spec.template"));
  if (spec.schedule.includes("TZ")) {
    const where = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/";
    const says = `CRON_TZ or TZ used in schedule ${JSON.stringify(spec.schedule)} is not officially supported`;
    warnings.push(`${says}, see ${where} for more details`);
  }
  return warnings;
}
