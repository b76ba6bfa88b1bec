/**
 * Goal: pods get the node the real scheduler would give them, or the real message why they get none, at the instants
 * its queue would try them.
 * Method: nodes nobody simulates, pods, and virtual time; each plugin by what it makes possible or impossible.
 */
import { expect, test } from "vitest";
import type { Affinity, Node, PodSpec } from "#kernel/api/types.gen";
import { deployments } from "#kernel/resources/apps/deployment";
import { events } from "#kernel/resources/core/event";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { feasibleToFind } from "#kernel/scheduler/cycle";
import { explain } from "#kernel/scheduler/explain";
import { pod, Scene, webDeployment } from "#test/support/scene";

type Shape = Parameters<Scene["addNode"]>[1];

/** A scene with these nodes and no kubelet: bound pods stay pending. */
function sceneOf(shapes: Readonly<Record<string, Shape>>): Scene {
  const scene = new Scene({ machines: 0, kubelet: false });
  for (const [name, shape] of Object.entries(shapes)) scene.addNode(name, shape);
  return scene;
}

const run = (scene: Scene, name: string, requests: Record<string, string> = {}, spec: Partial<PodSpec> = {}) =>
  scene.create(pods, pod(name, requests, spec));

const editNode = (scene: Scene, name: string, change: (node: Node) => void) => scene.edit(nodes, name, change);

const NOT_HELPFUL =
  "no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
const NO_VICTIMS =
  "no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";

test("a pod that fits is assigned, marked scheduled, and an event says where", () => {
  const scene = sceneOf({ a: {} });
  run(scene, "p");
  expect(scene.placed).toEqual({ p: "a" });
  expect(scene.need(pods, "p").status?.conditions).toMatchObject([{ type: "PodScheduled", status: "True" }]);
  expect(scene.said("p")).toEqual(["Scheduled: Successfully assigned default/p to a"]);
});

test("without nodes a pod waits for the first one", () => {
  const scene = sceneOf({});
  run(scene, "p");
  expect(scene.whyPending("p")).toBe("no nodes available to schedule pods");
  scene.pass(2);
  scene.addNode("a");
  scene.pass(2);
  expect(scene.placed).toEqual({ p: "a" });
});

test("reasons are counted and sorted as text", () => {
  const scene = sceneOf({ a: { cpu: "1" }, b: { cpu: "1" }, c: {} });
  editNode(scene, "c", ({ spec }) => {
    spec.taints = [{ key: "dedicated", value: "gpu", effect: "NoSchedule" }];
  });
  run(scene, "p", { cpu: "2" });
  expect(scene.whyPending("p")).toBe(
    "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to deallocate, " +
      "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  );
  expect(scene.need(pods, "p").status?.conditions?.[0]).toMatchObject({ status: "False", reason: "Unschedulable" });
});

interface Case {
  readonly what: string;
  readonly node?: Shape;
  readonly change?: (node: Node) => void;
  readonly requests?: Record<string, string>;
  readonly spec?: Partial<PodSpec>;
  readonly reason: string;
  readonly preemption?: string;
}

const cases: readonly Case[] = [
  { what: "more memory than there is", requests: { memory: "9Gi" }, reason: "1 Insufficient memory" },
  {
    what: "two resources",
    requests: { cpu: "9", memory: "9Gi" },
    reason: "1 Insufficient cpu, 1 Insufficient memory",
  },
  {
    what: "a device",
    spec: { containers: [{ name: "c", image: "x", resources: { limits: { "example.com/gpu": "1" } } }] },
    reason: "1 Insufficient example.com/gpu",
  },
  { what: "a full node", node: { pods: "0" }, reason: "1 Too many pods", preemption: NO_VICTIMS },
  {
    what: "a cordon",
    change: ({ spec }) => {
      spec.unschedulable = true;
    },
    reason: "1 node(s) were unschedulable",
  },
  {
    what: "a node selector",
    spec: { nodeSelector: { disk: "ssd" } },
    reason: "1 node(s) didn't match Pod's node affinity/selector",
  },
  {
    what: "a node by name",
    spec: {
      affinity: nodeAffinity({ matchFields: [{ key: "metadata.name", operator: "In", values: ["x"] }] }),
    },
    reason: "1 node(s) didn't satisfy plugin(s) [NodeAffinity]",
  },
  {
    what: "nobody to be near to",
    spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term("db")] } } },
    reason: "1 node(s) didn't match pod affinity rules",
  },
  {
    what: "a label to spread over that is missing",
    spec: { topologySpreadConstraints: [spread("rack")] },
    reason: "1 node(s) didn't match pod topology spread constraints (missing required label)",
  },
];

