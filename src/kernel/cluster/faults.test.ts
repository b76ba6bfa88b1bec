/**
 * Goal: what is broken on purpose breaks as it would in a real cluster, and mends.
 * Method: the production cluster in virtual time; break, let time pass, look.
 */
import { expect, test } from "vitest";
import { addFault, endFault, type FaultOrder, listFaults } from "#kernel/cluster/faults";
import { exportCluster, importCluster } from "#kernel/cluster/snapshot";
import { worldOf } from "#kernel/network/world-of";
import { deployments } from "#kernel/resources/apps/deployment";
import { nodes } from "#kernel/resources/core/node";
import { isNodeReady } from "#kernel/resources/core/node.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodReady } from "#kernel/resources/core/pod.facts";
import { services } from "#kernel/resources/core/service";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { crashContainer } from "#kernel/runtime/containers";
import { endExec, startExec, wakeExec } from "#kernel/runtime/exec";
import { BEGIN, pod, Scene, webDeployment } from "#test/support/scene";

function broken(scene: Scene, order: FaultOrder) {
  const fault = scene.turn((cluster) => addFault(cluster, order));
  if ("problems" in fault) throw new Error(JSON.stringify(fault.problems));
  return fault;
}

const mend = (scene: Scene, id: string) => scene.turn((cluster) => endFault(cluster, id));

const isReady = (scene: Scene, node: string) => isNodeReady(scene.need(nodes, node));

/** The nodes of the pods that live, and how many are on their way out. */
function placesOf(scene: Scene) {
  const all = scene.list(pods);
  const going = all.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const living = all.filter((one) => !going.includes(one) && isPodReady(one));
  return { living: living.map(({ spec }) => spec.nodeName ?? ""), going: going.length };
}

const statusOf = (scene: Scene, name: string) => scene.need(pods, name).status?.containerStatuses?.[0];

/** What a command in a session of the pod's container prints at once. */
function typed(scene: Scene, name: string): string {
  const { admin, now, entropy, cells } = scene.cluster;
  const world = worldOf({ client: admin, now, entropy, cells });
  const id = statusOf(scene, name)?.containerID?.slice("containerd://".length) ?? "";
  const opened = startExec(world, id, ["echo", "hello"]);
  if ("startError" in opened) return opened.startError;
  const { stdout } = wakeExec(world, id, opened.session);
  endExec(world, id, opened.session);
  return stdout;
}

test("a node that loses power is missed after 40 s, left after 5 minutes, and comes back", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(deployments, webDeployment(6));
  scene.settle();
  const fault = broken(scene, { type: "node-down", target: { node: "node-1" } });
  scene.pass(29);
  expect(isReady(scene, "node-1")).toBe(true);
  scene.pass(20);
  expect(isReady(scene, "node-1")).toBe(false);
  expect(placesOf(scene).going).toBe(0);
  scene.pass(360);
  const lost = placesOf(scene);
  expect(lost.living).toHaveLength(6);
  expect(lost.living).not.toContain("node-1");
  expect(lost.going).toBeGreaterThan(0);
  expect(mend(scene, fault.id)).toBe(true);
  scene.pass(60);
  expect(isReady(scene, "node-1")).toBe(true);
  expect(placesOf(scene)).toMatchObject({ going: 0 });
  expect(scene.said("node-1", "Rebooted")).toHaveLength(1);
});

test("a node that is cut off goes on, unheard and unreachable, and was never restarted", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(3));
  scene.settle();
  const there = scene.list(pods).find(({ spec }) => spec.nodeName === "node-1");
  const elsewhere = scene.list(pods).find(({ spec }) => spec.nodeName === "node-2");
  broken(scene, { type: "node-partition", target: { node: "node-1" }, forMs: 120_000 });
  const reach = () => {
    const { admin, now, entropy, cells } = scene.cluster;
    const { net } = worldOf({ client: admin, now, entropy, cells });
    const from = { kind: "pod" as const, namespace: "default", name: elsewhere?.metadata.name ?? "" };
    return net.connect(from, { host: there?.status?.podIP ?? "", port: 80 });
  };
  expect(reach()).toBe("timeout");
  scene.pass(70);
  expect(isReady(scene, "node-1")).toBe(false);
  scene.pass(60);
  expect(listFaults(scene.cluster)).toEqual([]);
  expect(reach()).toBe("open");
  expect(isReady(scene, "node-1")).toBe(true);
  expect(statusOf(scene, there?.metadata.name ?? "")?.restartCount).toBe(0);
  expect(scene.said("node-1", "Starting")).toHaveLength(1);
});

