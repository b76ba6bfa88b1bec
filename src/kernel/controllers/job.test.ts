/**
 * Goal: a Job runs, retries, gives up, pauses and is cleared away as upstream's, with its conditions and words.
 * Method: a cluster without kubelets in virtual time; the test itself says how each pod ends.
 */
import { expect, test } from "vitest";
import type { Job, Pod, PodStatus } from "#kernel/api/types.gen";
import { timeText } from "#kernel/apimachinery/time";
import type { Draft } from "#kernel/registry/definition";
import { jobs } from "#kernel/resources/batch/job";
import { pods } from "#kernel/resources/core/pod";
import { Scene } from "#test/support/scene";

type Spec = Partial<Job["spec"]>;

function job(spec: Spec = {}, restartPolicy = "Never"): Draft<Job> {
  return {
    metadata: { name: "pi", namespace: "default" },
    spec: { template: { spec: { restartPolicy, containers: [{ name: "c", image: "perl:5.34" }] } }, ...spec },
  };
}

function sceneWith(spec: Spec = {}, restartPolicy?: string): Scene {
  const scene = new Scene({ kubelet: false });
  scene.create(jobs, job(spec, restartPolicy));
  return scene;
}

const status = (scene: Scene) => scene.need(jobs, "pi").status ?? {};

const conditions = (scene: Scene): string[] =>
  (status(scene).conditions ?? []).map(
    ({ type, status: is, reason, message }) => `${type}=${is} ${reason}: ${message}`,
  );

const running = (scene: Scene): Pod[] =>
  scene.list(pods).filter((pod) => pod.status?.phase !== "Succeeded" && pod.status?.phase !== "Failed");

const indexOf = ({ metadata }: Pod): string => metadata.labels?.["batch.kubernetes.io/job-completion-index"] ?? "";

const indexesOf = (scene: Scene): string[] => running(scene).map(indexOf).sort();

/** Ends a pod's container with a code, now. */
function end(scene: Scene, pod: Pod, exitCode: number): void {
  const finishedAt = timeText(scene.cluster.now);
  const state = { terminated: { exitCode, finishedAt, startedAt: finishedAt } };
  const ended: PodStatus = {
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    containerStatuses: [{ name: "c", image: "perl:5.34", imageID: "", ready: false, restartCount: 0, state }],
  };
  scene.editStatus(pods, pod.metadata.name, (object) => {
    object.status = { ...object.status, ...ended };
  });
}

/** Ends the pod that runs (of an index) and gives it. */
function endOne(scene: Scene, exitCode: number, index?: string): Pod {
  const pod = running(scene).find((one) => index === undefined || indexOf(one) === index);
  if (pod === undefined) throw new Error("no pod runs");
  end(scene, pod, exitCode);
  return pod;
}

test("labels, selector and defaults are generated", () => {
  const { metadata, spec } = sceneWith().need(jobs, "pi");
  const uid = metadata.uid;
  const labels = {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": "pi",
    "controller-uid": uid,
    "job-name": "pi",
  };
  expect(metadata.labels).toEqual(labels);
  expect(spec.template.metadata?.labels).toEqual(labels);
  expect(spec.selector).toEqual({ matchLabels: { "batch.kubernetes.io/controller-uid": uid } });
  expect(spec).toMatchObject({
    backoffLimit: 6,
    completionMode: "NonIndexed",
    completions: 1,
    parallelism: 1,
    podReplacementPolicy: "TerminatingOrFailed",
    suspend: false,
  });
});

test("one success completes it", () => {
  const scene = sceneWith();
  expect(status(scene)).toEqual({
    active: 1,
    ready: 0,
    startTime: "2026-01-01T00:00:00Z",
    terminating: 0,
    uncountedTerminatedPods: {},
  });
  expect(scene.list(pods)[0]?.metadata.finalizers).toEqual(["batch.kubernetes.io/job-tracking"]);
  scene.pass(5);
  const { name } = endOne(scene, 0).metadata;
  expect(name).toMatch(/^pi-[a-z0-9]{5}$/);
  const text = "True CompletionsReached: Reached expected number of succeeded pods";
  expect(conditions(scene)).toEqual([`SuccessCriteriaMet=${text}`, `Complete=${text}`]);
  expect(status(scene)).toMatchObject({ completionTime: "2026-01-01T00:00:05Z", ready: 0, succeeded: 1 });
  expect(scene.said("pi")).toEqual([`SuccessfulCreate: Created pod: ${name}`, "Completed: Job completed"]);
  expect(scene.list(pods)[0]?.metadata.finalizers).toBeUndefined();
});

test("completions run with parallelism", () => {
  const scene = sceneWith({ completions: 5, parallelism: 2 });
  const seen: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    seen.push(running(scene).length);
    endOne(scene, 0);
  }
  expect(seen).toEqual([2, 2, 2, 2, 1]);
  expect(status(scene).succeeded).toBe(5);
});