test("a claim nobody made keeps a pod from every node", () => {
  const scene = sceneOf({ a: {} });
  const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "data" } }];
  run(scene, "p", {}, { volumes });
  expect(scene.whyPending("p")).toBe(`0/1 nodes are available: persistentvolumeclaim "data" not found. ${NOT_HELPFUL}`);
});

function nodeAffinity(...nodeSelectorTerms: object[]): Affinity {
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } as Affinity;
}

function term(app: string, topologyKey = "kubernetes.io/hostname") {
  return { labelSelector: { matchLabels: { app } }, topologyKey };
}

function spread(topologyKey: string, app = "p", maxSkew = 1) {
  return { maxSkew, topologyKey, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app } } };
}

test.each(cases)(
  "a pod is refused for $what",
  ({ node = {}, change, requests, spec, reason, preemption = NOT_HELPFUL }) => {
    const scene = sceneOf({ a: node });
    if (change !== undefined) editNode(scene, "a", change);
    run(scene, "p", requests, spec);
    expect(scene.placed).toEqual({ p: "" });
    expect(scene.whyPending("p")).toBe(`0/1 nodes are available: ${reason}. ${preemption}`);
  },
);

test("what pods ask for adds up", () => {
  const scene = sceneOf({ a: { cpu: "1" } });
  run(scene, "p", { cpu: "600m" });
  run(scene, "q", { cpu: "600m" });
  expect(scene.placed).toEqual({ p: "a", q: "" });
  expect(scene.whyPending("q")).toBe(`0/1 nodes are available: 1 Insufficient cpu. ${NO_VICTIMS}`);
  scene.delete(pods, "p", { gracePeriodSeconds: 0 });
  scene.pass(2);
  expect(scene.placed).toEqual({ q: "a" });
});

test("a host port is had by one pod of a node", () => {
  const scene = sceneOf({ a: {}, b: {} });
  const containers = [{ name: "c", image: "nginx", ports: [{ containerPort: 80, hostPort: 8080 }] }];
  for (const name of ["p", "q", "r"]) run(scene, name, {}, { containers });
  expect(Object.values(scene.placed).sort()).toEqual(["", "a", "b"]);
  const waiting = Object.entries(scene.placed).find(([, node]) => node === "")?.[0] ?? "";
  expect(scene.whyPending(waiting)).toMatch(/^0\/2 nodes are available: 2 node\(s\) didn't have free ports for the/);
});

test("taints: tolerated, or only avoided", () => {
  const scene = sceneOf({ a: {}, b: {} });
  editNode(scene, "a", ({ spec }) => {
    spec.taints = [{ key: "dedicated", value: "db", effect: "NoSchedule" }];
  });
  editNode(scene, "b", ({ spec }) => {
    spec.taints = [{ key: "slow", effect: "PreferNoSchedule" }];
  });
  run(scene, "p");
  run(scene, "q", {}, { tolerations: [{ key: "dedicated", operator: "Equal", value: "db", effect: "NoSchedule" }] });
  expect(scene.placed).toEqual({ p: "b", q: "a" });
});

test("affinity to nodes: operators, terms and preferences", () => {
  const scene = sceneOf({ a: { labels: { gen: "3", disk: "hdd" } }, b: { labels: { gen: "5", disk: "ssd" } } });
  const expression = (key: string, operator: string, ...values: string[]) => ({
    matchExpressions: [{ key, operator, ...(values.length > 0 && { values }) }],
  });
  run(scene, "gt", {}, { affinity: nodeAffinity(expression("gen", "Gt", "4")) });
  run(scene, "lt", {}, { affinity: nodeAffinity(expression("gen", "Lt", "4")) });
  run(scene, "notin", {}, { affinity: nodeAffinity(expression("disk", "NotIn", "ssd")) });
  run(scene, "either", {}, { affinity: nodeAffinity(expression("no", "Exists"), expression("disk", "In", "ssd")) });
  const preferred = [{ weight: 100, preference: expression("disk", "In", "hdd") }];
  run(
    scene,
    "likes",
    {},
    {
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } },
    },
  );
  expect(scene.placed).toEqual({ gt: "b", lt: "a", notin: "a", either: "b", likes: "a" });
});