test("a kubelet that stands still leaves its containers running", () => {
  const scene = new Scene({ machines: 1 });
  scene.create(pods, pod("web"));
  scene.settle();
  const fault = broken(scene, { type: "kubelet-stop", target: { node: "node-1" } });
  scene.pass(70);
  expect(isReady(scene, "node-1")).toBe(false);
  mend(scene, fault.id);
  scene.pass(20);
  expect(isReady(scene, "node-1")).toBe(true);
  expect(statusOf(scene, "web")).toMatchObject({ restartCount: 0, ready: true });
});

test("a container crashes once, or as often as it starts while the fault lasts", () => {
  const scene = new Scene({ machines: 1 });
  scene.create(pods, pod("web"));
  scene.settle();
  broken(scene, { type: "container-crash", target: { namespace: "default", pod: "web" }, exitCode: 3 });
  expect(listFaults(scene.cluster)).toEqual([]);
  scene.pass(5);
  expect(statusOf(scene, "web")).toMatchObject({
    restartCount: 1,
    ready: true,
    lastState: { terminated: { exitCode: 3 } },
  });
  broken(scene, { type: "container-crash", target: { selector: { app: "web" } }, forMs: 60_000 });
  scene.pass(45);
  expect(statusOf(scene, "web")).toMatchObject({ ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } });
  expect(statusOf(scene, "web")?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: "Error" });
  scene.pass(120);
  expect(statusOf(scene, "web")).toMatchObject({ ready: true });
});

test("a container that hangs fails its probes and is killed, not asked", () => {
  const scene = new Scene({ machines: 1 });
  const livenessProbe = { httpGet: { path: "/", port: 80 }, periodSeconds: 5, failureThreshold: 2, timeoutSeconds: 1 };
  const containers = [{ name: "c", image: "nginx:1.27", livenessProbe }];
  scene.create(pods, pod("web", {}, { containers, terminationGracePeriodSeconds: 4 }));
  scene.settle();
  broken(scene, { type: "container-hang", target: { namespace: "default", pod: "web" }, forMs: 12_000 });
  scene.pass(30);
  expect(scene.said("web", "Unhealthy").join()).toContain("context deadline exceeded");
  expect(statusOf(scene, "web")).toMatchObject({ restartCount: 1, ready: true });
  expect(statusOf(scene, "web")?.lastState?.terminated).toMatchObject({ exitCode: 137 });
});

test("a process that stands still goes on where it stood", () => {
  const scene = new Scene({ machines: 1 });
  const command = ["sh", "-c", "sleep 20; exit 4"];
  const containers = [{ name: "c", image: "busybox", command }];
  scene.create(pods, pod("job", {}, { containers, restartPolicy: "Never" }));
  scene.pass(5);
  broken(scene, { type: "container-hang", target: { selector: { app: "job" } }, forMs: 30_000 });
  expect(typed(scene, "job")).toBe("");
  scene.pass(25);
  expect(statusOf(scene, "job")?.state?.running).toBeDefined();
  scene.pass(10);
  expect(statusOf(scene, "job")?.state?.terminated).toMatchObject({ exitCode: 4 });
});

test("a slow start keeps a container from being ready", () => {
  const scene = new Scene({ machines: 1 });
  broken(scene, { type: "slow-start", target: { selector: { app: "web" } }, delayMs: 20_000 });
  const readinessProbe = { tcpSocket: { port: 80 }, periodSeconds: 2 };
  scene.create(pods, pod("web", {}, { containers: [{ name: "c", image: "nginx:1.27", readinessProbe }] }));
  scene.pass(15);
  expect(statusOf(scene, "web")).toMatchObject({ ready: false, started: true });
  expect(typed(scene, "web")).toBe("hello\n");
  scene.pass(10);
  expect(statusOf(scene, "web")).toMatchObject({ ready: true, restartCount: 0 });
});

