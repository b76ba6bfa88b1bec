/**
 * Goal: a node that runs low ends pods in upstream's order and in its words, and recovers after the transition.
 * Method: machines of the production kernel in virtual time, pods that take memory, a disk that a fault fills.
 */
import { expect, test } from "vitest";
import { addFault, endFault } from "#kernel/cluster/faults";
import { nodes } from "#kernel/resources/core/node";
import { nodeCondition } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { priorityclasses } from "#kernel/resources/scheduling/priorityclass";
import { Bench, podOn } from "#test/support/pods";

const MIB = 2 ** 20;
const hog = (mebibytes: number, resources = {}) => ({
  name: "c",
  image: "polinux/stress",
  command: ["stress", "--vm", "1", "--vm-bytes", `${mebibytes}M`, "--vm-hang", "1"],
  resources,
});
const grower = (mebibytes: number) => ({
  name: "c",
  image: "vish/stress",
  args: ["-mem-total", `${mebibytes}Mi`, "-mem-alloc-size", "50Mi", "-mem-alloc-sleep", "1s"],
});
const node = (bench: Bench) => bench.cluster.admin.need(nodes, { namespace: "", name: "node-1" });
const condition = (bench: Bench, type: string) => {
  const { status, reason } = nodeCondition(node(bench), type) ?? {};
  return `${status} ${reason}`;
};
const taints = (bench: Bench) => (node(bench).spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
const phases = (bench: Bench, ...names: string[]) =>
  names.map((name) => bench.pod(name)?.status?.reason ?? bench.pod(name)?.status?.phase);

test("a container over its limit is killed, starts again and backs off", () => {
  const bench = new Bench();
  bench.create(podOn("p", { containers: [hog(200, { limits: { memory: "100Mi" } })] }));
  bench.pass(60);
  expect(bench.status("p")?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  expect(bench.status("p")?.state?.waiting?.reason).toBe("CrashLoopBackOff");
  expect(bench.status("p")?.restartCount).toBeGreaterThan(1);
});

test("who takes more than the machine has is killed by the system", () => {
  const bench = new Bench();
  bench.create(podOn("good", { containers: [hog(1_000, { requests: { memory: "2Gi" } })] }));
  bench.create(podOn("p", { containers: [hog(9_000)] }));
  bench.pass(30);
  expect(bench.status("p")?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  expect(bench.status("good")?.restartCount).toBe(0);
  expect(
    bench
      .said("node-1")
      .some((line) => /^SystemOOM.*: System OOM encountered, victim process: stress, pid: \d+$/.test(line)),
  ).toBe(true);
});

test("memory that grows past the threshold: first those above their requests, of them the least important", () => {
  const bench = new Bench();
  bench.create(podOn("within", { containers: [hog(2_000, { requests: { memory: "3Gi" } })] }));
  bench.create(podOn("big", { containers: [hog(3_000, { requests: { memory: "1Gi" } })] }));
  bench.pass(10);
  bench.create(podOn("small", { containers: [grower(2_700)] }));
  bench.pass(70);
  expect(phases(bench, "within", "big", "small")).toEqual(["Running", "Running", "Evicted"]);
  const { status } = bench.pod("small") ?? {};
  expect(status?.phase).toBe("Failed");
  expect(status?.message).toMatch(
    /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: \d+[MK]i\. Container c was using \d+[MK]i, request is 0, has larger consumption of memory\. $/,
  );
  expect(status?.conditions?.find(({ type }) => type === "DisruptionTarget")).toMatchObject({
    status: "True",
    reason: "TerminationByKubelet",
    message: status?.message,
  });
  expect(bench.said("small")).toContain(`Evicted: ${status?.message}`);
  expect(bench.said("node-1")).toEqual(
    expect.arrayContaining([
      "EvictionThresholdMet: Attempting to reclaim memory",
      "NodeHasInsufficientMemory: Node node-1 status is now: NodeHasInsufficientMemory",
    ]),
  );
  expect(condition(bench, "MemoryPressure")).toBe("True KubeletHasInsufficientMemory");
  expect(taints(bench)).toEqual(["node.kubernetes.io/memory-pressure:NoSchedule"]);
  bench.create(podOn("late", { containers: [hog(10)] }));
  bench.pass(5);
  expect(bench.pod("late")?.status).toMatchObject({
    reason: "Evicted",
    message: "Pod was rejected: The node had condition: [MemoryPressure]. ",
  });
  bench.pass(320);
  expect(condition(bench, "MemoryPressure")).toBe("False KubeletHasSufficientMemory");
  expect(taints(bench)).toEqual([]);
});

test("a small machine is no machine in trouble", () => {
  const bench = new Bench();
  bench.machine("node-1", (machine) => ({ ...machine, memory: "128Mi" }));
  bench.create(podOn("p", { containers: [{ name: "c", image: "nginx:1.27" }] }));
  bench.pass(60);
  expect(phases(bench, "p")).toEqual(["Running"]);
  expect(condition(bench, "MemoryPressure")).toBe("False KubeletHasSufficientMemory");
});

test("a leak without a limit ends in an eviction as well", () => {
  const bench = new Bench();
  bench.create(podOn("p", { containers: [{ name: "c", image: "nginx:1.27" }] }));
  bench.pass(20);
  bench.turn(() =>
    addFault(bench.cluster, {
      type: "memory-leak",
      target: { namespace: "default", pod: "p" },
      bytesPerSecond: 8 * MIB,
    }),
  );
  bench.pass(1_100);
  expect(phases(bench, "p")).toEqual(["Evicted"]);
});

test("a full disk: images go, then pods, and nobody is let in until it is mended", () => {
  const bench = new Bench();
  bench.create(podOn("a", { containers: [{ name: "c", image: "nginx:1.27" }] }));
  bench.turn(() => {
    bench.cluster.admin.create(priorityclasses, { metadata: { name: "high" }, value: 1_000 });
  });
  bench.create(podOn("b", { containers: [{ name: "c", image: "nginx:1.27" }], priorityClassName: "high" }));
  bench.pass(20);
  bench.turn(() => addFault(bench.cluster, { type: "disk-full", target: { node: "node-1" } }));
  bench.pass(5);
  expect(condition(bench, "DiskPressure")).toBe("True KubeletHasDiskPressure");
  expect(phases(bench, "a", "b")).toEqual(["Evicted", "Running"]);
  expect(bench.pod("a")?.status?.message).toMatch(
    /^The node was low on resource: ephemeral-storage\. Threshold quantity: 10Gi, available: /,
  );
  bench.pass(15);
  expect(phases(bench, "b")).toEqual(["Evicted"]);
  bench.create(podOn("late", { containers: [hog(10, { requests: { memory: "20Mi" } })] }));
  bench.pass(5);
  expect(bench.pod("late")?.status?.message).toBe("Pod was rejected: The node had condition: [DiskPressure]. ");
  bench.turn(() => endFault(bench.cluster, "disk-full-1"));
  bench.pass(330);
  expect(condition(bench, "DiskPressure")).toBe("False KubeletHasNoDiskPressure");
});

test("a machine that is shut down in order ends its pods first, the critical ones last", () => {
  const bench = new Bench();
  const nginx = [{ name: "c", image: "nginx:1.27" }];
  bench.create(podOn("plain", { containers: nginx }));
  bench.turn(() => {
    const draft = podOn("vital", { containers: nginx, priorityClassName: "system-node-critical" });
    bench.cluster.admin.create(pods, { ...draft, metadata: { name: "vital", namespace: "kube-system" } });
  });
  bench.pass(20);
  const vital = () => bench.cluster.admin.get(pods, { namespace: "kube-system", name: "vital" })?.status;
  bench.turn(() => addFault(bench.cluster, { type: "node-shutdown", target: { node: "node-1" } }));
  bench.pass(5);
  expect(bench.pod("plain")?.status).toMatchObject({
    phase: "Failed",
    reason: "Terminated",
    message: "Pod was terminated in response to imminent node shutdown.",
  });
  expect(vital()?.phase).toBe("Running");
  expect(condition(bench, "Ready")).toBe("False KubeletNotReady");
  bench.create(podOn("late", { containers: nginx }));
  bench.pass(1);
  expect(phases(bench, "late")).toEqual(["NodeShutdown"]);
  bench.pass(20);
  expect(vital()?.reason).toBe("Terminated");
  bench.pass(60);
  expect(condition(bench, "Ready")).toBe("Unknown NodeStatusUnknown");
  bench.turn(() => endFault(bench.cluster, "node-shutdown-1"));
  bench.pass(20);
  expect(condition(bench, "Ready")).toBe("True KubeletReady");
});
