/**
 * TTL controller: deletes Jobs so many seconds after they have ended.
 *
 * Models pkg/controller/ttlafterfinished.
 */
import { keyOf, parseTime } from "#kernel/apimachinery/meta";
import { type Controller, done, itself, wakeAt } from "#kernel/registry/controller";
import { jobs } from "#kernel/resources/batch/job";
import { finishedCondition } from "#kernel/resources/batch/job.facts";

export const ttlAfterFinishedController: Controller = {
  name: "ttl-after-finished-controller",
  component: "controllerManager",
  watches: [itself(jobs)],

  reconcile({ client, now }, key) {
    const job = client.get(jobs, key);
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return done;
    const { ttlSecondsAfterFinished: seconds } = job.spec;
    const end = finishedCondition(job)?.lastTransitionTime;
    if (seconds === undefined || typeof end !== "string") return done;
    const expiresAt = parseTime(end) + seconds * 1000;
    if (expiresAt > now) return wakeAt(expiresAt);
    client.delete(jobs, keyOf(job), {
      propagationPolicy: "Foreground",
      preconditions: { uid: job.metadata.uid },
    });
    return done;
  },
};