test("a work queue ends when one has succeeded and the rest are over", () => {
  const scene = sceneWith({ parallelism: 3 });
  endOne(scene, 0);
  expect([running(scene).length, conditions(scene)]).toEqual([2, []]);
  endOne(scene, 0);
  endOne(scene, 0);
  expect(conditions(scene)).toHaveLength(2);
});

test("failures back off ten seconds and more until the limit", () => {
  const scene = sceneWith({ backoffLimit: 3 });
  const starts: number[] = [];
  for (let n = 0; n < 4; n += 1) {
    starts.push(scene.seconds);
    endOne(scene, 1);
    scene.settle();
  }
  expect(starts).toEqual([0, 10, 30, 70]);
  const text = "True BackoffLimitExceeded: Job has reached the specified backoff limit";
  expect(conditions(scene)).toEqual([`FailureTarget=${text}`, `Failed=${text}`]);
  expect(status(scene)).toMatchObject({ failed: 4, ready: 0, terminating: 0 });
  expect(scene.said("pi", "BackoffLimitExceeded")).toEqual([
    "BackoffLimitExceeded: Job has reached the specified backoff limit",
  ]);
});

test("restarts in place count towards the limit", () => {
  const scene = sceneWith({ backoffLimit: 2 }, "OnFailure");
  const [pod] = running(scene);
  scene.editStatus(pods, pod?.metadata.name ?? "", (object) => {
    const one = { name: "c", image: "perl:5.34", imageID: "", ready: false, restartCount: 2 };
    object.status = { ...object.status, phase: "Running", containerStatuses: [one] };
  });
  expect(conditions(scene)[0]).toMatch(/^FailureTarget=True BackoffLimitExceeded/);
  expect(running(scene)).toEqual([]);
});

test("the deadline ends what still runs", () => {
  const scene = sceneWith({ activeDeadlineSeconds: 60, parallelism: 2, completions: 2 });
  scene.pass(59);
  expect(running(scene)).toHaveLength(2);
  scene.pass(1);
  const text = "True DeadlineExceeded: Job was active longer than specified deadline";
  expect(conditions(scene)).toEqual([`FailureTarget=${text}`, `Failed=${text}`]);
  expect(running(scene)).toEqual([]);
});

