/**
 * CronJob controller: makes a Job whenever the schedule says so, and keeps book of those that run.
 *
 * Models pkg/controller/cronjob/cronjob_controllerv2.go. Leaves out the tenth of a second by which upstream comes
 * late on purpose: the clock of a cluster is exact.
 */
import type { CronJob, CronJobStatus, Job, ObjectReference } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { isControlledBy, type Key, keyOf, ownerReferenceTo, parseTime, timeText } from "#kernel/apimachinery/meta";
import { cleanUpJobs } from "#kernel/controllers/cronjob/history";
import { dueTime } from "#kernel/controllers/cronjob/timing";
import {
  type Context,
  type Controller,
  done,
  itself,
  type Outcome,
  ownedBy,
  routineAt,
} from "#kernel/registry/controller";
import type { Draft } from "#kernel/registry/definition";
import { cronjobs } from "#kernel/resources/batch/cronjob";
import {
  isTimeZone,
  nextTime,
  parseSchedule,
  type Schedule,
  zonedTimeText,
} from "#kernel/resources/batch/cronjob.schedule";
import { jobs } from "#kernel/resources/batch/job";
import { finishedCondition, isJobFinished } from "#kernel/resources/batch/job.facts";
import { recordEvent } from "#kernel/resources/core/event.record";
import { equal } from "#kernel/sim/clone";
import type { Instant } from "#kernel/sim/instant";

const SOURCE = { component: "cronjob-controller" };
const SCHEDULED_ANNOTATION = "batch.kubernetes.io/cronjob-scheduled-timestamp";

export const cronjobController: Controller = {
  name: "cronjob-controller",
  component: "controllerManager",
  watches: [itself(cronjobs), ownedBy(cronjobs, jobs)],

  reconcile(context, key) {
    const { client } = context;
    const cronjob = client.get(cronjobs, key);
    if (cronjob === undefined) return done;
    const look = new Look(context, cronjob);
    try {
      return look.run();
    } finally {
      look.save();
    }
  },
};

/** One look at one CronJob: it collects the status it will write. */
class Look {
  readonly #mine: readonly Job[];
  #status: CronJobStatus;

  constructor(
    readonly context: Context,
    readonly cronjob: CronJob,
  ) {
    this.#mine = context.client
      .owned(cronjob.metadata.uid)
      .filter(({ bucket, object }) => bucket === jobs.bucket && isControlledBy(object, cronjob))
      .map(({ object }) => object as Job)
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    this.#status = cronjob.status ?? {};
  }

  run(): Outcome {
    this.#checkJobs();
    this.#checkMissing();
    if (this.cronjob.metadata.deletionTimestamp !== undefined) return done;
    const outcome = this.#schedule();
    for (const uid of cleanUpJobs(this.context, this.cronjob, this.#mine)) this.#deactivate(uid);
    return outcome;
  }

  /** Writes the status, if it is another one. */
  save(): void {
    const { cronjob, context } = this;
    const { active = [], ...rest } = this.#status;
    const status = { ...rest, ...(active.length > 0 && { active }) };
    if (!equal(status, cronjob.status ?? {})) context.client.updateStatus(cronjobs, cronjob, status);
  }

  say(type: "Normal" | "Warning", reason: string, message: string): void {
    const { client, now } = this.context;
    recordEvent(client, { regarding: this.cronjob, type, reason, message, source: SOURCE }, now);
  }

  get #active(): readonly ObjectReference[] {
    return this.#status.active ?? [];
  }

  #deactivate(uid: string): void {
    this.#status = { ...this.#status, active: this.#active.filter((one) => one.uid !== uid) };
  }

