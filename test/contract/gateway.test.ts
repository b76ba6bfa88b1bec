/**
 * Goal: with the Gateway API's definitions installed, kubectl makes Gateways that serve and say so.
 * Method: definitions of its kinds, a Gateway and an HTTPRoute with weights through the real kubectl; requests from
 * outside.
 */
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const GROUP = "gateway.networking.k8s.io";

function definition(kind: string, plural: string, scope: "Cluster" | "Namespaced") {
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const schema = { openAPIV3Schema: { type: "object", properties: { spec: open, status: open } } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${GROUP}`,
      annotations: { "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api/pull/3328" },
    },
    spec: {
      group: GROUP,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: "v1", served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
}

let cluster: TestCluster;
const apply = (...items: object[]): Promise<string> =>
  cluster.kubectlOk(["apply", "-f", "-"], { stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });

beforeAll(async () => {
  cluster = await newCluster({ nodes: 1, latency: "none" });
  await apply(
    definition("GatewayClass", "gatewayclasses", "Cluster"),
    definition("Gateway", "gateways", "Namespaced"),
    definition("HTTPRoute", "httproutes", "Namespaced"),
  );
  for (const [name, version] of [
    ["v1", "1.0"],
    ["v2", "2.0"],
  ] as const) {
    await cluster.kubectlOk([
      "run",
      name,
      `--image=gcr.io/google-samples/hello-app:${version}`,
      "--port=8080",
      "--expose",
    ]);
  }
  await cluster.settle();
});
afterAll(() => cluster?.delete());

test("a Gateway of the cluster's class serves a route by weight", async () => {
  expect(await cluster.kubectlOk(["get", "gatewayclass", "drydock", "-o", "jsonpath={.spec.controllerName}"])).toBe(
    "drydock.dev/gateway-controller",
  );
  await apply(
    {
      apiVersion: `${GROUP}/v1`,
      kind: "Gateway",
      metadata: { name: "web" },
      spec: { gatewayClassName: "drydock", listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
    },
    {
      apiVersion: `${GROUP}/v1`,
      kind: "HTTPRoute",
      metadata: { name: "split" },
      spec: {
        parentRefs: [{ name: "web" }],
        hostnames: ["hello.example"],
        rules: [
          {
            backendRefs: [
              { name: "v1", port: 8080, weight: 1 },
              { name: "v2", port: 8080, weight: 1 },
            ],
          },
        ],
      },
    },
  );
  await cluster.kubectlOk(["wait", "--for=condition=Programmed", "gateway/web", "--timeout=20s"]);
  const status = JSON.parse(await cluster.kubectlOk(["get", "gateway", "web", "-o", "json"])).status;
  expect(status.listeners[0]).toMatchObject({ name: "http", attachedRoutes: 1 });
  const seen = new Set<string>();
  for (let n = 0; n < 30; n += 1) {
    const answer = await fetch(`${inject("origin")}/x/${cluster.id}.${cluster.key}/hello.example/`);
    seen.add(/Version: (\S+)/.exec(await answer.text())?.[1] ?? String(answer.status));
  }
  expect([...seen].sort()).toEqual(["1.0.0", "2.0.0"]);
  const parents = ["get", "httproute", "split", "-o", "jsonpath={.status.parents[0].conditions[*].reason}"];
  expect(await cluster.kubectlOk(parents)).toBe("Accepted ResolvedRefs");
});
