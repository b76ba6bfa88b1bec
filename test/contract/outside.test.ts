/**
 * Goal: below /x/ one sees what a machine outside the cluster would see, and nothing there can read our own pages.
 * Method: a real workload behind a Service, looked at over HTTP.
 */
import { beforeAll, expect, inject, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: hello, labels: { app: hello } }
spec:
  replicas: 2
  selector: { matchLabels: { app: hello } }
  template:
    metadata: { labels: { app: hello } }
    spec: { containers: [{ name: hello, image: "gcr.io/google-samples/hello-app:1.0" }] }
---
apiVersion: v1
kind: Service
metadata: { name: hello }
spec: { type: NodePort, selector: { app: hello }, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }
`;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await newCluster();
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: MANIFESTS });
  await cluster.settle();
});

const look = (address: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${inject("origin")}/x/${cluster.id}.${cluster.key}/${address}`, { redirect: "manual", ...init });

test("a NodePort answers at a node's address", async () => {
  const response = await look("172.18.0.2:30080/");
  expect(response.status).toBe(200);
  expect(await response.text()).toContain("Hello, world!");
});

test("a page is sandboxed and never told its own address", async () => {
  const { headers } = await look("172.18.0.2:30080/");
  expect(headers.get("content-security-policy")).toMatch(/^sandbox /);
  expect(headers.get("content-security-policy")).not.toContain("allow-same-origin");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
});

test("nothing listening is 502 with the reason", async () => {
  const refused = await look("172.18.0.2:30081/");
  expect(refused.status).toBe(502);
  expect(await refused.text()).toContain("connection refused");
  expect(await (await look("nowhere.example/")).text()).toContain("no such host");
});

test("a wrong key sees nothing, a bad address is named, WebSocket is refused", async () => {
  expect((await fetch(`${inject("origin")}/x/${cluster.id}.wrong/172.18.0.2:30080/`)).status).toBe(401);
  expect((await look("172.18.0.2:99999/")).status).toBe(400);
});