test("the pods of a Deployment spread over nodes and zones though they do not ask for it", () => {
  const zone = (name: string): Shape => ({ labels: { "topology.kubernetes.io/zone": name } });
  const scene = sceneOf({ a1: zone("a"), a2: zone("a"), b1: zone("b") });
  scene.create(deployments, webDeployment(4));
  const onZone = Object.values(scene.placed).map((node) => node.charAt(0));
  expect(onZone.sort()).toEqual(["a", "a", "b", "b"]);
});

test("a hard spread constraint keeps the skew", () => {
  const scene = sceneOf({ a: {}, b: {} });
  editNode(scene, "b", ({ spec }) => {
    spec.unschedulable = true;
  });
  const constraints = { topologySpreadConstraints: [spread("kubernetes.io/hostname")] };
  for (const name of ["x", "y"]) {
    const draft = pod(name, {}, constraints);
    scene.create(pods, { ...draft, metadata: { name, namespace: "default", labels: { app: "p" } } });
  }
  expect(scene.placed).toEqual({ x: "a", y: "" });
  expect(scene.whyPending("y")).toContain("1 node(s) didn't match pod topology spread constraints");
  editNode(scene, "b", ({ spec }) => {
    spec.unschedulable = false;
  });
  scene.pass(2);
  expect(scene.placed).toEqual({ x: "a", y: "b" });
});

test("affinity to pods: near, away, and pods that do not want others near", () => {
  const scene = sceneOf({ a: {}, b: {} });
  run(scene, "db", {}, { nodeSelector: { "kubernetes.io/hostname": "b" } });
  run(
    scene,
    "near",
    {},
    {
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term("db")] } },
    },
  );
  run(
    scene,
    "away",
    {},
    {
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term("db"), term("near")] } },
    },
  );
  expect(scene.placed).toEqual({ db: "b", near: "b", away: "a" });
  scene.create(pods, {
    ...pod("db2", {}, { nodeSelector: { "kubernetes.io/hostname": "a" } }),
    metadata: { name: "db2", namespace: "default", labels: { app: "db" } },
  });
  expect(scene.whyPending("db2")).toMatch(/1 node\(s\) didn't satisfy existing pods anti-affinity rules/);
});

test("the first of a group that wants to be together begins somewhere", () => {
  const scene = sceneOf({ a: {}, b: {} });
  const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term("g")] } };
  for (const name of ["x", "y", "z"]) {
    scene.create(pods, {
      ...pod(name, {}, { affinity }),
      metadata: { name, namespace: "default", labels: { app: "g" } },
    });
  }
  expect(new Set(Object.values(scene.placed)).size).toBe(1);
});

test("the emptier node is chosen, and among equals entropy chooses", () => {
  const scene = sceneOf({ a: {}, b: {} });
  run(scene, "p", { cpu: "2", memory: "4Gi" }, { nodeSelector: { "kubernetes.io/hostname": "a" } });
  run(scene, "q", { cpu: "500m", memory: "1Gi" });
  expect(scene.placed).toEqual({ p: "a", q: "b" });
});

test("the more important pod goes first", () => {
  const scene = sceneOf({});
  scene.turn(({ admin }) => {
    admin.create(pods, pod("low", { cpu: "3" }, { priority: 0 }));
    admin.create(pods, pod("high", { cpu: "3" }));
  });
  scene.turn(({ admin, store }) => {
    // Priorities come from PriorityClasses alone, so this one is written past admission.
    const high = admin.need(pods, { namespace: "default", name: "high" });
    store.put("pods", { namespace: "default", name: "high" }, { ...high, spec: { ...high.spec, priority: 10 } });
  });
  scene.addNode("a");
  scene.pass(5);
  expect(scene.placed).toEqual({ high: "a", low: "" });
});