test("an Indexed Job gives each pod an index, and says which are done", () => {
  const scene = sceneWith({ completionMode: "Indexed", completions: 6, parallelism: 4 });
  expect(indexesOf(scene)).toEqual(["0", "1", "2", "3"]);
  const [first] = running(scene);
  expect(first?.metadata.name).toMatch(/^pi-0-[a-z0-9]{5}$/);
  expect(first?.metadata.annotations?.["batch.kubernetes.io/job-completion-index"]).toBe("0");
  expect(first?.spec.hostname).toBe("pi-0");
  expect(first?.spec.containers[0]?.env).toEqual([
    {
      name: "JOB_COMPLETION_INDEX",
      valueFrom: {
        fieldRef: { apiVersion: "v1", fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" },
      },
    },
  ]);
  for (const index of ["1", "2", "3", "0", "5"]) endOne(scene, 0, index);
  expect(status(scene)).toMatchObject({ completedIndexes: "0-3,5", succeeded: 5 });
  endOne(scene, 0, "4");
  expect(status(scene)).toMatchObject({ completedIndexes: "0-5", succeeded: 6 });
  expect(conditions(scene)).toHaveLength(2);
});

test("failures are limited per index, and other indexes go on", () => {
  const scene = sceneWith({ completionMode: "Indexed", completions: 3, parallelism: 3, backoffLimitPerIndex: 1 });
  expect(scene.need(jobs, "pi").spec.backoffLimit).toBe(2147483647);
  endOne(scene, 1, "1");
  expect(indexesOf(scene)).toEqual(["0", "2"]);
  scene.pass(10);
  expect(indexesOf(scene)).toEqual(["0", "1", "2"]);
  const retry = running(scene).find((pod) => indexOf(pod) === "1");
  expect(retry?.metadata.annotations?.["batch.kubernetes.io/job-index-failure-count"]).toBe("1");
  endOne(scene, 1, "1");
  scene.pass(600);
  expect(indexesOf(scene)).toEqual(["0", "2"]);
  expect(status(scene)).toMatchObject({ failed: 2, failedIndexes: "1" });
  endOne(scene, 0, "0");
  endOne(scene, 0, "2");
  const text = "True FailedIndexes: Job has failed indexes";
  expect(conditions(scene)).toEqual([`FailureTarget=${text}`, `Failed=${text}`]);
  expect(status(scene)).toMatchObject({ completedIndexes: "0,2", failedIndexes: "1", failed: 2, succeeded: 2 });
});

test("too many failed indexes end it at once", () => {
  const spec: Spec = { completionMode: "Indexed", completions: 4, parallelism: 4, backoffLimitPerIndex: 0 };
  const scene = sceneWith({ ...spec, maxFailedIndexes: 1 });
  endOne(scene, 1, "0");
  expect(conditions(scene)).toEqual([]);
  endOne(scene, 1, "3");
  expect(conditions(scene)[0]).toBe(
    "FailureTarget=True MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes",
  );
});

test("a failure policy ignores, counts and fails", () => {
  const rules = [
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    { action: "FailJob", onExitCodes: { operator: "In", values: [42] } },
  ];
  const scene = sceneWith({ backoffLimit: 0, podFailurePolicy: { rules } });
  const [pod] = running(scene);
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  scene.editStatus(pods, pod?.metadata.name ?? "", (object) => {
    const condition = { type: "DisruptionTarget", status: "True", reason: "X", lastTransitionTime };
    object.status = { ...object.status, conditions: [...(object.status?.conditions ?? []), condition] };
  });
  endOne(scene, 1);
  expect([conditions(scene), status(scene).failed]).toEqual([[], undefined]);
  scene.pass(60);
  const { name } = endOne(scene, 42).metadata;
  const why = `Container c for pod default/${name} failed with exit code 42 matching FailJob rule at index 1`;
  const text = `True PodFailurePolicy: ${why}`;
  expect(conditions(scene)).toEqual([`FailureTarget=${text}`, `Failed=${text}`]);
});

test("a success policy ends it early", () => {
  const successPolicy = { rules: [{ succeededIndexes: "0-1", succeededCount: 1 }] };
  const scene = sceneWith({ completionMode: "Indexed", completions: 4, parallelism: 4, successPolicy });
  endOne(scene, 0, "3");
  expect(conditions(scene)).toEqual([]);
  endOne(scene, 0, "1");
  const text = "True SuccessPolicy: Matched rules at index 0";
  expect(conditions(scene)).toEqual([`SuccessCriteriaMet=${text}`, `Complete=${text}`]);
  expect([running(scene), status(scene).failed]).toEqual([[], undefined]);
});

test("a suspended Job has no pods; resumed, its time begins anew", () => {
  const scene = sceneWith({ suspend: true, activeDeadlineSeconds: 30 });
  expect([running(scene), status(scene).startTime, conditions(scene)]).toEqual([
    [],
    undefined,
    ["Suspended=True JobSuspended: Job suspended"],
  ]);
  const suspend = (isSuspended: boolean): void => {
    scene.edit(jobs, "pi", ({ spec }) => {
      spec.suspend = isSuspended;
    });
  };
  scene.pass(20);
  suspend(false);
  expect([running(scene).length, status(scene).startTime]).toEqual([1, "2026-01-01T00:00:20Z"]);
  scene.pass(20);
  suspend(true);
  scene.pass(100);
  expect([running(scene), status(scene).failed]).toEqual([[], undefined]);
  suspend(false);
  expect([running(scene).length, conditions(scene)]).toEqual([1, ["Suspended=False JobResumed: Job resumed"]]);
  expect(scene.said("pi", "Suspended")).toHaveLength(1);
});

test("podReplacementPolicy Failed waits for the end of a pod that is going", () => {
  const scene = sceneWith({ podReplacementPolicy: "Failed" });
  const [pod] = running(scene);
  const { name } = pod?.metadata ?? { name: "" };
  scene.turn((cluster) => {
    const bound = { ...cluster.admin.need(pods, { namespace: "default", name }) };
    cluster.store.put(
      pods.bucket,
      { namespace: "default", name },
      { ...bound, spec: { ...bound.spec, nodeName: "node-1" } },
    );
  });
  scene.delete(pods, name);
  expect([scene.list(pods).length, status(scene).terminating, status(scene).failed]).toEqual([1, 1, undefined]);
});

test("a Job that is deleted lets its pods go, whatever the propagation", () => {
  for (const propagationPolicy of ["Background", "Foreground"] as const) {
    const scene = sceneWith({ parallelism: 2, completions: 2 });
    scene.delete(jobs, "pi", { propagationPolicy });
    scene.settle();
    expect([scene.list(jobs), scene.list(pods)]).toEqual([[], []]);
  }
  const scene = sceneWith();
  scene.delete(jobs, "pi");
  scene.settle();
  expect(scene.list(jobs)).toEqual([]);
  expect(scene.list(pods).map(({ metadata }) => [metadata.ownerReferences, metadata.finalizers])).toEqual([
    [undefined, undefined],
  ]);
});

test("a finished Job goes after its time to live", () => {
  const scene = sceneWith({ ttlSecondsAfterFinished: 100 });
  endOne(scene, 0);
  scene.pass(99);
  expect(scene.list(jobs)).toHaveLength(1);
  scene.pass(1);
  expect([scene.list(jobs), scene.list(pods)]).toEqual([[], []]);
});

test("a Job somebody else manages is left alone", () => {
  const scene = sceneWith({ managedBy: "example.com/other" });
  scene.settle();
  expect([scene.list(pods), scene.need(jobs, "pi").status]).toEqual([[], {}]);
});
