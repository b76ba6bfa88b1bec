/**
 * Goal: a cluster survives its server, and even its own storage.
 * Method: stop and kill the server in the middle of a rollout, wipe the Durable Object storage, look with kubectl.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";
import { TestServer } from "#test/support/server";

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(() => server.stop());

async function rollingCluster(): Promise<TestCluster> {
  const cluster = await newCluster({ clock: { paused: true } }, server.origin);
  await cluster.kubectlOk(["create", "deployment", "web", "--image=nginx:1.27", "--replicas=4"]);
  await cluster.kubectlOk(["patch", "deployment", "web", "-p", '{"spec":{"minReadySeconds":10}}']);
  await cluster.settle();
  await cluster.kubectlOk(["set", "image", "deployment/web", "nginx=nginx:1.28"]);
  await cluster.advance({ by: "5s" });
  const rollout = await cluster.kubectlOk(["get", "deploy", "web", "-o", "jsonpath={.status.updatedReplicas}"]);
  expect(Number(rollout)).toBeLessThan(4);
  return cluster;
}

async function expectFinished(cluster: TestCluster): Promise<void> {
  await cluster.settle();
  expect(await cluster.kubectlOk(["get", "deploy", "web", "-o", "wide"])).toMatch(/web +4\/4 +4 +4 .*nginx:1\.28/);
  expect((await cluster.kubectlOk(["get", "pods", "--no-headers"])).trim().split("\n")).toHaveLength(4);
}

test("a rollout goes on where it stood when the server is stopped and started", async () => {
  const cluster = await rollingCluster();
  const before = await cluster.kubectlOk(["get", "deploy,rs,pods", "-o", "json"]);
  await server.restart();
  expect(await cluster.kubectlOk(["get", "deploy,rs,pods", "-o", "json"])).toBe(before);
  await expectFinished(cluster);
});

test("and when it is killed", async () => {
  const cluster = await rollingCluster();
  await server.crash();
  await expectFinished(cluster);
});

test("a client that resumes from its resourceVersion misses nothing over a restart", async () => {
  const cluster = await rollingCluster();
  const { metadata } = (await (await cluster.api("/api/v1/namespaces/default/pods")).json()) as {
    metadata: { resourceVersion: string };
  };
  await server.restart();
  await expectFinished(cluster);
  const watch = await cluster.api(
    `/api/v1/namespaces/default/pods?watch=1&resourceVersion=${metadata.resourceVersion}&timeoutSeconds=1`,
  );
  const events = (await watch.text())
    .split("\n")
    .filter((line) => line !== "")
    .map(
      (line) => JSON.parse(line) as { type: string; object: { metadata: { name: string; resourceVersion: string } } },
    );
  const revisions = events.map(({ object }) => Number(object.metadata.resourceVersion));
  expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  const names = new Set(events.filter(({ type }) => type === "ADDED").map(({ object }) => object.metadata.name));
  for (const { type, object } of events) if (type === "DELETED") names.delete(object.metadata.name);
  const pods = (await cluster.kubectlOk(["get", "pods", "-o", "name"])).trim().split("\n");
  expect(pods.map((pod) => pod.replace("pod/", ""))).toEqual(expect.arrayContaining([...names]));
});

test("a cluster whose storage is lost comes back from D1", async () => {
  const cluster = await rollingCluster();
  await expectFinished(cluster);
  const before = await cluster.kubectlOk(["get", "deploy,rs,pods,svc,cm", "-A", "-o", "json"]);
  // The copy in D1 is at most a few seconds behind.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  await server.restart(() => server.wipeClusterStorage());
  expect(await cluster.kubectlOk(["get", "deploy,rs,pods,svc,cm", "-A", "-o", "json"])).toBe(before);
  await cluster.kubectlOk(["scale", "deployment/web", "--replicas=5"]);
  await cluster.settle();
  expect(await cluster.kubectlOk(["get", "deploy", "web"])).toMatch(/web +5\/5/);
});
