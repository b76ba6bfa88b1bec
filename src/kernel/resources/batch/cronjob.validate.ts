/**
 * Whether a CronJob is well formed.
 *
 * Models pkg/apis/batch/validation (ValidateCronJobCreate, ValidateCronJobUpdate).
 */
import type { CronJob, CronJobSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { isTimeZone, parseSchedule } from "#kernel/resources/batch/cronjob.schedule";
import { validateJobSpec } from "#kernel/resources/batch/job.validate";
import { mustChoose, mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

/** The Job's name has eleven characters more, and 63 at most. */
const NAME_CHARS_MAX = 52;

/** Adds an error for each wrong part of a CronJob; what an old one had may stay. */
export function validateCronJob({ metadata, spec }: CronJob, old: CronJob | undefined, root: At): void {
  const isNew = (metadata.resourceVersion ?? "") === "";
  // On update this is called twice; what does not depend on the old object is said once.
  if (isNew || old !== undefined) validateSpec(spec, old?.spec, root.under("spec"));
  if (isNew && (metadata.name ?? "").length > NAME_CHARS_MAX) {
    root("metadata.name").invalid(metadata.name, `must be no more than ${NAME_CHARS_MAX} characters`);
  }
}

function validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined, at: At): void {
  if (spec.schedule === "") at("schedule").required();
  else validateSchedule(spec, old, at);
  mustNotBeNegative(at("startingDeadlineSeconds"), spec.startingDeadlineSeconds);
  if (old === undefined || old.timeZone !== spec.timeZone) validateTimeZone(spec.timeZone, at.under("timeZone"));
  mustChoose(at("concurrencyPolicy"), spec.concurrencyPolicy, ["Allow", "Forbid", "Replace"]);
  const jobAt = at.under("jobTemplate.spec");
  const { selector, manualSelector } = spec.jobTemplate.spec;
  validateJobSpec(spec.jobTemplate.spec, jobAt);
  if (selector !== undefined) jobAt("selector").invalid(selector, "`selector` will be auto-generated");
  if (manualSelector === true) jobAt("manualSelector").notSupported(true, ["nil", "false"]);
  mustNotBeNegative(at("successfulJobsHistoryLimit"), spec.successfulJobsHistoryLimit);
  mustNotBeNegative(at("failedJobsHistoryLimit"), spec.failedJobsHistoryLimit);
}

function validateSchedule({ schedule, timeZone }: CronJobSpec, old: CronJobSpec | undefined, at: At): void {
  const parsed = parseSchedule(schedule);
  if ("wrong" in parsed) at("schedule").invalid(schedule, parsed.wrong);
  if (!schedule.includes("TZ")) return;
  const mayStay = old?.schedule.includes("TZ") === true;
  if (!mayStay) at("schedule").invalid(schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  else if (timeZone !== undefined) {
    at("schedule").invalid(schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
  }
}

const zonePart = /^[A-Za-z.\-_0-9+]{1,14}$/;

function validateTimeZone(zone: string | undefined, at: At): void {
  if (zone === undefined) return;
  if (zone === "") {
    at("").invalid(zone, "timeZone must be nil or non-empty string");
    return;
  }
  const isWellFormed = (part: string): boolean =>
    part !== "." && part !== ".." && !part.startsWith("-") && zonePart.test(part);
  if (!zone.split("/").every(isWellFormed)) {
    at("").invalid(zone, `unknown time zone ${zone}`);
    return;
  }
  if (zone.toLowerCase() === "local") {
    at("").invalid(zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
  }
  if (zone !== "Local" && !isTimeZone(zone)) at("").invalid(zone, `unknown time zone ${zone}`);
}
