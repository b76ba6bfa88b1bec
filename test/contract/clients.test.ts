/**
 * Goal: programs written with the client libraries of Python, Ruby and JavaScript work unchanged.
 * Method: the same day told by a program in each (list, watch, log, exec, patch, errors), over https as they want it;
 * Python and Ruby come from the distribution and are skipped where they are not.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  AppsV1Api,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  type KubernetesObject,
  makeInformer,
  setHeaderOptions,
  V1MicroTime,
  type V1Pod,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";
import { startKubectl } from "#test/support/kubectl";
import { TestServer } from "#test/support/server";

const STORIES = join(dirname(fileURLToPath(import.meta.url)), "clients");
const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const PYTHON = has("/usr/bin/python3", "-c", "import kubernetes.stream");
const RUBY = has("/usr/bin/ruby", "-e", 'require "kubeclient"');

let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await TestServer.start({ isHttps: true });
  folder = mkdtempSync(join(tmpdir(), "drydock-clients-"));
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Our own API is asked in plain words: the certificate is for those who verify it. */
async function secureCluster(): Promise<TestCluster> {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  try {
    return await newCluster({ latency: "none" }, server.origin);
  } finally {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  }
}

/** Runs a story against a new cluster; what it saw. */
async function tell(command: string, story: string): Promise<unknown> {
  const { kubeconfig } = await secureCluster();
  const path = join(folder, `${story}.yaml`);
  writeFileSync(path, kubeconfig, { mode: 0o600 });
  return new Promise((resolve, reject) => {
    execFile(command, [join(STORIES, story), path], { timeout: 100_000 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${story}: ${stderr}`));
      else resolve(JSON.parse(stdout));
    });
  });
}

test.skipIf(!PYTHON)("python3-kubernetes (skipped where it is not installed)", async () => {
  expect(await tell("/usr/bin/python3", "story.py")).toEqual({
    version: expect.stringMatching(/^v1\.36\./),
    ready: 2,
    log: true,
    exec: "out\nerr\n",
    typed: "typed",
    code: 3,
    scaled: 3,
    made: { a: "b" },
    missing: [404, "NotFound"],
    refused: 422,
    generic: ["web"],
  });
});

test.skipIf(!RUBY)("ruby-kubeclient (skipped where it is not installed)", async () => {
  expect(await tell("/usr/bin/ruby", "story.rb")).toEqual({
    nodes: 3,
    ready: 2,
    log: true,
    scaled: 3,
    missing: expect.stringContaining('pods "nobody" not found'),
  });
});

function configOf({ kubeconfig }: TestCluster): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return config;
}

test("an informer of @kubernetes/client-node sees every change once, in order", async () => {
  const cluster = await secureCluster();
  const config = configOf(cluster);
  const core = config.makeApiClient(CoreV1Api);
  const list = () => core.listNamespacedConfigMap({ namespace: "default", labelSelector: "seen=yes" });
  const informer = makeInformer<KubernetesObject>(config, "/api/v1/namespaces/default/configmaps", list, "seen=yes");
  const seen: string[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    informer.on("add", ({ metadata }) => seen.push(`add ${metadata?.name}`));
    informer.on("update", ({ metadata }) => seen.push(`update ${metadata?.name}`));
    informer.on("delete", ({ metadata }) => {
      seen.push(`delete ${metadata?.name}`);
      resolve();
    });
    informer.on("error", reject);
  });
  const body = (name: string) => ({ metadata: { name, labels: { seen: "yes" } } });
  await core.createNamespacedConfigMap({ namespace: "default", body: body("before") });
  await informer.start();
  await core.createNamespacedConfigMap({ namespace: "default", body: body("after") });
  await core.patchNamespacedConfigMap(
    { name: "after", namespace: "default", body: { data: { a: "b" } } },
    setHeaderOptions("Content-Type", "application/merge-patch+json"),
  );
  await core.deleteNamespacedConfigMap({ name: "before", namespace: "default" });
  await ended;
  await informer.stop();
  expect(seen).toEqual(["add before", "add after", "update after", "delete before"]);
  expect(informer.list().map(({ metadata }) => metadata?.name)).toEqual(["after"]);
});

test("one of two candidates is elected by a Lease, and the other takes over when it is released", async () => {
  const cluster = await secureCluster();
  const leases = configOf(cluster).makeApiClient(CoordinationV1Api);
  const namespace = "default";
  const claim = async (holder: string): Promise<number> => {
    const current = await leases.readNamespacedLease({ name: "leader", namespace });
    const held = current.spec?.holderIdentity ?? "";
    if (held !== "" && held !== holder) return 0;
    const spec = { ...current.spec, holderIdentity: holder, leaseDurationSeconds: 15, renewTime: new V1MicroTime() };
    return leases.replaceNamespacedLease({ name: "leader", namespace, body: { ...current, spec } }).then(
      () => 1,
      (error: { code: number }) => error.code,
    );
  };
  await leases.createNamespacedLease({ namespace, body: { metadata: { name: "leader" } } });
  const outcomes = await Promise.all(["a", "b", "c", "d"].map(claim));
  expect(outcomes.filter((outcome) => outcome === 1)).toHaveLength(1);
  expect(outcomes.every((outcome) => [0, 1, 409].includes(outcome))).toBe(true);
  const lease = await leases.readNamespacedLease({ name: "leader", namespace });
  await leases.replaceNamespacedLease({
    name: "leader",
    namespace,
    body: { ...lease, spec: { ...lease.spec, holderIdentity: "" } },
  });
  expect(await claim("next")).toBe(1);
});

test("typed calls of @kubernetes/client-node: create, list by field, patch, evict", async () => {
  const cluster = await secureCluster();
  const config = configOf(cluster);
  const [core, apps] = [config.makeApiClient(CoreV1Api), config.makeApiClient(AppsV1Api)];
  const spec: V1Pod["spec"] = { containers: [{ name: "box", image: "busybox", command: ["sleep", "infinity"] }] };
  await core.createNamespacedPod({ namespace: "default", body: { metadata: { name: "box" }, spec } });
  const pending = await core.listNamespacedPod({ namespace: "default", fieldSelector: "metadata.name=box" });
  expect(pending.items.map(({ spec: { containers } = { containers: [] } }) => containers[0]?.image)).toEqual([
    "busybox",
  ]);
  const eviction = { metadata: { name: "box", namespace: "default" } };
  await core.createNamespacedPodEviction({ name: "box", namespace: "default", body: eviction });
  const evicted = await core.readNamespacedPod({ name: "box", namespace: "default" });
  expect(evicted.metadata?.deletionTimestamp).toBeInstanceOf(Date);
  await expect(apps.readNamespacedDeployment({ name: "none", namespace: "default" })).rejects.toMatchObject({
    code: 404,
  });
});

test("kubectl proxy serves the API at its own root, for that cluster alone", async () => {
  const cluster = await secureCluster();
  await cluster.kubectlOk(["create", "configmap", "mine"]);
  const proxy = startKubectl(cluster, ["proxy", "--port=0"]);
  try {
    const port = await new Promise<string>((resolve, reject) => {
      proxy.stdout?.on("data", (chunk: Buffer) => {
        const [, found] = /127\.0\.0\.1:(\d+)/.exec(chunk.toString()) ?? [];
        if (found !== undefined) resolve(found);
      });
      proxy.once("exit", () => reject(new Error("kubectl proxy ended")));
    });
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).json();
    expect(await get("/api/")).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    expect(await get("/version")).toMatchObject({ gitVersion: expect.stringMatching(/^v1\.36/) });
    expect(await get("/api/v1/namespaces/default/configmaps/mine")).toMatchObject({ kind: "ConfigMap" });
    expect(await get("/apis/apps/v1/deployments?limit=1")).toMatchObject({ kind: "DeploymentList" });
  } finally {
    proxy.kill();
  }
  const nobody = await fetch(`${inject("origin")}/api/v1/nodes`, {
    headers: { authorization: `Bearer ${cluster.key}` },
  });
  expect(nobody.status).toBe(404);
});

test("a watch and a followed log come over a WebSocket to who asks for one, as to the Java client", async () => {
  const cluster = await newCluster({ nodes: 1, latency: "none" });
  const open = (path: string) => new WebSocket(`${cluster.server.replace(/^http/, "ws")}${path}`);
  const messages = (socket: WebSocket, count: number) =>
    new Promise<unknown[]>((resolve, reject) => {
      const seen: unknown[] = [];
      socket.binaryType = "arraybuffer";
      socket.addEventListener("message", ({ data }) => seen.push(data) === count && resolve(seen));
      socket.addEventListener("close", () => reject(new Error("the socket was closed")));
    });
  await cluster.kubectlOk(["create", "configmap", "one"]);
  const watch = open("/api/v1/namespaces/default/configmaps?watch=true&fieldSelector=metadata.name%3Done");
  const events = messages(watch, 2);
  const first = messages(watch, 1);
  await first;
  await cluster.kubectlOk(["delete", "configmap", "one"]);
  const types = (await events).map((text) => (JSON.parse(String(text)) as { type: string }).type);
  expect(types).toEqual(["ADDED", "DELETED"]);
  watch.close();
  await cluster.kubectlOk(["run", "box", "--image=busybox", "--", "sh", "-c", "echo said; sleep infinity"]);
  await cluster.settle();
  const log = open("/api/v1/namespaces/default/pods/box/log?follow=true");
  const [piece] = await messages(log, 1);
  expect(new TextDecoder().decode(piece as ArrayBuffer)).toBe("said\n");
  log.close();
  await cluster.delete();
});

test("who leaves a session is bidden farewell, and what was typed has arrived", async () => {
  const cluster = await newCluster({ nodes: 1, latency: "none" });
  await cluster.kubectlOk(["run", "box", "--image=busybox", "--", "sleep", "infinity"]);
  await cluster.settle();
  const query = new URLSearchParams([
    ...["sh", "-c", "cat > /tmp/typed"].map((word) => ["command", word]),
    ...["stdin", "stdout", "stderr"].map((stream) => [stream, "true"]),
  ]);
  const url = `${cluster.server.replace(/^http/, "ws")}/api/v1/namespaces/default/pods/box/exec?${query}`;
  const socket = new WebSocket(url, ["v4.channel.k8s.io"]);
  const farewell = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.send(new Uint8Array([0, ...new TextEncoder().encode("hello\n")]));
  socket.close(1000, "done");
  expect(await farewell).toMatchObject({ code: 1000, wasClean: true });
  expect(await cluster.kubectlOk(["exec", "box", "--", "cat", "/tmp/typed"])).toBe("hello\n");
  await cluster.delete();
});
