/**
 * Goal: what a teacher breaks over our own API shows in kubectl as in a real cluster, and the scheduler's choices can
 * be asked for.
 * Method: break, advance the clock, look with the real kubectl.
 */
import { expect, test } from "vitest";
import { newCluster, okJson, type TestCluster } from "#test/support/cluster";

type Fault = { id: string; type: string; target: object; since: string; until?: string };
type Problem = { status: number; detail: string; errors?: { pointer: string; detail: string }[] };
type Explanation = {
  node?: string;
  message?: string;
  best: string[];
  nodes: {
    node: string;
    fits: boolean;
    refusals: { plugin: string; reasons: string[] }[];
    scores: Record<string, { raw: number; normalized: number; weight: number; weighted: number }>;
    total: number;
  }[];
};

const broken = async (cluster: TestCluster, body: object): Promise<Fault> =>
  okJson(await cluster.call("POST", "/faults", body));

const faultsOf = async (cluster: TestCluster): Promise<Fault[]> =>
  (await okJson<{ items: Fault[] }>(await cluster.call("GET", "/faults"))).items;

async function refused(cluster: TestCluster, body: object, status: number): Promise<Problem> {
  const response = await cluster.call("POST", "/faults", body);
  expect(response.status).toBe(status);
  return (await response.json()) as Problem;
}

const columns = async (cluster: TestCluster, ...args: string[]): Promise<string[][]> =>
  (await cluster.kubectlOk([...args, "--no-headers"]))
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/));

/** The first columns of each row. */
const rows = async (cluster: TestCluster, count: number, ...args: string[]): Promise<string[]> =>
  (await columns(cluster, ...args)).map((row) => row.slice(0, count).join(" "));

test("a node without power: NotReady, five minutes, new pods elsewhere, and back", async () => {
  const cluster = await newCluster({ clock: { paused: true } });
  await cluster.kubectlOk(["create", "deployment", "web", "--image=nginx", "--replicas=3"]);
  await cluster.settle();
  const fault = await broken(cluster, { type: "node-down", target: { node: "node-1" } });
  expect(fault).toMatchObject({ type: "node-down", target: { node: "node-1" }, since: expect.any(String) });
  expect(await faultsOf(cluster)).toEqual([fault]);
  await cluster.advance({ by: "70s" });
  const ready = async () => (await columns(cluster, "get", "nodes")).map(([name, status]) => `${name} ${status}`);
  expect(await ready()).toEqual(["node-1 NotReady", "node-2 Ready", "node-3 Ready"]);
  expect(await cluster.kubectlOk(["describe", "node", "node-1"])).toContain("node.kubernetes.io/unreachable:NoExecute");
  await cluster.advance({ by: "330s" });
  const pods = await columns(cluster, "get", "pods", "-o", "wide");
  const [going, living] = ["Terminating", "Running"].map((phase) => pods.filter(([, , status]) => status === phase));
  expect(living?.map((pod) => pod[6])).not.toContain("node-1");
  expect(living).toHaveLength(3);
  expect(going?.map((pod) => pod[6])).toEqual(["node-1"]);
  expect((await cluster.call("DELETE", `/faults/${fault.id}`)).status).toBe(204);
  expect((await cluster.call("DELETE", `/faults/${fault.id}`)).status).toBe(404);
  await cluster.advance({ by: "60s" });
  expect(await ready()).toEqual(["node-1 Ready", "node-2 Ready", "node-3 Ready"]);
  expect(await columns(cluster, "get", "pods")).toHaveLength(3);
});

