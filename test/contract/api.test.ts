/**
 * Goal: our own HTTP API keeps its contract: clusters, keys, the clock, labs, problem documents, the outside world.
 * Method: plain HTTP calls against the running server, as an exercise platform would make them.
 */
import { expect, inject, test } from "vitest";
import { newCluster, okJson, type TestCluster } from "#test/support/cluster";

const at = (path: string): string => `${inject("origin")}/api/v1${path}`;

interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(at(path), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

async function problem(response: Response, status: number): Promise<Problem> {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const body = (await response.json()) as Problem;
  expect(body.status).toBe(status);
  return body;
}

test("a cluster is made with its key, its addresses and a kubeconfig that opens it", async () => {
  const cluster = await newCluster({ name: "my class", nodes: 2 });
  const origin = inject("origin");
  expect(cluster.id).toMatch(/^[a-z][a-z0-9]{7,}$/);
  expect(cluster.url).toBe(`${origin}/c/${cluster.id}#key=${cluster.key}`);
  expect(cluster.server).toBe(`${origin}/k/${cluster.id}.${cluster.key}`);
  expect((await cluster.kubectlOk(["get", "nodes", "-o", "name"])).trim().split("\n")).toEqual([
    "node/node-1",
    "node/node-2",
  ]);
  expect(await cluster.kubectlOk(["config", "current-context"])).toBe("my class\n");
  const shown = await okJson<Record<string, unknown>>(await cluster.call("GET", ""));
  expect(shown).toMatchObject({ id: cluster.id, name: "my class", url: cluster.url, server: cluster.server });
  expect(Date.parse(String(shown["createdAt"]))).toBeGreaterThan(0);
  const kubeconfig = await cluster.call("GET", "/kubeconfig");
  expect(kubeconfig.headers.get("content-type")).toContain("text/yaml");
  expect(await kubeconfig.text()).toBe(cluster.kubeconfig);
});

test("both forms of the Kubernetes address open the cluster", async () => {
  const { id, key } = await newCluster({ nodes: 0 });
  const bearer = { headers: { authorization: `Bearer ${key}` } };
  expect((await fetch(`${inject("origin")}/k/${id}/api/v1/nodes`, bearer)).status).toBe(200);
  expect((await fetch(`${inject("origin")}/k/${id}.${key}/api/v1/nodes`)).status).toBe(200);
});

test("nodes are as they were asked for", async () => {
  const node = { name: "big", cpu: "8", memory: "16Gi", pods: 20, labels: { disk: "ssd" } };
  const taints = [{ key: "dedicated", value: "gpu", effect: "NoSchedule" }];
  const cluster = await newCluster({ nodes: [{ ...node, taints }] });
  const { items } = await okJson<{ items: readonly Record<string, never>[] }>(await cluster.api("/api/v1/nodes"));
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    metadata: { name: "big", labels: { disk: "ssd" } },
    spec: { taints },
    status: { capacity: { cpu: "8", memory: "16Gi", pods: "20" } },
  });
});

test.each<{ body: unknown; pointer: string }>([
  { body: { nodez: 3 }, pointer: "#/nodez" },
  { body: { nodes: -1 }, pointer: "#/nodes" },
  { body: { nodes: 1_001 }, pointer: "#/nodes" },
  { body: { nodes: "three" }, pointer: "#/nodes" },
  { body: { nodes: [{ name: "Bad_Name" }] }, pointer: "#/nodes/0/name" },
  { body: { nodes: [{ name: "a" }, { name: "a" }] }, pointer: "#/nodes/1/name" },
  { body: { nodes: [{ name: "a", cpu: "lots" }] }, pointer: "#/nodes/0/cpu" },
  { body: { nodes: [{ name: "a", gpu: 1 }] }, pointer: "#/nodes/0/gpu" },
  { body: { nodes: [{ name: "a", taints: [{ key: "k", effect: "No" }] }] }, pointer: "#/nodes/0/taints/0/effect" },
  { body: { controlPlanes: 2 }, pointer: "#/controlPlanes" },
  { body: { components: { etcd: false } }, pointer: "#/components/etcd" },
  { body: { authorization: "ABAC" }, pointer: "#/authorization" },
  { body: { clock: { rate: -1 } }, pointer: "#/clock/rate" },
  { body: { clock: { now: "yesterday" } }, pointer: "#/clock/now" },
  { body: { ttl: "tomorrow" }, pointer: "#/ttl" },
  { body: { ttl: "-1h" }, pointer: "#/ttl" },
  { body: [], pointer: "#" },
])("$body is refused at $pointer", async ({ body, pointer }) => {
  const { errors } = await problem(await post("/clusters", body), 422);
  expect(errors?.map((error) => error.pointer)).toEqual([pointer]);
});

