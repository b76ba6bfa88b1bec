/**
 * Job controller: runs pods until enough of them have succeeded, or too many have failed.
 *
 * Models pkg/controller/job. Leaves out the second by which upstream delays a look after a change of a pod: it only
 * spares a busy API server.
 */
import type { Job, JobCondition, JobStatus, Pod } from "#kernel/api/types.gen";
import type { StatusError } from "#kernel/apimachinery/errors";
import { controllerOf, hasFinalizer, type Key, keyOf, parseTime, timeText } from "#kernel/apimachinery/meta";
import { forgetBackoff, indexMayRetryAt, mayCreateAt, recordEnded } from "#kernel/controllers/job/backoff";
import { type Census, takeCensus, validIndex } from "#kernel/controllers/job/census";
import { createPods, deletePod, type IndexedPlace, releasePod, say } from "#kernel/controllers/job/pods";
import { isPodFailed, successOf, verdictOn } from "#kernel/controllers/job/policies";
import { type Ending, ensureCondition, jobCondition, keepBooks } from "#kernel/controllers/job/track";
import { claim, claimantsOf } from "#kernel/controllers/shared/claim";
import { podsToDelete } from "#kernel/controllers/shared/pods";
import type { Client } from "#kernel/registry/client";
import {
  type Context,
  type Controller,
  done,
  earliest,
  itself,
  type Outcome,
  ownedBy,
  wakeAt,
  watching,
} from "#kernel/registry/controller";
import type { Resource } from "#kernel/registry/definition";
import { jobs } from "#kernel/resources/batch/job";
import {
  jobCondition as conditionOf,
  hasJobCondition,
  isIndexed,
  isJobFinished,
  isJobSuspended,
  isManagedElsewhere,
  JOB_TRACKING_FINALIZER,
  replacesFailedOnly,
} from "#kernel/resources/batch/job.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodReady, isPodTerminal, isPodTerminating } from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";
import type { Change, KubeObject } from "#kernel/store/object";

/** Pods one look creates or deletes; the rest comes with the next one. */
const PODS_PER_LOOK = 500;

/** A key whose namespace begins so names a pod whose Job is gone. */
const ORPHAN = "orphan:";

const resource = jobs as unknown as Resource<KubeObject>;

export const jobController: Controller = {
  name: "job-controller",
  component: "controllerManager",
  watches: [
    itself(jobs),
    ownedBy(jobs, pods),
    watching(pods, (pod, client) => [
      ...claimantsOf(client, pod, jobs, ({ spec }) => spec.selector ?? {}),
      ...(isOrphaned(client, pod) ? [orphanKey(pod)] : []),
    ]),
    { resource, keys: trackedOfDeleted },
  ],

  reconcile(context, key) {
    const { client, cells } = context;
    if (key.namespace.startsWith(ORPHAN)) return releaseOrphan(client, key);
    const job = client.get(jobs, key);
    if (job === undefined || isJobFinished(job)) {
      forgetBackoff(cells, key);
      return done;
    }
    return isManagedElsewhere(job) ? done : sync(context, job);
  },
};

/** The pods a deleted Job leaves behind with its finalizer. */
function trackedOfDeleted({ type, object }: Change, client: Client): readonly Key[] {
  if (type !== "DELETED") return [];
  return client
    .owned(object.metadata.uid)
    .filter(({ bucket, object: pod }) => bucket === pods.bucket && hasFinalizer(pod, JOB_TRACKING_FINALIZER))
    .map(({ object: pod }) => orphanKey(pod));
}

const orphanKey = ({ metadata }: KubeObject): Key => ({
  namespace: `${ORPHAN}${metadata.namespace ?? ""}`,
  name: metadata.name,
});

/** True if a pod is still tracked for a Job that is gone, or has ended. */
function isOrphaned(client: Client, pod: Pod): boolean {
  if (!hasFinalizer(pod, JOB_TRACKING_FINALIZER)) return false;
  const owner = controllerOf(pod);
  if (owner === undefined) return true;
  if (owner.kind !== "Job") return true;
  const job = client.get(jobs, { namespace: pod.metadata.namespace ?? "", name: owner.name });
  return job === undefined || job.metadata.uid !== owner.uid || (isJobFinished(job) && !isManagedElsewhere(job));
}

function releaseOrphan(client: Client, { namespace, name }: Key): Outcome {
  const pod = client.get(pods, { namespace: namespace.slice(ORPHAN.length), name });
  if (pod !== undefined && isOrphaned(client, pod)) releasePod(client, pod);
  return done;
}