test("a fault ends by itself, and a fork takes it along", async () => {
  const cluster = await newCluster({ clock: { paused: true } });
  const { until, since } = await broken(cluster, { type: "kubelet-stop", target: { node: "node-2" }, for: "2m" });
  expect(Date.parse(until ?? "") - Date.parse(since)).toBe(120_000);
  await cluster.advance({ by: "70s" });
  const { id } = await okJson<{ id: string }>(await cluster.call("POST", "/snapshots", {}));
  const fork = await newCluster({ snapshot: id, clock: { paused: true } });
  for (const one of [cluster, fork]) {
    expect(await rows(one, 2, "get", "node", "node-2")).toEqual(["node-2 NotReady"]);
    expect(await faultsOf(one)).toMatchObject([{ type: "kubelet-stop", until }]);
    await one.advance({ by: "60s" });
    expect(await faultsOf(one)).toEqual([]);
    expect(await rows(one, 2, "get", "node", "node-2")).toEqual(["node-2 Ready"]);
  }
});

test("a crash restarts the container with the exit code that was asked for", async () => {
  const cluster = await newCluster({ nodes: 1, clock: { paused: true } });
  await cluster.kubectlOk(["run", "web", "--image=nginx"]);
  await cluster.settle();
  const crash = { type: "container-crash", target: { pod: "web", container: "web" }, exitCode: 139 };
  const { since, until } = await broken(cluster, crash);
  expect(until).toBe(since);
  await cluster.advance({ by: "5s" });
  expect(await rows(cluster, 4, "get", "pods")).toEqual(["web 1/1 Running 1"]);
  expect(await cluster.kubectlOk(["describe", "pod", "web"])).toMatch(/Last State: +Terminated\n.*\n +Exit Code: +139/);
});

test("an image that cannot be pulled", async () => {
  const cluster = await newCluster({ nodes: 1, clock: { paused: true } });
  await broken(cluster, { type: "image-pull-failure", target: { registry: "docker.io" }, for: "1m" });
  await cluster.kubectlOk(["run", "web", "--image=nginx"]);
  await cluster.advance({ by: "20s" });
  expect(await rows(cluster, 3, "get", "pods")).toEqual(["web 0/1 ImagePullBackOff"]);
  expect(await cluster.kubectlOk(["describe", "pod", "web"])).toContain("lookup registry-1.docker.io: i/o timeout");
  await cluster.advance({ by: "3m" });
  expect(await rows(cluster, 3, "get", "pods")).toEqual(["web 1/1 Running"]);
});

test("a component that does not run from the beginning is started by ending its fault", async () => {
  const cluster = await newCluster({ nodes: 1, components: { scheduler: false }, clock: { paused: true } });
  const [stopped] = await faultsOf(cluster);
  expect(stopped).toMatchObject({ type: "component-stop", target: { component: "scheduler" } });
  await cluster.kubectlOk(["run", "web", "--image=nginx"]);
  await cluster.advance({ by: "1m" });
  expect(await rows(cluster, 3, "get", "pods")).toEqual(["web 0/1 Pending"]);
  await cluster.call("DELETE", `/faults/${stopped?.id}`);
  await cluster.settle();
  expect(await rows(cluster, 3, "get", "pods")).toEqual(["web 1/1 Running"]);
  await broken(cluster, { type: "component-stop", target: { component: "controllerManager" } });
  await cluster.kubectlOk(["create", "deployment", "late", "--image=nginx"]);
  await cluster.advance({ by: "1m" });
  expect(await rows(cluster, 4, "get", "deployment")).toEqual(["late 0/1 0 0"]);
});

test("traffic through a slow network, as the clock passes", async () => {
  const cluster = await newCluster({ nodes: 2, clock: { paused: true } });
  await cluster.kubectlOk(["create", "deployment", "web", "--image=nginx", "--replicas=2"]);
  await cluster.kubectlOk(["expose", "deployment", "web", "--port=80"]);
  await cluster.settle();
  const slow = { type: "network-latency", target: { to: { selector: { app: "web" } } }, latency: "250ms" };
  expect(await okJson(await cluster.call("POST", "/faults", slow))).toMatchObject({ latencyMs: 250 });
  const order = { target: "http://web.default/", rps: 20, for: "10s", name: "users" };
  const { id } = await okJson<{ id: string }>(await cluster.call("POST", "/traffic", order));
  await cluster.advance({ by: "20s" });
  const run = await okJson<{ latency: { p50: number }; pods: object[] }>(await cluster.call("GET", `/traffic/${id}`));
  expect(run).toMatchObject({ sent: 200, succeeded: 200, failed: 0, codes: { "200": 200 }, isOver: true });
  expect(run.latency.p50).toBeGreaterThanOrEqual(250);
  expect(run.pods).toHaveLength(2);
  expect(await okJson(await cluster.call("GET", "/traffic"))).toMatchObject({ items: [{ id, name: "users" }] });
  expect((await cluster.call("DELETE", `/traffic/${id}`)).status).toBe(204);
  expect((await cluster.call("GET", `/traffic/${id}`)).status).toBe(404);
  const bad = await cluster.call("POST", "/traffic", { target: "nowhere", rps: 1e9, for: "1s" });
  expect(bad.status).toBe(422);
});

