/**
 * Goal: controllers that undo each other's work at once do not stop a cluster's clock.
 * Method: workloads whose pods are turned away or evicted as soon as they are made, on a virtual clock.
 */
import { expect, test } from "vitest";
import type { PodSpec } from "#kernel/api/types.gen";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { LIMITS } from "#kernel/sim/limits";
import { Scene } from "#test/support/scene";

const labels = { app: "x" };
const selector = { matchLabels: labels };
const metadata = { name: "x", namespace: "default" };
const onNode = (more: Partial<PodSpec> = {}): PodSpec => ({
  nodeName: "node-1",
  containers: [{ name: "c", image: "nginx:1.27" }],
  ...more,
});
const withPort: PodSpec = onNode({
  containers: [{ name: "c", image: "nginx:1.27", ports: [{ containerPort: 80, hostPort: 80 }] }],
});

test.each(["none", "realistic"] as const)("a StatefulSet whose pod a node turns away (latency %s)", (latency) => {
  const scene = new Scene({ latency });
  scene.create(pods, { metadata: { ...metadata, name: "first" }, spec: withPort });
  scene.settle();
  const template = { metadata: { labels }, spec: withPort };
  scene.create(statefulsets, { metadata, spec: { serviceName: "x", selector, template } });
  scene.pass(10);
  const created = scene.said("x", "SuccessfulCreate")[0] ?? "";
  expect(created).toContain("create Pod x-0 in StatefulSet x successful");
  const times = Number(/x(\d+)/.exec(created)?.[1]);
  expect(times).toBeGreaterThan(3);
  expect(times).toBeLessThan(12);
  scene.delete(pods, "first");
  scene.pass(20);
  expect(scene.need(pods, "x-0").status?.phase).toBe("Running");
});

test("a ReplicaSet whose pods are evicted as they come", () => {
  const scene = new Scene();
  scene.edit(nodes, "node-1", ({ spec }) => {
    spec.taints = [{ key: "out", effect: "NoExecute" }];
  });
  scene.create(replicasets, {
    metadata,
    spec: { replicas: 1, selector, template: { metadata: { labels }, spec: onNode() } },
  });
  const before = scene.cluster.store.revision;
  scene.pass(60);
  expect(scene.seconds).toBe(60);
  expect(scene.cluster.store.revision - before).toBeLessThan(10 * (LIMITS.looksPerInstant + 60 * LIMITS.looksOfHotKey));
  scene.edit(nodes, "node-1", ({ spec }) => {
    delete spec.taints;
  });
  scene.pass(5);
  expect(scene.need(replicasets, "x").status).toMatchObject({ replicas: 1, readyReplicas: 1 });
});

test("a node turns pods away ever more slowly: a ReplicaSet that does not fit does not fill the cluster", () => {
  const scene = new Scene({ machines: [{ name: "node-1", cpu: "2" }] });
  const containers = [{ name: "c", image: "nginx:1.27", resources: { requests: { cpu: "200m" } } }];
  const template = { metadata: { labels }, spec: onNode({ containers }) };
  scene.create(replicasets, { metadata, spec: { replicas: 50, selector, template } });
  const failed = (): number => scene.list(pods).filter(({ status }) => status?.phase === "Failed").length;
  scene.pass(10);
  const before = failed();
  expect(before).toBeGreaterThan(40);
  scene.pass(600);
  expect(failed()).toBeLessThan(2_000);
  scene.edit(replicasets, "x", ({ spec }) => {
    spec.replicas = 5;
  });
  scene.pass(700);
  expect(scene.need(replicasets, "x").status).toMatchObject({ replicas: 5, readyReplicas: 5 });
});