function sync(context: Context, job: Job): Outcome {
  const { client, now, cells } = context;
  const selector = job.spec.selector ?? {};
  const mine = claim(client, { owner: job, resource, selector, finalizer: JOB_TRACKING_FINALIZER }, pods);
  const census = takeCensus(job, mine);
  const backoff = recordEnded(cells, keyOf(job), census.newSucceeded, census.newFailed);
  const isStarted = typeof job.status?.startTime === "string";
  const startTime = isStarted || isJobSuspended(job) ? {} : { startTime: timeText(now) };
  const status: JobStatus = { ...job.status, ...startTime };

  const deadline = deadlineOf(job, status);
  const ending = endingOf({ ...job, status }, census, now, deadline);
  if (ending !== undefined) {
    end(context, { ...job, status }, census, ending);
    return done;
  }
  const isGoing = job.metadata.deletionTimestamp !== undefined;
  const managed = isGoing ? unmanaged(census) : manage(context, job, census, mayCreateAt(backoff));
  finishLook(context, job, census, status, managed, isGoing);
  if (managed.failure !== undefined) throw managed.failure;
  return earliest(managed.next, deadline === undefined ? done : wakeAt(deadline));
}

/** When the Job will have been active for too long. */
function deadlineOf(job: Job, { startTime }: JobStatus): Instant | undefined {
  const { activeDeadlineSeconds: seconds } = job.spec;
  if (seconds === undefined || isJobSuspended(job) || typeof startTime !== "string") return undefined;
  // A Job that is just being resumed begins anew.
  if (hasJobCondition(job, "Suspended")) return undefined;
  return parseTime(startTime) + seconds * 1000;
}