test("gates keep a pod out of the queue until they are gone", () => {
  const scene = sceneOf({ a: {} });
  run(scene, "p", {}, { schedulingGates: [{ name: "example.com/wait" }] });
  scene.pass(600);
  expect(scene.placed).toEqual({ p: "" });
  expect(scene.said("p")).toEqual([]);
  scene.edit(pods, "p", ({ spec }) => {
    delete spec.schedulingGates;
  });
  expect(scene.placed).toEqual({ p: "a" });
});

test("pods of another scheduler are none of our business", () => {
  const scene = sceneOf({ a: {} });
  run(scene, "p", {}, { schedulerName: "mine" });
  scene.settle();
  expect(scene.placed).toEqual({ p: "" });
});

test("backoff: 1 s, 2 s, 4 s ... 10 s after events that might help; five minutes without", () => {
  const scene = sceneOf({ a: { cpu: "1" } });
  run(scene, "p", { cpu: "2" });
  const attempts = () =>
    scene.said("p", "FailedScheduling").reduce((sum, text) => sum + Number(/ x(\d+):/.exec(text)?.[1] ?? 1), 0);
  expect(attempts()).toBe(1);
  scene.pass(299);
  expect(attempts()).toBe(1);
  scene.pass(2);
  expect(attempts()).toBe(2);
  // A change of labels helps nobody who lacks CPU.
  editNode(scene, "a", ({ metadata }) => {
    metadata.labels = { ...metadata.labels, color: "blue" };
  });
  scene.pass(20);
  expect(attempts()).toBe(2);
  scene.editStatus(nodes, "a", ({ status }) => {
    if (status?.allocatable !== undefined) status.allocatable.cpu = "4";
  });
  expect(scene.placed).toEqual({ p: "a" });
});

test("what the scheduler says is an event of the newer kind: an action, one time, and a series of what repeats", () => {
  const scene = sceneOf({ a: { cpu: "1" } });
  run(scene, "p", { cpu: "2" });
  scene.pass(650);
  const [first, second, ...more] = scene.list(events).filter(({ involvedObject }) => involvedObject.name === "p");
  expect(more).toEqual([]);
  expect(first).toMatchObject({
    type: "Warning",
    reason: "FailedScheduling",
    action: "Scheduling",
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingComponent: "default-scheduler",
  });
  expect(first).not.toHaveProperty("count");
  // The first failure changed the pod: what follows is said of another state of it.
  expect(first?.series).toBeUndefined();
  expect(second?.series).toEqual({ count: 2, lastObservedTime: "2026-01-01T00:10:00.000000Z" });
});

test("a quick helper waits for the end of the backoff", () => {
  const scene = sceneOf({ a: { cpu: "1" } });
  run(scene, "p", { cpu: "2" });
  scene.addNode("b");
  expect(scene.placed).toEqual({ p: "" });
  scene.pass(0.9);
  expect(scene.placed).toEqual({ p: "" });
  scene.pass(0.2);
  expect(scene.placed).toEqual({ p: "b" });
});

test("explain names every plugin that refuses a node, and the scores of those that fit", () => {
  const scene = sceneOf({ a: { cpu: "1" }, b: {} });
  editNode(scene, "a", ({ spec }) => {
    spec.unschedulable = true;
  });
  run(scene, "p", { cpu: "2" });
  const { nodes: found } = explain(scene.cluster.registry, scene.need(pods, "p"));
  expect(found.map(({ node, fits, refusals }) => [node, fits, refusals.map(({ plugin }) => plugin)])).toEqual([
    ["a", false, ["NodeUnschedulable", "TaintToleration", "NodeResourcesFit"]],
    ["b", true, []],
  ]);
  expect(found[1]?.scores).toMatchObject({ NodeResourcesFit: { weight: 1, weighted: expect.any(Number) } });
  expect(scene.placed).toEqual({ p: "b" });
});

test("of many nodes a share is enough to choose from", () => {
  expect([1, 99, 100, 500, 1000, 5000, 6000].map((count) => feasibleToFind(count))).toEqual([
    1, 99, 100, 230, 420, 500, 300,
  ]);
});
