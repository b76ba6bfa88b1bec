/**
 * Goal: an API server of one's own, behind a Service, becomes part of the API as upstream's test of the aggregator has
 * it: found by discovery, asked with kubectl, unavailable when its pods are gone.
 * Method: upstream's sample API server in a pod, a Service, an APIService; kubectl 1.35 and raw requests.
 */
import { beforeAll, expect, test } from "vitest";
import { applied } from "#test/support/admission";
import { newCluster, type TestCluster } from "#test/support/cluster";

let cluster: TestCluster;
const CA = btoa("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
const HOME = "/apis/wardle.example.com/v1alpha1";

beforeAll(async () => {
  cluster = await newCluster({ latency: "none", nodes: 1 });
  const labels = { app: "sample-apiserver", apiserver: "true" };
  const containers = [
    {
      ...{ name: "sample-apiserver", image: "registry.k8s.io/e2e-test-images/sample-apiserver:1.29.2" },
      args: ["--etcd-servers=http://localhost:2379", "--audit-log-path=-"],
    },
    {
      ...{ name: "etcd", image: "registry.k8s.io/etcd:3.6.5-0" },
      command: ["/usr/local/bin/etcd", "--listen-client-urls", "http://127.0.0.1:2379"],
    },
  ];
  await applied(
    cluster,
    {
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "sample-apiserver-deployment" } },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    },
    {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name: "sample-api" } },
      spec: { selector: { apiserver: "true" }, ports: [{ port: 7443, targetPort: 443 }] },
    },
    {
      ...{ apiVersion: "apiregistration.k8s.io/v1", kind: "APIService" },
      metadata: { name: "v1alpha1.wardle.example.com" },
      spec: {
        ...{ group: "wardle.example.com", version: "v1alpha1", groupPriorityMinimum: 2000, versionPriority: 200 },
        ...{ service: { namespace: "default", name: "sample-api", port: 7443 }, caBundle: CA },
      },
    },
  );
  await cluster.settle();
});

const flunder = (name: string, more: object = {}) => ({
  ...{ apiVersion: "wardle.example.com/v1alpha1", kind: "Flunder", metadata: { name, labels: { sample: "true" } } },
  ...more,
});

const send = (path: string, method: string, body?: object, type = "application/json") =>
  cluster.api(path, {
    ...{ method, headers: { "content-type": type } },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

test("kubectl finds, makes, changes and deletes what it serves", async () => {
  const kubectlOk = (args: string[]) => cluster.kubectlOk(args);
  expect(await kubectlOk(["get", "apiservice", "v1alpha1.wardle.example.com"])).toContain("True");
  expect(await kubectlOk(["api-resources", "--api-group=wardle.example.com", "-o", "name"])).toBe(
    "fischers.wardle.example.com\nflunders.wardle.example.com\n",
  );
  await applied(cluster, flunder("one"), flunder("two", { spec: { reference: "r" } }));
  await kubectlOk(["label", "flunder", "one", "colour=red"]);
  expect(await kubectlOk(["get", "flunders", "-l", "colour=red", "-o", "name"])).toBe(
    "flunder.wardle.example.com/one\n",
  );
  expect(await kubectlOk(["get", "flunder", "two", "-o", "jsonpath={.spec.reference}"])).toBe("r");
  const twice = await cluster.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(flunder("two")) });
  expect(twice.stderr).toContain('flunders.wardle.example.com "two" already exists');
  await kubectlOk(["delete", "flunder", "one", "--wait=false"]);
  await kubectlOk(["delete", "flunders", "--all", "--wait=false"]);
  expect(await kubectlOk(["get", "flunders", "-o", "name"])).toBe("");
});

test("what it refuses reaches the client as it is", async () => {
  const fischer = { apiVersion: "wardle.example.com/v1alpha1", kind: "Fischer", metadata: { name: "f" } };
  expect((await send(`${HOME}/fischers`, "POST", { ...fischer, disallowedFlunders: ["bad"] })).status).toBe(201);
  const banned = await send(`${HOME}/namespaces/default/flunders`, "POST", flunder("bad"));
  expect([banned.status, await banned.json()]).toMatchObject([403, { reason: "Forbidden" }]);
  for (const body of [{ metadata: 1 }, { metadata: { labels: { a: 1 } } }, { kind: "Pod" }, [], "x"]) {
    expect((await send(`${HOME}/namespaces/default/flunders`, "POST", body as object)).status).toBe(400);
  }
  const large = { ...flunder("large"), metadata: { name: "large", annotations: { a: "x".repeat(50_000) } } };
  expect((await send(`${HOME}/namespaces/default/flunders`, "POST", large)).status).toBe(413);
  expect((await send(`${HOME}/namespaces/default/flunders?watch=1`, "GET")).status).toBe(405);
  expect((await send(`${HOME}/nothing`, "GET")).status).toBe(404);
  const made = (await (await send(`${HOME}/namespaces/default/flunders`, "POST", flunder("c"))).json()) as object;
  expect((await send(`${HOME}/namespaces/default/flunders/c`, "PUT", made)).status).toBe(200);
  expect((await send(`${HOME}/namespaces/default/flunders/c`, "PUT", made)).status).toBe(409);
});

test("without its pods it is unavailable, and says so", async () => {
  await cluster.kubectlOk(["scale", "deployment", "sample-apiserver-deployment", "--replicas=0"]);
  await cluster.settle();
  expect((await send(`${HOME}/namespaces/default/flunders`, "GET")).status).toBe(503);
  const reason = "jsonpath={.status.conditions[0].status} {.status.conditions[0].reason}";
  expect(await cluster.kubectlOk(["get", "apiservice", "v1alpha1.wardle.example.com", "-o", reason])).toMatch(
    /^False (MissingEndpoints|EndpointsNotFound)$/,
  );
});