test("a leak ends in OOMKilled once the limit is exceeded", () => {
  const scene = new Scene({ machines: 1 });
  const resources = { limits: { memory: "64Mi" } };
  scene.create(pods, pod("web", {}, { containers: [{ name: "c", image: "nginx:1.27", resources }] }));
  scene.settle();
  broken(scene, { type: "memory-leak", target: { selector: { app: "web" } }, bytesPerSecond: 2 ** 20, forMs: 70_000 });
  scene.pass(60);
  expect(statusOf(scene, "web")?.restartCount).toBe(0);
  scene.pass(10);
  expect(statusOf(scene, "web")).toMatchObject({ restartCount: 1, lastState: { terminated: { reason: "OOMKilled" } } });
  expect(statusOf(scene, "web")?.lastState?.terminated?.exitCode).toBe(137);
});

test("an image nobody can pull keeps new pods waiting until the fault ends", () => {
  const scene = new Scene({ machines: 1, latency: "realistic" });
  broken(scene, { type: "image-pull-failure", target: { image: "nginx" }, forMs: 60_000 });
  scene.create(pods, pod("web"));
  scene.pass(20);
  expect(statusOf(scene, "web")?.state?.waiting?.reason).toMatch(/ErrImagePull|ImagePullBackOff/);
  expect(scene.said("web", "Failed").join()).toContain("503 Service Unavailable");
  scene.create(pods, pod("other", {}, { containers: [{ name: "c", image: "busybox", command: ["sleep", "1d"] }] }));
  scene.pass(15);
  expect(statusOf(scene, "other")).toMatchObject({ ready: true });
  scene.pass(120);
  expect(statusOf(scene, "web")).toMatchObject({ ready: true });
});