test("a body that is no JSON is 400, one that is too large 413, an unknown path 404", async () => {
  await problem(await post("/clusters", "{"), 400);
  await problem(await post("/clusters", JSON.stringify({ name: "x".repeat(3 * 1024 * 1024) })), 413);
  await problem(await fetch(at("/nothing")), 404);
});

test("a wrong key and no key are 401, an unknown cluster is 404", async () => {
  const { id } = await newCluster({ nodes: 0 });
  const wrong = { headers: { authorization: "Bearer wrong" } };
  await problem(await fetch(at(`/clusters/${id}`)), 401);
  await problem(await fetch(at(`/clusters/${id}`), wrong), 401);
  await problem(await fetch(at("/clusters/nobody")), 401);
  await problem(await fetch(at("/clusters/nobody"), wrong), 404);
});

test("one cluster's key opens no other", async () => {
  const [mine, other] = await Promise.all([newCluster({ nodes: 0 }), newCluster({ nodes: 0 })]);
  for (const [method, path] of [
    ["GET", ""],
    ["DELETE", ""],
    ["POST", "/reset"],
    ["GET", "/clock"],
  ] as const) {
    const headers = { authorization: `Bearer ${mine.key}` };
    await problem(await fetch(at(`/clusters/${other.id}${path}`), { method, headers }), 401);
  }
  expect((await fetch(`${inject("origin")}/k/${other.id}.${mine.key}/api/v1/nodes`)).status).toBe(401);
  expect((await other.call("GET", "")).status).toBe(200);
});

test("a deleted cluster is gone, and nothing opens it", async () => {
  const cluster = await newCluster({ nodes: 0 });
  expect((await cluster.call("DELETE", "")).status).toBe(204);
  expect((await cluster.call("GET", "")).status).toBe(404);
  expect((await cluster.api("/api/v1/nodes")).status).toBe(401);
});

test("a cluster whose time is over opens nothing", async () => {
  const cluster = await newCluster({ nodes: 0, ttl: "1ms" });
  expect((await cluster.call("GET", "")).status).toBe(404);
  expect((await cluster.api("/api/v1/nodes")).status).toBe(401);
});

const configMap = (name: string): string => JSON.stringify({ metadata: { name }, data: { a: "b" } });

const add = (cluster: TestCluster, name: string): Promise<Response> =>
  cluster.api("/api/v1/namespaces/default/configmaps", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: configMap(name),
  });

test("a reset makes the same cluster anew under the same key", async () => {
  const cluster = await newCluster({ nodes: 1 });
  expect((await add(cluster, "mine")).status).toBe(201);
  await okJson(await cluster.call("POST", "/reset"));
  expect((await cluster.api("/api/v1/namespaces/default/configmaps/mine")).status).toBe(404);
  expect((await cluster.kubectlOk(["get", "nodes", "-o", "name"])).trim()).toBe("node/node-1");
  expect((await add(cluster, "mine")).status).toBe(201);
});

