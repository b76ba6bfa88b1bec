/**
 * Goal: a CronJob makes its Jobs when they are due, minds those that run, and forgets old ones, as upstream's.
 * Method: a cluster without kubelets in virtual time; the test itself says how each pod ends.
 */
import { expect, test } from "vitest";
import type { CronJob } from "#kernel/api/types.gen";
import type { Draft } from "#kernel/registry/definition";
import { cronjobs } from "#kernel/resources/batch/cronjob";
import { jobs } from "#kernel/resources/batch/job";
import { events } from "#kernel/resources/core/event";
import { pods } from "#kernel/resources/core/pod";
import { Scene } from "#test/support/scene";

type Spec = Partial<CronJob["spec"]>;

function tick(spec: Spec = {}, backoffLimit = 0): Draft<CronJob> {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "busybox:1.37" }] } };
  return {
    metadata: { name: "tick", namespace: "default" },
    spec: { schedule: "* * * * *", jobTemplate: { spec: { backoffLimit, template } }, ...spec },
  };
}

function sceneWith(spec: Spec = {}): Scene {
  const scene = new Scene({ kubelet: false });
  scene.create(cronjobs, tick(spec));
  return scene;
}

/** Ends every pod there is. */
function endAll(scene: Scene, phase: "Succeeded" | "Failed"): void {
  for (const { metadata, status } of scene.list(pods)) {
    if (status?.phase === "Succeeded" || status?.phase === "Failed") continue;
    scene.editStatus(pods, metadata.name, (pod) => {
      pod.status = { ...pod.status, phase };
    });
  }
}

const names = (scene: Scene): string[] => scene.list(jobs).map(({ metadata }) => metadata.name);

const minute = (n: number): string => `tick-${Date.parse("2026-01-01T00:00:00Z") / 60_000 + n}`;

test("a Job is made each time, named after the minute", () => {
  const scene = sceneWith();
  expect(names(scene)).toEqual([]);
  scene.pass(60);
  expect(names(scene)).toEqual([minute(1)]);
  const job = scene.need(jobs, minute(1));
  expect(job.metadata.annotations).toEqual({
    "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T00:01:00Z",
  });
  expect(job.metadata.ownerReferences?.[0]).toMatchObject({ kind: "CronJob", name: "tick", controller: true });
  const { status } = scene.need(cronjobs, "tick");
  expect(status?.lastScheduleTime).toBe("2026-01-01T00:01:00Z");
  expect(status?.active).toMatchObject([{ apiVersion: "batch/v1", kind: "Job", name: minute(1) }]);

  scene.pass(5);
  endAll(scene, "Succeeded");
  const after = scene.need(cronjobs, "tick").status;
  expect([after?.active, after?.lastSuccessfulTime]).toEqual([undefined, "2026-01-01T00:01:05Z"]);
  expect(scene.said("tick")).toEqual([
    `SuccessfulCreate: Created job ${minute(1)}`,
    `SawCompletedJob: Saw completed job: ${minute(1)}, condition: Complete`,
  ]);
});

test("a waiting CronJob is idle", () => {
  const scene = sceneWith();
  scene.settle();
  expect(scene.seconds).toBe(0);
});

test("the history keeps three that succeeded and one that failed", () => {
  const scene = sceneWith();
  for (let n = 1; n <= 6; n += 1) {
    scene.pass(60);
    endAll(scene, "Succeeded");
  }
  expect(names(scene)).toEqual([minute(4), minute(5), minute(6)]);
  for (let n = 7; n <= 9; n += 1) {
    scene.pass(60);
    endAll(scene, "Failed");
    scene.settle();
  }
  expect(names(scene)).toEqual([minute(4), minute(5), minute(6), minute(9)]);
  expect(scene.said("tick", "SuccessfulDelete")).toContain(`SuccessfulDelete: Deleted job ${minute(1)}`);
});

test("Allow lets Jobs pile up, Forbid waits, Replace starts over", () => {
  const run = (concurrencyPolicy: string): Scene => {
    const scene = sceneWith({ concurrencyPolicy });
    scene.pass(180);
    return scene;
  };
  expect(names(run("Allow"))).toHaveLength(3);
  const forbidding = run("Forbid");
  expect(names(forbidding)).toEqual([minute(1)]);
  expect(forbidding.said("tick", "JobAlreadyActive")).toEqual([
    "JobAlreadyActive x2: Not starting job because prior execution is running and concurrency policy is Forbid",
  ]);
  // The one that waited starts as soon as it may.
  endAll(forbidding, "Succeeded");
  expect(names(forbidding)).toEqual([minute(1), minute(3)]);
  expect(names(run("Replace"))).toEqual([minute(3)]);
});

test("suspended, nothing starts; afterwards the last missed start is made up for, unless it is too late", () => {
  const start = (spec: Spec): string[] => {
    const scene = sceneWith({ suspend: true, ...spec });
    scene.pass(200);
    expect(names(scene)).toEqual([]);
    scene.edit(cronjobs, "tick", (cronjob) => {
      cronjob.spec.suspend = false;
    });
    return names(scene);
  };
  expect(start({})).toEqual([minute(3)]);
  expect(start({ startingDeadlineSeconds: 10 })).toEqual([]);
  expect(start({ startingDeadlineSeconds: 30 })).toEqual([minute(3)]);
});

test("a time zone moves the hour", () => {
  const scene = sceneWith({ schedule: "30 9 * * *", timeZone: "Asia/Seoul" });
  scene.pass(1800);
  expect(names(scene)).toEqual([minute(30)]);
  expect(scene.need(jobs, minute(30)).metadata.annotations).toEqual({
    "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T09:30:00+09:00",
  });
});

test("a Job that disappears is told", () => {
  const scene = sceneWith();
  scene.pass(60);
  scene.delete(jobs, minute(1), { propagationPolicy: "Background" });
  expect(scene.said("tick", "MissingJob")).toEqual([`MissingJob: Active job went missing: ${minute(1)}`]);
  expect(scene.need(cronjobs, "tick").status?.active).toBeUndefined();
});

test("a simulated day of containers that run and end", () => {
  const scene = new Scene({ latency: "none" });
  const draft = tick({ schedule: "*/10 * * * *" });
  const [container] = draft.spec.jobTemplate.spec.template.spec.containers;
  if (container !== undefined) container.command = ["sh", "-c", "date"];
  scene.create(cronjobs, draft);
  scene.pass(86_400);
  expect(names(scene)).toHaveLength(3);
  expect(scene.need(cronjobs, "tick").status?.lastSuccessfulTime).toBe("2026-01-02T00:00:00Z");
});

test("a day that no year has is an invalid schedule", () => {
  const scene = sceneWith({ schedule: "59 23 31 2 *" });
  scene.pass(60);
  expect(names(scene)).toEqual([]);
  expect(scene.list(events).map(({ type, reason, message }) => `${type} ${reason}: ${message}`)).toEqual([
    "Warning InvalidSchedule: invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second",
  ]);
});