test("an order that makes no sense is refused field by field", async () => {
  const cluster = await newCluster({ nodes: 1 });
  const pointers = async (body: object) => (await refused(cluster, body, 422)).errors?.map(({ pointer }) => pointer);
  expect(await pointers({ type: "node-down", target: { node: "node-9" } })).toEqual(["#/target/node"]);
  expect(await pointers({ type: "node-down", target: {} })).toEqual(["#/target/node"]);
  expect(await pointers({ type: "node-down", target: { node: "node-1" }, for: "long" })).toEqual(["#/for"]);
  expect(await pointers({ type: "meteor", target: {} })).toEqual(["#/type"]);
  expect(await pointers({ type: "container-hang", target: {} })).toEqual(["#/target/pod"]);
  expect(await pointers({ type: "container-hang", target: { pod: "x" } })).toEqual(["#/target/pod"]);
  expect(await pointers({ type: "kubelet-stop", target: { node: "node-1" }, exitCode: 3 })).toEqual(["#/exitCode"]);
  expect(await pointers({ type: "network-latency", target: {}, latency: "slow" })).toEqual(["#/latency"]);
  expect(await pointers({ type: "disk-full", target: {} })).toEqual(["#/target/node"]);
});

test("why a pod is where it is, why another waits, and where a third would go", async () => {
  const cluster = await newCluster({ nodes: 2, clock: { paused: true } });
  await cluster.settle();
  await cluster.kubectlOk(["cordon", "node-1"]);
  await cluster.kubectlOk(["run", "web", "--image=nginx"]);
  await cluster.settle();
  const web = await okJson<Explanation>(await cluster.call("GET", "/explain/pods/default/web"));
  expect(web).toMatchObject({ node: "node-2", best: ["node-2"] });
  expect(web.nodes.map(({ node, fits }) => [node, fits])).toEqual([
    ["node-1", false],
    ["node-2", true],
  ]);
  expect(web.nodes[0]?.refusals).toContainEqual(
    expect.objectContaining({ plugin: "NodeUnschedulable", reasons: ["node(s) were unschedulable"] }),
  );
  expect(web.nodes[1]?.scores).toHaveProperty("NodeResourcesFit");

  const pod = (cpu: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "big" },
    spec: { containers: [{ name: "c", image: "nginx", resources: { requests: { cpu } } }] },
  });
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: JSON.stringify(pod("99")) });
  await cluster.settle();
  const big = await okJson<Explanation>(await cluster.call("GET", "/explain/pods/default/big"));
  expect(big.message).toMatch(/^0\/2 nodes are available/);
  expect(big.nodes[1]?.refusals.map(({ plugin, reasons }) => [plugin, reasons])).toEqual([
    ["NodeResourcesFit", ["Insufficient cpu"]],
  ]);
  expect((await cluster.call("GET", "/explain/pods/default/none")).status).toBe(404);

  const small = await okJson<Explanation>(await cluster.call("POST", "/explain", pod("1")));
  expect(small.best).toEqual(["node-2"]);
  expect(await columns(cluster, "get", "pods")).toHaveLength(2);
  expect((await cluster.call("POST", "/explain", pod("one"))).status).toBe(422);
  expect((await cluster.call("POST", "/explain", { kind: "Service", spec: {} })).status).toBe(422);
});