test("the clock is read, paused, sped up, and advanced", async () => {
  const cluster = await newCluster({ clock: { paused: true, now: "2026-01-02T03:04:05Z" } });
  const clock = async () => okJson(await cluster.call("GET", "/clock"));
  expect(await clock()).toEqual({ now: "2026-01-02T03:04:05.000Z", rate: 1, paused: true });
  expect(await cluster.advance({ by: "1h30m" })).toMatchObject({
    now: "2026-01-02T04:34:05.000Z",
    advanced: "1h30m0s",
  });
  expect(await clock()).toEqual({ now: "2026-01-02T04:34:05.000Z", rate: 1, paused: true });
  const changed = await okJson(await cluster.call("PATCH", "/clock", { rate: 60, paused: true }));
  expect(changed).toEqual({ now: "2026-01-02T04:34:05.000Z", rate: 60, paused: true });
});

test("advancing until idle ends when a rollout has ended", async () => {
  const cluster = await newCluster({ clock: { paused: true } });
  await cluster.settle();
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: pod });
  const { settled, advanced } = await cluster.settle("5m");
  expect(settled).toBe(true);
  expect(advanced).not.toBe("0s");
  expect(await cluster.kubectlOk(["get", "pod", "one", "-o", "jsonpath={.status.phase}"])).toBe("Running");
  expect((await cluster.settle()).advanced).toBe("0s");
});

const pod = `
apiVersion: v1
kind: Pod
metadata: { name: one, labels: { app: one } }
spec: { containers: [{ name: hello, image: "gcr.io/google-samples/hello-app:1.0" }] }
`;

test.each([
  { body: {}, pointer: "#/by" },
  { body: { by: "5m", until: "idle" }, pointer: "#/by" },
  { body: { by: "5 minutes" }, pointer: "#/by" },
  { body: { until: "tomorrow" }, pointer: "#/until" },
  { body: { by: "5m", limit: "1h" }, pointer: "#/limit" },
])("advance $body is refused at $pointer", async ({ body, pointer }) => {
  const cluster = await newCluster({ nodes: 0 });
  const { errors } = await problem(await cluster.call("POST", "/clock/advance", body), 422);
  expect(errors?.map((error) => error.pointer)).toContain(pointer);
});

test("OpenAPI describes the routes that work, and the docs load nothing", async () => {
  const document = await okJson<{ openapi: string; paths: Record<string, object> }>(
    await fetch(`${inject("origin")}/api/openapi.json`),
  );
  expect(document.openapi).toBe("3.1.0");
  expect(Object.keys(document.paths).sort()).toEqual([
    "/api/v1/attempts",
    "/api/v1/attempts/{id}/grade",
    "/api/v1/clusters",
    "/api/v1/clusters/{id}",
    "/api/v1/clusters/{id}/clock",
    "/api/v1/clusters/{id}/clock/advance",
    "/api/v1/clusters/{id}/explain",
    "/api/v1/clusters/{id}/explain/pods/{namespace}/{name}",
    "/api/v1/clusters/{id}/faults",
    "/api/v1/clusters/{id}/faults/{fault}",
    "/api/v1/clusters/{id}/kubeconfig",
    "/api/v1/clusters/{id}/nodes",
    "/api/v1/clusters/{id}/nodes/{node}",
    "/api/v1/clusters/{id}/reset",
    "/api/v1/clusters/{id}/snapshots",
    "/api/v1/clusters/{id}/traffic",
    "/api/v1/clusters/{id}/traffic/{run}",
    "/api/v1/grade",
    "/api/v1/labs",
    "/api/v1/labs/{slug}",
    "/api/v1/snapshots/{id}",
    "/api/v1/snapshots/{id}/manifests",
  ]);
  const page = await (await fetch(`${inject("origin")}/api/docs`)).text();
  expect(page).toContain("POST /api/v1/clusters");
  expect(page).not.toMatch(/<(script|link|img|iframe)\b|@import|url\(/);
});
