/**
 * Goal: a machine's kubelet registers its node, its heart beats without a write, and its silence is seen.
 * Method: run the production kernel in virtual time, power machines off and on, compare what readers see with what is
 * stored.
 */
import { expect, test } from "vitest";
import type { NodeStatus } from "#kernel/api/types.gen";
import { leases } from "#kernel/resources/coordination/lease";
import { nodes } from "#kernel/resources/core/node";
import { isNodeReady, nodeCondition } from "#kernel/resources/core/node.facts";
import { Bench, nginx, podOn } from "#test/support/pods";

const node = (bench: Bench) => bench.cluster.admin.need(nodes, { namespace: "", name: "node-1" });
const lease = (bench: Bench) => bench.cluster.admin.need(leases, { namespace: "kube-node-lease", name: "node-1" });
const beat = (bench: Bench) => nodeCondition(node(bench), "Ready")?.lastHeartbeatTime;

test("a node is registered at once, ready, with its addresses and amounts", () => {
  const { metadata, spec, status } = node(new Bench());
  expect(metadata.labels).toMatchObject({ "kubernetes.io/hostname": "node-1", "kubernetes.io/os": "linux" });
  expect(spec).toMatchObject({ podCIDR: "10.244.0.0/24", podCIDRs: ["10.244.0.0/24"] });
  expect(status?.addresses).toEqual([
    { address: "172.18.0.2", type: "InternalIP" },
    { address: "node-1", type: "Hostname" },
  ]);
  expect(status?.capacity).toMatchObject({ cpu: "4", memory: "8Gi", pods: "110" });
  expect(status?.allocatable).toEqual(status?.capacity);
  expect(status?.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
    "MemoryPressure False KubeletHasSufficientMemory",
    "DiskPressure False KubeletHasNoDiskPressure",
    "PIDPressure False KubeletHasSufficientPID",
    "Ready True KubeletReady",
  ]);
});

test("a beating heart is seen, but never written", () => {
  const bench = new Bench();
  const { resourceVersion } = node(bench).metadata;
  const revision = bench.cluster.store.revision;
  bench.pass(625);
  expect(bench.cluster.store.revision).toBe(revision);
  expect(lease(bench).spec.renewTime).toBe("2026-01-01T00:10:20.000000Z");
  expect(beat(bench)).toBe("2026-01-01T00:10:00Z");
  expect(node(bench).metadata.resourceVersion).toBe(resourceVersion);
});

test("a resource somebody offers on a node may be had with the next report; what else is written is put right", () => {
  const bench = new Bench();
  const write = (change: (status: NodeStatus) => void): void => {
    const { status = {}, ...rest } = structuredClone(node(bench));
    change(status);
    bench.cluster.turn((cluster) => cluster.admin.updateStatus(nodes, rest, status));
  };
  write(({ capacity = {} }) => Object.assign(capacity, { "example.com/dongle": "4", cpu: "64" }));
  bench.pass(10);
  expect(node(bench).status?.capacity).toMatchObject({ "example.com/dongle": "4", cpu: "4" });
  expect(node(bench).status?.allocatable).toMatchObject({ "example.com/dongle": "4", cpu: "4" });
  write(({ capacity = {} }) => Reflect.deleteProperty(capacity, "example.com/dongle"));
  bench.pass(10);
  expect(node(bench).status?.allocatable).not.toHaveProperty("example.com/dongle");
});

test("a heart that stops leaves its last beat behind", () => {
  const bench = new Bench();
  bench.pass(325);
  bench.machine("node-1", (machine) => ({ ...machine, isPowered: false, silentSince: bench.cluster.now }));
  bench.pass(600);
  expect(lease(bench).spec.renewTime).toBe("2026-01-01T00:05:20.000000Z");
  expect(beat(bench)).toBe("2026-01-01T00:05:00Z");
  expect(isNodeReady(node(bench))).toBe(false);
});

test("a machine that comes back is ready again and says that it was rebooted", () => {
  const bench = new Bench();
  bench.machine("node-1", (machine) => ({ ...machine, isPowered: false, silentSince: bench.cluster.now }));
  bench.pass(120);
  bench.machine("node-1", ({ silentSince: _, ...machine }) => ({
    ...machine,
    isPowered: true,
    bootedAt: bench.cluster.now,
  }));
  bench.settle();
  expect(isNodeReady(node(bench))).toBe(true);
  const said = bench.said("node-1");
  expect(said.some((line) => line.startsWith("Rebooted: Node node-1 has been rebooted, boot id: "))).toBe(true);
  bench.pass(60);
  expect(lease(bench).spec.renewTime).toBe("2026-01-01T00:03:00.000000Z");
});

test("a node names the images that were pulled", () => {
  const bench = new Bench();
  bench.create(podOn("p", { containers: [nginx()] }));
  bench.pass(20);
  expect(node(bench).status?.images?.[0]?.names?.[1]).toBe("docker.io/library/nginx:1.27");
});

test("a deleted node stays away until its kubelet starts again", () => {
  const bench = new Bench();
  bench.turn(() => bench.cluster.admin.delete(nodes, { namespace: "", name: "node-1" }));
  bench.pass(60);
  expect(bench.cluster.admin.get(nodes, { namespace: "", name: "node-1" })).toBeUndefined();
  bench.machine("node-1", (machine) => ({ ...machine, silentSince: bench.cluster.now }));
  bench.machine("node-1", ({ silentSince: _, ...machine }) => machine);
  expect(isNodeReady(node(bench))).toBe(true);
});
