/**
 * Goal: the controllers of Jobs and CronJobs say what upstream's say: conditions with reason and message, events with
 * type, reason, component and message.
 * Method: a table per controller of what happens and every line that is then said of the object; one scene per row.
 */
import { describe } from "vitest";
import { cronjobs } from "#kernel/resources/batch/cronjob";
import { jobs } from "#kernel/resources/batch/job";
import type { Scene } from "#test/support/scene";
import { check, endPods, metadata, quota, template } from "#test/support/words";

describe("job", () => {
  const make = (scene: Scene, spec: object = {}): void => {
    scene.create(jobs, {
      metadata,
      spec: { template: template({ restartPolicy: "Never" }), backoffLimit: 0, ...spec },
    });
    scene.pass(1);
  };
  const CREATED = "Normal SuccessfulCreate (job-controller): Created pod: x-ID";
  const REACHED = "CompletionsReached: Reached expected number of succeeded pods";
  const BACKOFF = "BackoffLimitExceeded: Job has reached the specified backoff limit";
  const LATE = "DeadlineExceeded: Job was active longer than specified deadline";
  check([
    {
      what: "done",
      act: (scene) => {
        make(scene);
        endPods(scene, "Succeeded");
        scene.pass(2);
      },
      about: [jobs, "x"],
      conditions: [`Complete=True ${REACHED}`, `SuccessCriteriaMet=True ${REACHED}`],
      events: [CREATED, "Normal Completed (job-controller): Job completed"],
      scene: { kubelet: false },
    },
    {
      what: "failed once too often",
      act: (scene) => {
        make(scene);
        endPods(scene, "Failed", 1);
        scene.pass(2);
      },
      about: [jobs, "x"],
      conditions: [`Failed=True ${BACKOFF}`, `FailureTarget=True ${BACKOFF}`],
      events: [CREATED, "Warning BackoffLimitExceeded (job-controller): Job has reached the specified backoff limit"],
      scene: { kubelet: false },
    },
    {
      what: "too slow",
      act: (scene) => {
        make(scene, { activeDeadlineSeconds: 5 });
        scene.pass(60);
      },
      about: [jobs, "x"],
      conditions: [`Failed=True ${LATE}`, `FailureTarget=True ${LATE}`],
      events: [
        CREATED,
        "Normal SuccessfulDelete (job-controller): Deleted pod: x-ID",
        "Warning DeadlineExceeded (job-controller): Job was active longer than specified deadline",
      ],
    },
    {
      what: "suspended and resumed",
      act: (scene) => {
        make(scene);
        for (const suspend of [true, false]) {
          scene.edit(jobs, "x", ({ spec }) => {
            spec.suspend = suspend;
          });
          scene.pass(40);
        }
      },
      about: [jobs, "x"],
      conditions: ["Suspended=False JobResumed: Job resumed"],
      events: [
        CREATED,
        "Normal SuccessfulDelete (job-controller): Deleted pod: x-ID",
        "Normal Suspended (job-controller): Job suspended",
        "Normal Resumed (job-controller): Job resumed",
      ],
    },
    {
      what: "a quota in the way",
      act: (scene) => {
        quota(scene, { pods: "0" });
        make(scene);
      },
      about: [jobs, "x"],
      events: [
        'Warning FailedCreate (job-controller): Error creating: pods "x-ID" is forbidden: exceeded quota: few, ' +
          "requested: pods=1, used: pods=0, limited: pods=0",
      ],
    },
  ]);
});

describe("cronjob", () => {
  const make = (scene: Scene, spec: object = {}): void => {
    const jobTemplate = { spec: { template: template({ restartPolicy: "Never" }) } };
    scene.create(cronjobs, { metadata, spec: { schedule: "* * * * *", jobTemplate, ...spec } });
  };
  const CREATED = "Normal SuccessfulCreate (cronjob-controller): Created job x-HASH";
  check([
    {
      what: "a run that ends, and a history of none",
      act: (scene) => {
        make(scene, { successfulJobsHistoryLimit: 0 });
        scene.pass(61);
        endPods(scene, "Succeeded");
        scene.pass(10);
      },
      about: [cronjobs, "x"],
      events: [
        CREATED,
        `Normal SawCompletedJob (cronjob-controller): Saw completed job: x-HASH, condition: Complete`,
        `Normal SuccessfulDelete (cronjob-controller): Deleted job x-HASH`,
      ],
      scene: { kubelet: false },
    },
    {
      what: "the next run forbidden",
      act: (scene) => {
        make(scene, { concurrencyPolicy: "Forbid" });
        scene.pass(121);
      },
      about: [cronjobs, "x"],
      events: [
        CREATED,
        "Normal JobAlreadyActive (cronjob-controller): Not starting job because prior execution is running and " +
          "concurrency policy is Forbid",
      ],
    },
    {
      what: "a Job that goes missing",
      act: (scene) => {
        make(scene);
        scene.pass(61);
        scene.delete(jobs, `x-${Date.parse("2026-01-01T00:01:00Z") / 60_000}`, { propagationPolicy: "Background" });
        scene.pass(1);
      },
      about: [cronjobs, "x"],
      events: [CREATED, `Normal MissingJob (cronjob-controller): Active job went missing: x-HASH`],
    },
  ]);
});
