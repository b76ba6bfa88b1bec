/**
 * The history of a CronJob: of its finished Jobs the oldest go.
 *
 * Models pkg/controller/cronjob/cronjob_controllerv2.go (cleanupFinishedJobs).
 */
import type { CronJob, Job } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import type { Context } from "#kernel/registry/controller";
import { jobs } from "#kernel/resources/batch/job";
import { finishedCondition } from "#kernel/resources/batch/job.facts";
import { recordEvent } from "#kernel/resources/core/event.record";

const SOURCE = { component: "cronjob-controller" };

/** Deletes finished Jobs beyond the limits. Gives the uids of what was deleted. */
export function cleanUpJobs(context: Context, cronjob: CronJob, mine: readonly Job[]): string[] {
  const { failedJobsHistoryLimit, successfulJobsHistoryLimit } = cronjob.spec;
  const ended = (type: string): Job[] => mine.filter((job) => finishedCondition(job)?.type === type).sort(byStart);
  return [
    ...removeOldest(context, cronjob, ended("Complete"), successfulJobsHistoryLimit),
    ...removeOldest(context, cronjob, ended("Failed"), failedJobsHistoryLimit),
  ];
}

/** The one that started first comes first; one that never did comes last. */
function byStart(a: Job, b: Job): number {
  const [start, other] = [a.status?.startTime ?? "~", b.status?.startTime ?? "~"];
  if (start !== other) return start < other ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function removeOldest({ client, now }: Context, cronjob: CronJob, ended: readonly Job[], limit: number | undefined) {
  if (limit === undefined) return [];
  const surplus = ended.slice(0, Math.max(0, ended.length - limit));
  return surplus.flatMap((job) => {
    if (job.metadata.deletionTimestamp !== undefined) return [];
    client.delete(jobs, keyOf(job), { propagationPolicy: "Background" });
    const message = `Deleted job ${job.metadata.name}`;
    const reason = "SuccessfulDelete";
    recordEvent(client, { regarding: cronjob, type: "Normal", reason, message, source: SOURCE }, now);
    return [job.metadata.uid];
  });
}
