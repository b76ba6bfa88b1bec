/**
 * Goal: a node whose kubelet falls silent is noticed, tainted and emptied at the instants upstream's defaults give; a
 * cordoned one is tainted; pods of nodes that are gone go too.
 * Method: silence machines in the production cluster and pass virtual time.
 */
import { expect, test } from "vitest";
import type { Node } from "#kernel/api/types.gen";
import { deployments } from "#kernel/resources/apps/deployment";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { pod, Scene, webDeployment } from "#test/support/scene";

/** Pulls the plug of a machine, or puts it back. */
function power(scene: Scene, name: string, isOn: boolean): void {
  scene.turn(({ cells, now }) => {
    const { silentSince: _, ...machine } = cells.get<Machine>(MACHINES, name) as Machine;
    cells.put(
      MACHINES,
      name,
      isOn ? { ...machine, isPowered: true } : { ...machine, isPowered: false, silentSince: now },
    );
  });
}

const taints = ({ spec }: Node): string[] => (spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort();
const ready = ({ status }: Node) => status?.conditions?.find(({ type }) => type === "Ready");

test("a new node is greeted, and loses the taint it was born with once it is ready", () => {
  const scene = new Scene();
  expect(taints(scene.need(nodes, "node-1"))).toEqual([]);
  expect(scene.said("node-1")).toContain("RegisteredNode: Node node-1 event: Registered Node node-1 in Controller");
});

test("a cordoned node has the taint, an uncordoned one has not", () => {
  const scene = new Scene();
  scene.edit(nodes, "node-1", ({ spec }) => {
    spec.unschedulable = true;
  });
  expect(taints(scene.need(nodes, "node-1"))).toEqual(["node.kubernetes.io/unschedulable:NoSchedule"]);
  scene.edit(nodes, "node-1", ({ spec }) => {
    spec.unschedulable = false;
  });
  expect(taints(scene.need(nodes, "node-1"))).toEqual([]);
});

test("a silent kubelet: unknown after the grace period, pods not ready, evicted after five minutes, replaced", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(3));
  scene.settle();
  const victim = scene.list(pods).find(({ spec }) => spec.nodeName === "node-1")?.metadata.name ?? "";
  power(scene, "node-1", false);
  scene.pass(29);
  expect(ready(scene.need(nodes, "node-1"))?.status).toBe("True");
  scene.pass(12);
  expect(ready(scene.need(nodes, "node-1"))).toMatchObject({
    status: "Unknown",
    reason: "NodeStatusUnknown",
    message: "Kubelet stopped posting node status.",
  });
  expect(taints(scene.need(nodes, "node-1"))).toEqual([
    "node.kubernetes.io/unreachable:NoExecute",
    "node.kubernetes.io/unreachable:NoSchedule",
  ]);
  expect(scene.said("node-1")).toContain("NodeNotReady: Node node-1 status is now: NodeNotReady");
  expect(scene.said(victim)).toContain("NodeNotReady: Node is not ready");
  expect(scene.need(deployments, "web").status?.readyReplicas).toBe(2);

  scene.pass(298);
  expect(scene.need(pods, victim).metadata.deletionTimestamp).toBeUndefined();
  scene.pass(5);
  const gone = scene.need(pods, victim);
  expect(gone.metadata.deletionTimestamp).toBeDefined();
  expect(gone.status?.conditions).toContainEqual(
    expect.objectContaining({ type: "DisruptionTarget", status: "True", reason: "DeletionByTaintManager" }),
  );
  expect(scene.said(victim)).toContain(`TaintManagerEviction: Marking for deletion Pod default/${victim}`);
  expect(scene.need(deployments, "web").status?.readyReplicas).toBe(3);

  power(scene, "node-1", true);
  scene.pass(30);
  expect(taints(scene.need(nodes, "node-1"))).toEqual([]);
  expect(scene.get(pods, victim)).toBeUndefined();
});

test("a node that comes back in time keeps its pods", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(3));
  scene.settle();
  const before = scene.list(pods).map(({ metadata }) => metadata.name);
  power(scene, "node-1", false);
  scene.pass(120);
  power(scene, "node-1", true);
  scene.pass(600);
  expect(scene.list(pods).map(({ metadata }) => metadata.name)).toEqual(before);
  expect(scene.need(deployments, "web").status?.readyReplicas).toBe(3);
});

test("if all nodes are silent nobody is evicted", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(3));
  scene.settle();
  for (const name of ["node-1", "node-2", "node-3"]) power(scene, name, false);
  scene.pass(900);
  expect(scene.list(pods).every(({ metadata }) => metadata.deletionTimestamp === undefined)).toBe(true);
});