/** Whether and how the Job is to end: as it was decided before, or as a policy or a limit has it now. */
function endingOf(job: Job, census: Census, now: Instant, deadline: Instant | undefined): Ending | undefined {
  const met = conditionOf(job, "SuccessCriteriaMet");
  if (met?.status === "True") return { ...met, type: "Complete" };
  const target = conditionOf(job, "FailureTarget");
  if (target?.status === "True") return { ...target, type: "Failed" };

  const fail = (reason: string, message: string): JobCondition => jobCondition("FailureTarget", reason, message, now);
  const byPolicy = policyFailure(job, census);
  if (byPolicy !== undefined) return fail("PodFailurePolicy", byPolicy);
  if (census.failed > (job.spec.backoffLimit ?? 0) || hasRestartedTooOften(job, census)) {
    return fail("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  if (deadline !== undefined && deadline <= now) {
    return fail("DeadlineExceeded", "Job was active longer than specified deadline");
  }
  if (!isIndexed(job)) return undefined;
  const { completions = 0, maxFailedIndexes } = job.spec;
  const failed = census.failedIndexes?.size ?? 0;
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes) {
    return fail("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  }
  if (failed > 0 && failed + census.succeededIndexes.size >= completions) {
    return fail("FailedIndexes", "Job has failed indexes");
  }
  const success = successOf(job, census.succeededIndexes);
  return success === undefined ? undefined : jobCondition("SuccessCriteriaMet", "SuccessPolicy", success, now);
}

function policyFailure(job: Job, { pods: mine }: Census): string | undefined {
  if (job.spec.podFailurePolicy === undefined) return undefined;
  for (const pod of mine) {
    const { failure } = isPodFailed(pod, job) ? verdictOn(job, pod) : { failure: undefined };
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** Containers that are restarted in place count as failures too. */
function hasRestartedTooOften({ spec }: Job, { pods: mine }: Census): boolean {
  if (spec.template.spec.restartPolicy !== "OnFailure") return false;
  let restarts = 0;
  for (const { status } of mine) {
    if (status?.phase !== "Running" && status?.phase !== "Pending") continue;
    for (const one of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
      restarts += one.restartCount;
    }
  }
  const limit = spec.backoffLimit ?? 0;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Stops what still runs, and declares the Job finished once nothing does. */
function end(context: Context, job: Job, census: Census, ending: Ending): void {
  for (const pod of census.active) deletePod(context, job, pod, false);
  const { terminating } = census;
  const status = { ...job.status, active: 0, ready: 0, terminating: terminating + census.active.length };
  // Pods nobody runs are gone once they are let go; the look that follows sees what still terminates.
  keepBooks(context, { job, census, status: withoutNone(status), ending });
}

/** What was done about the number of running pods. */
interface Managed {
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
  readonly next: Outcome;
  readonly failure?: StatusError;
}

const unmanaged = ({ active, ready, terminating }: Census): Managed => ({
  active: active.length,
  ready,
  terminating,
  next: done,
});

function manage(context: Context, job: Job, census: Census, mayCreate: Instant): Managed {
  const { active } = census;
  const wanted = isJobSuspended(job) ? 0 : wantedActive(job, census);
  const surplus = surplusPods(job, active, Math.max(0, active.length - wanted), context.now).slice(0, PODS_PER_LOOK);
  if (surplus.length > 0) {
    for (const pod of surplus) deletePod(context, job, pod, true);
    return {
      active: active.length - surplus.length,
      ready: census.ready - surplus.filter(isPodReady).length,
      terminating: census.terminating + surplus.length,
      next: done,
    };
  }
  if (isJobSuspended(job)) return unmanaged(census);
  const waiting = replacesFailedOnly(job) ? census.terminating : 0;
  const missing = Math.min(wanted - waiting - active.length, PODS_PER_LOOK);
  if (missing <= 0) return unmanaged(census);
  const isPerIndex = job.spec.backoffLimitPerIndex !== undefined;
  if (!isPerIndex && mayCreate > context.now) return { ...unmanaged(census), next: wakeAt(mayCreate) };
  const { places, retryAt } = placesFor(job, census, missing, context.now);
  const { created, failure } = createPods(context, job, places);
  const next = places.length === 0 && retryAt !== undefined ? wakeAt(retryAt) : done;
  const count = active.length + created;
  return { ...unmanaged(census), active: count, next, ...(failure !== undefined && { failure }) };
}

function wantedActive({ spec }: Job, { succeeded, active }: Census): number {
  const parallelism = spec.parallelism ?? 1;
  if (spec.completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(parallelism, spec.completions - succeeded));
}

/** The pods to stop: at least so many, and every one whose index is unknown or has another pod. */
function surplusPods(job: Job, active: readonly Pod[], atLeast: number, now: Instant): Pod[] {
  if (!isIndexed(job)) return podsToDelete(active, [], atLeast, now);
  const byIndex = new Map<number, Pod[]>();
  const surplus: Pod[] = [];
  for (const pod of active) {
    const index = validIndex(job, pod);
    if (index === undefined) surplus.push(pod);
    else byIndex.set(index, [...(byIndex.get(index) ?? []), pod]);
  }
  for (const twins of byIndex.values()) surplus.push(...podsToDelete(twins, [], twins.length - 1, now));
  const rest = active.filter((pod) => !surplus.includes(pod));
  return [...surplus, ...podsToDelete(rest, [], Math.max(0, atLeast - surplus.length), now)];
}

/** Which indexes get a pod now, and when the next one may have it if none may yet. */
function placesFor(job: Job, census: Census, count: number, now: Instant) {
  const { pods: mine, active, succeededIndexes, failedIndexes, delayed } = census;
  if (!isIndexed(job)) return { places: Array.from({ length: count }, () => undefined), retryAt: undefined };
  const going = replacesFailedOnly(job) ? mine.filter((pod) => isPodTerminating(pod) && !isPodTerminal(pod)) : [];
  const busy = new Set([...active, ...going].map((pod) => validIndex(job, pod)));
  const isTaken = (index: number): boolean => busy.has(index) || failedIndexes?.has(index) === true;
  const pending = succeededIndexes.firstMissing(count, job.spec.completions ?? 0, isTaken);
  const places: IndexedPlace[] = [];
  let retryAt: Instant | undefined;
  for (const index of pending) {
    const replaced = delayed.get(index);
    const at = replaced === undefined ? 0 : indexMayRetryAt(replaced);
    if (at <= now) places.push({ index, replaced });
    else retryAt = Math.min(at, retryAt ?? at);
  }
  return { places, retryAt };
}

/** Writes what is now, and ends the Job if everything has been done. */
function finishLook(
  context: Context,
  job: Job,
  census: Census,
  before: JobStatus,
  { active, ready, terminating }: Managed,
  isGoing: boolean,
): void {
  const { now } = context;
  const { completions } = job.spec;
  const isDone = active === 0 && (completions === undefined ? census.succeeded > 0 : census.succeeded >= completions);
  const status = { ...before, active, ready, terminating };
  if (isDone) {
    const text = "Reached expected number of succeeded pods";
    const ending = jobCondition("SuccessCriteriaMet", "CompletionsReached", text, now);
    keepBooks(context, { job, census, status: withoutNone(status), ending });
    return;
  }
  const marked = isGoing ? status : withSuspension(context, job, status);
  keepBooks(context, { job, census, status: withoutNone(marked), ending: undefined });
}

function withSuspension(context: Context, job: Job, status: JobStatus): JobStatus {
  const { now } = context;
  const isSuspended = isJobSuspended(job);
  const [reason, message] = isSuspended ? ["JobSuspended", "Job suspended"] : ["JobResumed", "Job resumed"];
  const before = status.conditions ?? [];
  const after = ensureCondition(
    before,
    jobCondition("Suspended", reason, message, now, isSuspended ? "True" : "False"),
  );
  if (after === before) return status;
  say(context, job, "Normal", isSuspended ? "Suspended" : "Resumed", message);
  // The deadline of a resumed Job begins anew.
  return { ...status, conditions: [...after], ...(!isSuspended && { startTime: timeText(now) }) };
}

/** Zero active pods are not written down; zero ready and terminating ones are. */
function withoutNone({ active = 0, ...rest }: JobStatus): JobStatus {
  return active === 0 ? rest : { ...rest, active };
}
