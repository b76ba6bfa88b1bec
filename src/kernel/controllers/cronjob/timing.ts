/**
 * Which start of a CronJob is due: the latest that has passed and was not made yet.
 *
 * Models pkg/controller/cronjob/utils.go (mostRecentScheduleTime, nextScheduleTime).
 */
import type { CronJob } from "#kernel/api/types.gen";
import { parseTime } from "#kernel/apimachinery/meta";
import { nextTime, type Schedule } from "#kernel/resources/batch/cronjob.schedule";
import type { Instant } from "#kernel/sim/instant";

/** More missed starts than this are worth a warning. */
const MANY_MISSED = 100;

export interface DueTime {
  /** Absent if nothing is due. */
  readonly due?: Instant;
  /** Whether suspiciously many starts were missed. */
  readonly isLongAgo: boolean;
}

/** The latest start that has passed since the last one made, or since the CronJob is there, or its deadline. */
export function dueTime({ metadata, spec, status }: CronJob, schedule: Schedule, now: Instant): DueTime {
  const { lastScheduleTime } = status ?? {};
  const since = parseTime(typeof lastScheduleTime === "string" ? lastScheduleTime : (metadata.creationTimestamp ?? ""));
  const { startingDeadlineSeconds: seconds, timeZone } = spec;
  const earliest = seconds === undefined ? since : Math.max(since, now - seconds * 1000);
  const first = nextTime(schedule, earliest, timeZone);
  if (first === undefined || first > now) return { isLongAgo: false };
  const second = nextTime(schedule, first, timeZone);
  if (second === undefined || second > now) return { due: first, isLongAgo: false };

  // Far behind, the starts in between are skipped over, not counted one by one.
  const between = second - first;
  const missed = Math.floor((now - first) / between) + 1;
  let due = first;
  const from = first + (missed - 2) * between;
  for (
    let at = nextTime(schedule, from, timeZone);
    at !== undefined && at <= now;
    at = nextTime(schedule, at, timeZone)
  ) {
    due = at;
  }
  return { due, isLongAgo: missed > MANY_MISSED };
}