test("names and packets get lost for those who are hit", () => {
  const scene = new Scene({ machines: 2 });
  scene.create(deployments, webDeployment(1));
  scene.create(services, {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  scene.create(pods, pod("client"));
  scene.create(pods, pod("lucky"));
  scene.settle();
  const from = (name: string) => {
    const { admin, now, entropy, cells } = scene.cluster;
    const { net } = worldOf({ client: admin, now, entropy, cells });
    return net.connect({ kind: "pod", namespace: "default", name }, { host: "web", port: 80 });
  };
  const dns = broken(scene, { type: "dns-failure", target: { selector: { app: "client" } } });
  expect([from("client"), from("lucky")]).toEqual(["nxdomain", "open"]);
  mend(scene, dns.id);
  const target = { from: { selector: { app: "client" } }, to: { selector: { app: "web" } } };
  broken(scene, { type: "network-loss", target });
  expect([from("client"), from("lucky")]).toEqual(["timeout", "open"]);
});

test("without a scheduler pods wait, without controllers nothing is replaced; both catch up", () => {
  const scene = new Scene({ machines: 1 });
  const stopped = broken(scene, { type: "component-stop", target: { component: "scheduler" } });
  scene.create(deployments, webDeployment(2));
  scene.pass(30);
  expect(scene.list(pods).map(({ spec }) => spec.nodeName ?? "")).toEqual(["", ""]);
  mend(scene, stopped.id);
  scene.pass(5);
  expect(placesOf(scene).living).toEqual(["node-1", "node-1"]);
  const manager = broken(scene, { type: "component-stop", target: { component: "controllerManager" } });
  for (const { metadata } of scene.list(pods)) scene.delete(pods, metadata.name);
  scene.pass(60);
  expect(scene.list(pods)).toEqual([]);
  mend(scene, manager.id);
  scene.pass(10);
  expect(placesOf(scene).living).toHaveLength(2);
});

test("what was deleted while nobody looked is collected when the controllers start", () => {
  const scene = new Scene({ machines: 1 });
  scene.create(deployments, webDeployment(2));
  scene.settle();
  const manager = broken(scene, { type: "component-stop", target: { component: "controllerManager" } });
  scene.delete(deployments, "web", { propagationPolicy: "Background" });
  scene.pass(60);
  expect(scene.list(pods)).toHaveLength(2);
  mend(scene, manager.id);
  scene.pass(60);
  expect(scene.list(pods)).toEqual([]);
});

test("all kubelets stop, and a cluster that begins without them gets its nodes when they start", () => {
  const scene = new Scene({ machines: 2 });
  const fault = broken(scene, { type: "component-stop", target: { component: "kubelet" } });
  scene.pass(70);
  expect([isReady(scene, "node-1"), isReady(scene, "node-2")]).toEqual([false, false]);
  mend(scene, fault.id);
  scene.pass(10);
  expect([isReady(scene, "node-1"), isReady(scene, "node-2")]).toEqual([true, true]);

  const bare = new Scene({ machines: 2, kubelet: false });
  bare.pass(60);
  expect(bare.list(nodes)).toEqual([]);
  const [stop] = listFaults(bare.cluster);
  expect(stop).toMatchObject({ type: "component-stop", target: { component: "kubelet" } });
  mend(bare, stop?.id ?? "");
  bare.pass(10);
  expect(bare.list(nodes).map(({ metadata }) => metadata.name)).toEqual(["node-1", "node-2"]);
});

test("an order that names what is not there is refused field by field", () => {
  const scene = new Scene({ machines: 1 });
  scene.create(pods, pod("web"));
  const problemsOf = (order: FaultOrder) => scene.turn((cluster) => addFault(cluster, order));
  expect(problemsOf({ type: "node-down", target: { node: "node-9" } })).toMatchObject({
    problems: [{ path: "/target/node" }],
  });
  const target = { namespace: "default", pod: "web", container: "x" };
  expect(problemsOf({ type: "container-hang", target })).toMatchObject({ problems: [{ path: "/target/container" }] });
  expect(listFaults(scene.cluster)).toEqual([]);
});

test("a fork goes on with its faults as the original does", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(deployments, webDeployment(4));
  scene.settle();
  broken(scene, { type: "node-down", target: { node: "node-2" }, forMs: 400_000 });
  broken(scene, { type: "container-crash", target: { selector: { app: "web" } }, forMs: 60_000 });
  broken(scene, { type: "component-stop", target: { component: "scheduler" }, forMs: 380_000 });
  scene.pass(30);
  scene.cluster.take();
  const fork = importCluster(JSON.parse(JSON.stringify(exportCluster(scene.cluster))), BEGIN);
  for (const cluster of [scene.cluster, fork]) {
    for (let left = 600_000, more = true; more; ) {
      const step = cluster.advance(BEGIN, left);
      left -= step.advanced;
      more = step.more;
    }
  }
  expect(JSON.stringify(exportCluster(fork).rows) === JSON.stringify(exportCluster(scene.cluster).rows)).toBe(true);
  expect(listFaults(fork)).toEqual([]);
  expect(placesOf(scene).living).toHaveLength(4);
});

test("a kubelet that is cut off goes on with its pods, hears of no deletion, and clears up when it is heard again", () => {
  const scene = new Scene({ machines: 1, latency: "realistic" });
  scene.create(pods, pod("kept"));
  scene.create(pods, pod("gone"));
  scene.settle();
  const running = (name: string): number =>
    [...scene.cluster.cells.entries<ContainerRecord>(CONTAINERS)].filter(
      ([, record]) => record.pod === name && record.state === "running",
    ).length;
  const fault = broken(scene, { type: "node-partition", target: { node: "node-1" } });
  scene.delete(pods, "gone", { gracePeriodSeconds: 0 });
  const id = statusOf(scene, "kept")?.containerID?.slice("containerd://".length) ?? "";
  const { admin, now, entropy, cells } = scene.cluster;
  scene.turn(() => crashContainer(worldOf({ client: admin, now, entropy, cells }), id, 1));
  scene.pass(30);
  expect([running("kept"), running("gone")]).toEqual([1, 1]);
  expect(statusOf(scene, "kept")).toMatchObject({ restartCount: 0 });
  mend(scene, fault.id);
  scene.pass(5);
  expect([running("kept"), running("gone")]).toEqual([1, 0]);
  expect(statusOf(scene, "kept")).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 1 } } });
});