test("a NoExecute taint sends away at once who does not tolerate it, later who tolerates it for a while", () => {
  const scene = new Scene({ machines: 1 });
  const toleration = { key: "maintenance", operator: "Exists", effect: "NoExecute" };
  scene.create(pods, pod("intolerant"));
  scene.create(pods, pod("patient", {}, { tolerations: [{ ...toleration, tolerationSeconds: 60 }] }));
  scene.create(pods, pod("tolerant", {}, { tolerations: [toleration] }));
  scene.settle();
  scene.edit(nodes, "node-1", ({ spec }) => {
    spec.taints = [{ key: "maintenance", effect: "NoExecute" }];
  });
  scene.pass(1);
  const names = () => scene.list(pods).map(({ metadata }) => metadata.name);
  expect(names()).toEqual(["patient", "tolerant"]);
  scene.pass(57);
  expect(names()).toEqual(["patient", "tolerant"]);
  scene.pass(5);
  expect(names()).toEqual(["tolerant"]);
});

test("pods of a deleted node go after a while", () => {
  const scene = new Scene({ machines: 0, kubelet: false });
  scene.addNode("mine");
  scene.create(pods, pod("p"));
  expect(scene.placed).toEqual({ p: "mine" });
  scene.delete(nodes, "mine");
  scene.pass(39);
  expect(scene.get(pods, "p")).toBeDefined();
  scene.pass(2);
  expect(scene.get(pods, "p")).toBeUndefined();
  expect(scene.said("mine")).toContain("RemovingNode: Node mine event: Removing Node mine from Controller");
});

test("a node without a machine stays as its user wrote it", () => {
  const scene = new Scene({ machines: 0 });
  scene.addNode("mine");
  const before = scene.need(nodes, "mine").status;
  scene.pass(600);
  expect(scene.need(nodes, "mine").status).toEqual(before);
  expect(taints(scene.need(nodes, "mine"))).toEqual([]);
});

test("a node without a machine or any word of its health is unknown after a minute; nothing else of it changes", () => {
  const scene = new Scene({ machines: 0 });
  scene.create(nodes, { metadata: { name: "bare" }, spec: {}, status: { capacity: { memory: "1Gi" } } });
  scene.pass(58);
  expect(scene.need(nodes, "bare").status?.conditions).toBeUndefined();
  const { spec } = scene.need(nodes, "bare");
  scene.pass(4);
  const bare = scene.need(nodes, "bare");
  expect(bare.status?.conditions?.map(({ type }) => type)).toEqual([
    "Ready",
    "MemoryPressure",
    "DiskPressure",
    "PIDPressure",
  ]);
  for (const condition of bare.status?.conditions ?? []) {
    expect(condition).toMatchObject({
      status: "Unknown",
      reason: "NodeStatusNeverUpdated",
      message: "Kubelet never posted node status.",
      lastHeartbeatTime: bare.metadata.creationTimestamp,
    });
  }
  expect(bare.status?.capacity).toEqual({ memory: "1Gi" });
  expect(bare.spec).toEqual(spec);
  scene.pass(600);
  expect(scene.need(nodes, "bare")).toEqual(bare);
});

test("a Service of type LoadBalancer gets an address after a while, and gives it back", () => {
  const scene = new Scene({ latency: "realistic" });
  const balancer = (name: string) =>
    scene.create(services, {
      metadata: { name, namespace: "default" },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
    });
  const addressOf = (name: string) => scene.need(services, name).status?.loadBalancer?.ingress;
  balancer("a");
  expect(addressOf("a")).toBeUndefined();
  scene.pass(3);
  expect(addressOf("a")).toEqual([{ ip: "172.19.255.200", ipMode: "VIP" }]);
  expect(scene.need(services, "a").metadata.finalizers).toEqual(["service.kubernetes.io/load-balancer-cleanup"]);
  expect(scene.said("a")).toEqual([
    "EnsuringLoadBalancer: Ensuring load balancer",
    "EnsuredLoadBalancer: Ensured load balancer",
  ]);
  balancer("b");
  scene.pass(3);
  expect(addressOf("b")?.[0]?.ip).toBe("172.19.255.201");
  scene.delete(services, "a");
  scene.pass(1);
  expect(scene.get(services, "a")).toBeUndefined();
  balancer("c");
  scene.pass(3);
  expect(addressOf("c")?.[0]?.ip).toBe("172.19.255.200");
});
