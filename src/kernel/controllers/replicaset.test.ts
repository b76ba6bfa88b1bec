/**
 * Goal: a ReplicaSet has as many pods as it wants, adopts and releases them, and gives up the right ones.
 * Method: run the production cluster in virtual time; rank hand-made pods.
 */
import { expect, test } from "vitest";
import type { Pod, ReplicaSet } from "#kernel/api/types.gen";
import { podsToDelete } from "#kernel/controllers/shared/pods";
import type { Draft } from "#kernel/registry/definition";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { pods } from "#kernel/resources/core/pod";
import { pod, Scene } from "#test/support/scene";

const draft = (replicas: number, minReadySeconds = 0): Draft<ReplicaSet> => ({
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas,
    minReadySeconds,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "nginx:1.27" }] } },
  },
});

const names = (scene: Scene): string[] => scene.list(pods).map(({ metadata }) => metadata.name);

test("a deleted pod is replaced", () => {
  const scene = new Scene();
  scene.create(replicasets, draft(3));
  const [victim = ""] = names(scene);
  scene.delete(pods, victim);
  scene.settle();
  expect(names(scene)).toHaveLength(3);
  expect(names(scene)).not.toContain(victim);
});

test("a pod counts as available after minReadySeconds, without anything else happening", () => {
  const scene = new Scene();
  scene.create(replicasets, draft(2, 10));
  expect(scene.need(replicasets, "web").status).toMatchObject({ replicas: 2, readyReplicas: 2 });
  expect(scene.need(replicasets, "web").status?.availableReplicas).toBeUndefined();
  scene.pass(9.9);
  expect(scene.need(replicasets, "web").status?.availableReplicas).toBeUndefined();
  scene.pass(0.2);
  expect(scene.need(replicasets, "web").status?.availableReplicas).toBe(2);
});

test("a pod relabelled out of the selector is released and replaced; an orphan that matches is adopted", () => {
  const scene = new Scene();
  scene.create(replicasets, draft(2));
  const [first = ""] = names(scene);
  scene.edit(pods, first, ({ metadata }) => {
    metadata.labels = { app: "debug" };
  });
  scene.settle();
  expect(scene.need(pods, first).metadata.ownerReferences).toBeUndefined();
  expect(names(scene)).toHaveLength(3);

  scene.edit(replicasets, "web", ({ spec }) => {
    spec.replicas = 3;
  });
  scene.settle();
  scene.edit(pods, first, ({ metadata }) => {
    metadata.labels = { app: "web" };
  });
  scene.settle();
  const owned = scene.list(pods).filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === "web");
  expect(owned).toHaveLength(3);
});

test("a bare pod that matches is adopted instead of making one", () => {
  const scene = new Scene();
  scene.create(pods, { ...pod("web"), metadata: { name: "mine", namespace: "default", labels: { app: "web" } } });
  scene.settle();
  scene.create(replicasets, draft(2));
  scene.settle();
  expect(names(scene)).toHaveLength(2);
  expect(scene.need(pods, "mine").metadata.ownerReferences?.[0]).toMatchObject({
    kind: "ReplicaSet",
    controller: true,
  });
});

test("what cannot be created is said in an event and a condition, and tried again", () => {
  const scene = new Scene();
  const bad = draft(1);
  bad.spec.template = {
    metadata: { labels: { app: "web" } },
    spec: { ...bad.spec.template?.spec, containers: [{ name: "c", image: "nginx" }], serviceAccountName: "missing" },
  };
  scene.create(replicasets, bad);
  expect(scene.said("web", "FailedCreate")[0]).toMatch(/^FailedCreate.*: Error creating: pods "web-.*" is forbidden: /);
  expect(scene.need(replicasets, "web").status?.conditions).toMatchObject([
    { type: "ReplicaFailure", status: "True", reason: "FailedCreate" },
  ]);
});

const NOW = Date.parse("2026-01-02T00:00:00Z");

interface Shape {
  node?: string;
  phase?: string;
  ready?: string;
  cost?: string;
  restarts?: number;
  created?: string;
}

function ranked(name: string, { node = "n", phase = "Running", ready, cost, restarts = 0, created }: Shape = {}): Pod {
  const readyTime = ready === undefined ? undefined : `2026-01-01T${ready}Z`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      uid: name,
      resourceVersion: "1",
      creationTimestamp: `2026-01-01T${created ?? "00:00:00"}Z`,
      ...(cost !== undefined && { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
    },
    spec: { containers: [], ...(node !== "" && { nodeName: node }) },
    status: {
      phase,
      conditions: readyTime === undefined ? [] : [{ type: "Ready", status: "True", lastTransitionTime: readyTime }],
      containerStatuses: [{ name: "c", image: "", imageID: "", ready: ready !== undefined, restartCount: restarts }],
    },
  };
}

const cases: readonly [string, Pod, Pod][] = [
  ["unassigned before assigned", ranked("a", { node: "", phase: "Pending" }), ranked("b", { phase: "Pending" })],
  ["pending before running", ranked("a", { phase: "Pending" }), ranked("b")],
  ["unknown before running", ranked("a", { phase: "Unknown" }), ranked("b")],
  ["not ready before ready", ranked("a"), ranked("b", { ready: "01:00:00" })],
  ["cheap before dear", ranked("a", { ready: "01:00:00" }), ranked("b", { ready: "23:59:59", cost: "5" })],
  ["ready for a shorter time", ranked("a", { ready: "23:59:59" }), ranked("b", { ready: "01:00:00" })],
  [
    "more restarts",
    ranked("a", { ready: "01:00:00", restarts: 2 }),
    ranked("b", { ready: "01:00:00", created: "23:00:00" }),
  ],
  ["the newer", ranked("a", { created: "23:59:00" }), ranked("b", { created: "01:00:00" })],
  ["of one magnitude of age the lower uid", ranked("a", { created: "00:00:01" }), ranked("b", { created: "00:00:09" })],
];

test.each(cases)("is given up first: %s", (_what, first, second) => {
  for (const order of [
    [first, second],
    [second, first],
  ]) {
    expect(podsToDelete(order, order, 1, NOW).map(({ metadata }) => metadata.name)).toEqual([first.metadata.name]);
  }
});

test("pods that share a node are given up before lonely ones", () => {
  const all = [
    ranked("a", { node: "x", ready: "01:00:00" }),
    ranked("b", { node: "y", ready: "01:00:00" }),
    ranked("c", { node: "y", ready: "01:00:00" }),
  ];
  expect(podsToDelete(all, all, 1, NOW).map(({ spec }) => spec.nodeName)).toEqual(["y"]);
});
