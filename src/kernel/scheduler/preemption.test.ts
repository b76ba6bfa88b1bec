/**
 * Goal: a more important pod gets its place from the least important ones, and nobody is taken away in vain.
 * Method: fill nodes with pods of several priorities and let a more important one come.
 */
import { expect, test } from "vitest";
import type { PodSpec } from "#kernel/api/types.gen";
import { pods } from "#kernel/resources/core/pod";
import { pod, Scene } from "#test/support/scene";

function sceneOf(...names: readonly string[]): Scene {
  const scene = new Scene({ machines: 0, kubelet: false });
  for (const name of names) scene.addNode(name, { cpu: "4" });
  return scene;
}

/** A pod of a priority: priorities come from classes alone, so it is written past admission. */
function run(scene: Scene, name: string, priority: number, cpu: string, spec: Partial<PodSpec> = {}): void {
  scene.turn(({ admin, store }) => {
    const draft = pod(name, { cpu }, { schedulingGates: [{ name: "example.com/hold" }] });
    const made = admin.create(pods, draft);
    const { schedulingGates: _, ...rest } = made.spec;
    store.put("pods", { namespace: "default", name }, { ...made, spec: { ...rest, ...spec, priority } });
  });
}

const going = (scene: Scene): string[] =>
  scene
    .list(pods)
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
    .map(({ metadata }) => metadata.name);

/** What a kubelet would do at the end of the grace period. */
function end(scene: Scene): void {
  for (const name of going(scene)) scene.delete(pods, name, { gracePeriodSeconds: 0 });
}

test("the least important pod leaves, and the important one waits for its place", () => {
  const scene = sceneOf("a");
  run(scene, "low", 1, "2");
  run(scene, "middle", 5, "2");
  run(scene, "high", 10, "2");
  expect(going(scene)).toEqual(["low"]);
  const waiting = scene.need(pods, "high");
  expect(waiting.status?.nominatedNodeName).toBe("a");
  expect(scene.whyPending("high")).toBe("0/1 nodes are available: 1 Insufficient cpu.");
  expect(scene.need(pods, "low").status?.conditions).toContainEqual(
    expect.objectContaining({
      type: "DisruptionTarget",
      reason: "PreemptionByScheduler",
      message: "default-scheduler: preempting to accommodate a higher priority pod",
    }),
  );
  expect(scene.said("low")).toContain(`Preempted: Preempted by pod ${waiting.metadata.uid} on node a`);
  end(scene);
  scene.pass(2);
  expect(scene.placed).toEqual({ high: "a", middle: "a" });
});

test("a small pod does not take the place that was made for an important one", () => {
  const scene = sceneOf("a");
  run(scene, "low", 1, "4");
  run(scene, "high", 10, "4");
  run(scene, "small", 2, "1");
  end(scene);
  scene.pass(5);
  expect(scene.placed).toEqual({ high: "a", small: "" });
});

test("of several nodes the one whose victims matter least is cleared, and no more than needed", () => {
  const scene = sceneOf("a", "b");
  run(scene, "a1", 5, "4", { nodeSelector: { "kubernetes.io/hostname": "a" } });
  run(scene, "b1", 2, "2", { nodeSelector: { "kubernetes.io/hostname": "b" } });
  run(scene, "b2", 3, "2", { nodeSelector: { "kubernetes.io/hostname": "b" } });
  run(scene, "high", 10, "1");
  expect(going(scene)).toEqual(["b1"]);
});

test("nobody is taken away in vain", () => {
  const scene = sceneOf("a");
  run(scene, "low", 1, "4");
  run(scene, "huge", 10, "8");
  expect(going(scene)).toEqual([]);
  run(scene, "equal", 1, "1");
  expect(scene.whyPending("equal")).toMatch(/1 No preemption victims found for incoming pod\.$/);
});

test("a pod that must not preempt says so", () => {
  const scene = sceneOf("a");
  run(scene, "low", 1, "4");
  run(scene, "gentle", 10, "1", { preemptionPolicy: "Never" });
  expect(going(scene)).toEqual([]);
  expect(scene.whyPending("gentle")).toMatch(/preemption: not eligible due to preemptionPolicy=Never\.$/);
});

test("several important pods that count on one node make room for all of them", () => {
  const scene = sceneOf("a");
  for (const name of ["one", "two", "three"]) run(scene, name, 1, "1");
  run(scene, "rest", 1, "500m");
  for (const name of ["x", "y", "z"]) run(scene, name, 10, "1");
  expect(going(scene)).toHaveLength(3);
  end(scene);
  scene.settle();
  expect(scene.placed).toMatchObject({ x: "a", y: "a", z: "a" });
});
