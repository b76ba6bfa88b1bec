/**
 * Goal: a snapshot keeps a cluster as it is; a fork goes on from there on its own; its manifests make it again.
 * Method: snapshots, forks and manifests of a running cluster, looked at with kubectl.
 */
import { beforeAll, expect, inject, test } from "vitest";
import { newCluster, okJson, type TestCluster } from "#test/support/cluster";

const MANIFESTS = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: colours, namespace: shop }
data: { sky: blue }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: hello, namespace: shop, labels: { app: hello } }
spec:
  replicas: 2
  selector: { matchLabels: { app: hello } }
  template:
    metadata: { labels: { app: hello } }
    spec: { containers: [{ name: hello, image: "gcr.io/google-samples/hello-app:1.0" }] }
---
apiVersion: v1
kind: Service
metadata: { name: hello, namespace: shop }
spec: { selector: { app: hello }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: alone, namespace: shop }
spec: { containers: [{ name: hello, image: "gcr.io/google-samples/hello-app:2.0" }] }
`;

interface Made {
  readonly id: string;
  readonly url: string;
}

let cluster: TestCluster;
let snapshot: Made;

const everything = (of: TestCluster): Promise<string> =>
  of.kubectlOk(["get", "deploy,rs,pods,svc,cm,ns", "-A", "-o", "json"]);

beforeAll(async () => {
  cluster = await newCluster({ clock: { paused: true, now: "2026-01-01T00:00:00Z" }, seed: 7 });
  await cluster.settle();
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: MANIFESTS });
  await cluster.settle();
  snapshot = await okJson<Made>(await cluster.call("POST", "/snapshots", { name: "a shop" }));
});

const read = (path: string): Promise<Response> => fetch(`${inject("origin")}/api/v1/snapshots/${path}`);

test("a snapshot is public and tells its name, its time and its size", async () => {
  const { now } = await okJson<{ now: string }>(await cluster.call("GET", "/clock"));
  expect(await okJson(await read(snapshot.id))).toMatchObject({
    id: snapshot.id,
    name: "a shop",
    url: snapshot.url,
    now,
  });
  expect((await read("nothing")).status).toBe(404);
});

test("a fork has the same objects, logs and clock, and a key of its own", async () => {
  const fork = await newCluster({ snapshot: snapshot.id });
  expect([fork.id, fork.key]).not.toEqual([cluster.id, cluster.key]);
  expect(await everything(fork)).toBe(await everything(cluster));
  const logs = ["logs", "-n", "shop", "alone"];
  expect(await fork.kubectlOk(logs)).toBe(await cluster.kubectlOk(logs));
  expect(await okJson(await fork.call("GET", "/clock"))).toEqual(await okJson(await cluster.call("GET", "/clock")));
});

test("a fork goes its own way", async () => {
  const fork = await newCluster({ snapshot: snapshot.id });
  const before = await everything(cluster);
  await fork.kubectlOk(["delete", "pod", "-n", "shop", "-l", "app=hello", "--wait=false"]);
  await fork.settle();
  expect(await everything(fork)).not.toBe(before);
  expect(await everything(cluster)).toBe(before);
  expect(await fork.kubectlOk(["get", "deploy", "-n", "shop", "hello", "-o", "jsonpath={.status.readyReplicas}"])).toBe(
    "2",
  );
});

test("equal forks that are asked the same at the same instants stay equal", async () => {
  const forks = await Promise.all([1, 2].map(() => newCluster({ snapshot: snapshot.id })));
  for (const fork of forks) {
    await fork.kubectlOk(["delete", "pod", "-n", "shop", "-l", "app=hello", "--wait=false"]);
    await fork.advance({ by: "2m" });
  }
  const [one, other] = await Promise.all(forks.map(everything));
  expect(one).toBe(other);
});

test("a fork takes what it is from its snapshot and refuses to be told otherwise", async () => {
  const response = await fetch(`${inject("origin")}/api/v1/clusters`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ snapshot: snapshot.id, nodes: 5 }),
  });
  expect(response.status).toBe(422);
  expect((await newCluster({ snapshot: "nothing" }).catch(String)) as unknown as string).toContain("404");
});

test("the manifests hold what somebody wrote and nothing that a server made", async () => {
  const response = await read(`${snapshot.id}/manifests`);
  expect(response.headers.get("content-type")).toContain("text/yaml");
  const text = await response.text();
  for (const made of [
    "ReplicaSet",
    "uid:",
    "resourceVersion",
    "creationTimestamp",
    "status:",
    "kube-root-ca",
    "nodeName",
  ]) {
    expect(text).not.toContain(made);
  }
  const kinds = [...text.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind);
  expect(kinds).toEqual(["Namespace", "ConfigMap", "Service", "Pod", "Deployment"]);
});

test("the manifests make the same again in an empty cluster", async () => {
  const text = await (await read(`${snapshot.id}/manifests`)).text();
  const empty = await newCluster();
  await empty.kubectlOk(["apply", "-f", "-"], { stdin: text });
  await empty.settle();
  expect(
    await empty.kubectlOk(["get", "deploy", "-n", "shop", "hello", "-o", "jsonpath={.status.readyReplicas}"]),
  ).toBe("2");
  const again = await okJson<Made>(await empty.call("POST", "/snapshots", {}));
  const theirs = await (await read(`${again.id}/manifests`)).text();
  expect(theirs.split("---\n").sort()).toEqual(text.split("---\n").sort());
});