  /** What became of the Jobs there are. */
  #checkJobs(): void {
    for (const job of this.#mine) {
      const { uid, name } = job.metadata;
      const isActive = this.#active.some((one) => one.uid === uid);
      if (!isActive && !isJobFinished(job)) {
        this.say("Warning", "UnexpectedJob", `Saw a job that the controller did not create or forgot: ${name}`);
      } else if (isActive && isJobFinished(job)) {
        this.#deactivate(uid);
        const condition = finishedCondition(job)?.type ?? "";
        this.say("Normal", "SawCompletedJob", `Saw completed job: ${name}, condition: ${condition}`);
      }
      this.#noteSuccess(job);
    }
  }

  #noteSuccess(job: Job): void {
    const { completionTime } = job.status ?? {};
    if (finishedCondition(job)?.type !== "Complete" || typeof completionTime !== "string") return;
    const { lastSuccessfulTime } = this.#status;
    const isLater = typeof lastSuccessfulTime !== "string" || parseTime(completionTime) > parseTime(lastSuccessfulTime);
    if (isLater) this.#status = { ...this.#status, lastSuccessfulTime: completionTime };
  }

  /** Jobs in the books that are gone. */
  #checkMissing(): void {
    const { client } = this.context;
    const known = new Set(this.#mine.map(({ metadata }) => metadata.uid));
    for (const { uid = "", name = "", namespace = "" } of this.#active) {
      if (known.has(uid) || client.get(jobs, { namespace, name })?.metadata.uid === uid) continue;
      this.say("Normal", "MissingJob", `Active job went missing: ${name}`);
      this.#deactivate(uid);
    }
  }

  /** Makes the Job whose time has come, if any, and says when the next one comes. */
  #schedule(): Outcome {
    const { spec } = this.cronjob;
    const { timeZone, schedule: text } = spec;
    if (timeZone !== undefined && !isTimeZone(timeZone)) {
      const why = `unknown time zone ${timeZone}`;
      this.say("Warning", "UnknownTimeZone", `invalid timeZone: ${JSON.stringify(timeZone)}: ${why}`);
      return done;
    }
    if (spec.suspend === true) return done;
    const schedule = parseSchedule(text);
    if ("wrong" in schedule) {
      this.say("Warning", "UnparseableSchedule", `unparseable schedule: ${JSON.stringify(text)} : ${schedule.wrong}`);
      return done;
    }
    if (nextTime(schedule, this.context.now, timeZone) === undefined) {
      // A day that no year has: to upstream two starts in a row are both the zero time.
      const why = "time difference between two schedules is less than 1 second";
      this.say("Warning", "InvalidSchedule", `invalid schedule: ${text} : ${why}`);
      return done;
    }
    const { due, isLongAgo } = dueTime(this.cronjob, schedule, this.context.now);
    if (isLongAgo) {
      const advice = "Set or decrease .spec.startingDeadlineSeconds or check clock skew";
      this.say("Warning", "TooManyMissedTimes", `too many missed start times. ${advice}`);
    }
    if (due !== undefined) this.#start(due);
    return this.#next(schedule);
  }

  #next(schedule: Schedule): Outcome {
    const next = nextTime(schedule, this.context.now, this.cronjob.spec.timeZone);
    return next === undefined ? done : routineAt(next);
  }

  #start(due: Instant): void {
    const { client, now } = this.context;
    const { spec } = this.cronjob;
    const { startingDeadlineSeconds: seconds, concurrencyPolicy } = spec;
    if (seconds !== undefined && due + seconds * 1000 < now) {
      this.say(
        "Warning",
        "MissSchedule",
        `Missed scheduled time to start a job: ${new Date(due).toUTCString().replace("GMT", "+0000")}`,
      );
      return;
    }
    const name = `${this.cronjob.metadata.name}-${Math.floor(due / 60_000)}`;
    const { lastScheduleTime } = this.#status;
    const isDone = typeof lastScheduleTime === "string" && parseTime(lastScheduleTime) === due;
    if (isDone || this.#active.some((one) => one.name === name)) return;
    if (concurrencyPolicy === "Forbid" && this.#active.length > 0) {
      const why = "prior execution is running and concurrency policy is Forbid";
      this.say("Normal", "JobAlreadyActive", `Not starting job because ${why}`);
      return;
    }
    if (concurrencyPolicy === "Replace") this.#replaceActive();
    const created = this.#create(name, due);
    if (created === undefined) return;
    this.say("Normal", "SuccessfulCreate", `Created job ${name}`);
    const reference = referenceTo(client.need(jobs, keyOf(created)));
    this.#status = { ...this.#status, active: [...this.#active, reference], lastScheduleTime: timeText(due) };
  }

  #replaceActive(): void {
    const { client } = this.context;
    for (const { name = "", namespace = "", uid = "" } of this.#active) {
      const key: Key = { namespace, name };
      if (client.get(jobs, key) !== undefined) {
        client.delete(jobs, key, { propagationPolicy: "Background" });
        this.say("Normal", "SuccessfulDelete", `Deleted job ${name}`);
      }
      this.#deactivate(uid);
    }
  }

  /** Undefined if the namespace is going, or the Job has been made by somebody else. */
  #create(name: string, due: Instant): Job | undefined {
    try {
      return this.context.client.create(jobs, draftOf(this.cronjob, name, due));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const isGoing = error.status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating");
      if (isGoing === true || error.reason === "AlreadyExists") return undefined;
      this.say("Warning", "FailedCreate", `Error creating job: ${error.message}`);
      throw error;
    }
  }
}

function draftOf(cronjob: CronJob, name: string, due: Instant): Draft<Job> {
  const { metadata, spec } = cronjob.spec.jobTemplate;
  const scheduled = zonedTimeText(due, cronjob.spec.timeZone);
  return {
    metadata: {
      name,
      namespace: cronjob.metadata.namespace ?? "",
      ...(metadata?.labels && { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [SCHEDULED_ANNOTATION]: scheduled },
      ownerReferences: [ownerReferenceTo(cronjob, cronjobs.gvk)],
    },
    spec,
  };
}

/** The reference the status keeps, its fields in the order of Go's struct. */
function referenceTo({ apiVersion, kind, metadata }: Job): ObjectReference {
  const { namespace = "", name, uid, resourceVersion } = metadata;
  return { kind, namespace, name, uid, apiVersion, resourceVersion };
}
