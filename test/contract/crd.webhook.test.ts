/**
 * Goal: objects pass between the versions of a kind by its webhook, whichever is stored, and are told to be out of
 * reach while the webhook is.
 * Method: agnhost's conversion webhook behind a Service, as upstream's conformance tests set it up, through kubectl.
 */
import { beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const CA = btoa("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

const SERVER = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: converter}
spec:
  selector: {matchLabels: {app: converter}}
  template:
    metadata: {labels: {app: converter}}
    spec:
      containers:
      - name: c
        image: registry.k8s.io/e2e-test-images/agnhost:2.53
        args: [crd-conversion-webhook, --tls-cert-file=/c/tls.crt, --tls-private-key-file=/c/tls.key, --port=9444]
        readinessProbe: {httpGet: {scheme: HTTPS, port: 9444, path: /readyz}}
---
apiVersion: v1
kind: Service
metadata: {name: e2e-test-crd-conversion-webhook}
spec: {selector: {app: converter}, ports: [{port: 9443, targetPort: 9444}]}
`;

const text = (...names: string[]): string => names.map((name) => `${name}: {type: string}`).join(", ");

const kind = (stored: "v1" | "v2"): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: hosts.stable.example.com}
spec:
  group: stable.example.com
  names: {kind: Host, plural: hosts}
  scope: Namespaced
  conversion:
    strategy: Webhook
    webhook:
      clientConfig:
        caBundle: ${CA}
        service: {namespace: default, name: e2e-test-crd-conversion-webhook, port: 9443, path: /crdconvert}
      conversionReviewVersions: [v1, v1beta1]
  versions:
  - name: v1
    served: true
    storage: ${stored === "v1"}
    schema: {openAPIV3Schema: {type: object, properties: {${text("hostPort")}}}}
  - name: v2
    served: true
    storage: ${stored === "v2"}
    schema: {openAPIV3Schema: {type: object, properties: {${text("host", "port")}}}}
`;

let cluster: TestCluster;
const apply = (stdin: string) => cluster.kubectlOk(["apply", "-f", "-"], { stdin });
const get = (what: string, path: string) => cluster.kubectlOk(["get", ...what.split(" "), "-o", `jsonpath=${path}`]);

beforeAll(async () => {
  cluster = await newCluster({ latency: "none", nodes: 1 });
  await apply(SERVER);
  await cluster.settle();
  await apply(kind("v1"));
});

test("objects of both versions are read in both, whichever is stored", async () => {
  await apply("{apiVersion: stable.example.com/v1, kind: Host, metadata: {name: one}, hostPort: 'localhost:8080'}");
  expect(await get("hosts.v2.stable.example.com one", "{.apiVersion} {.host} {.port}")).toBe(
    "stable.example.com/v2 localhost 8080",
  );
  await apply(kind("v2"));
  await apply("{apiVersion: stable.example.com/v2, kind: Host, metadata: {name: two}, host: example, port: '80'}");
  expect(await get("hosts.v1.stable.example.com", "{.items[*].hostPort}")).toBe("localhost:8080 example:80");
  expect(await get("hosts.v2.stable.example.com", "{.items[*].port}")).toBe("8080 80");
  expect(await get("crd hosts.stable.example.com", "{.status.storedVersions}")).toBe('["v1","v2"]');
});

test("who cannot reach the webhook is told so, and nobody is harmed", async () => {
  await cluster.kubectlOk(["delete", "service", "e2e-test-crd-conversion-webhook"]);
  await apply("{apiVersion: stable.example.com/v2, kind: Host, metadata: {name: three}, host: other, port: '81'}");
  const { stderr } = await cluster.kubectl(["get", "hosts.v1.stable.example.com", "three"]);
  expect(stderr).toBe(
    "Error from server: conversion webhook for stable.example.com/v2, Kind=Host failed: " +
      'Post "https://e2e-test-crd-conversion-webhook.default.svc:9443/crdconvert?timeout=30s": ' +
      'service "e2e-test-crd-conversion-webhook" not found\n',
  );
  expect(await get("hosts.v2.stable.example.com three", "{.port}")).toBe("81");
  await cluster.kubectlOk(["delete", "crd", "hosts.stable.example.com", "--wait=false"]);
  expect(await get("crd hosts.stable.example.com", '{.status.conditions[?(@.type=="Terminating")].reason}')).toBe(
    "InstanceDeletionFailed",
  );
  await apply(SERVER);
  await cluster.settle();
  expect((await cluster.kubectl(["get", "crd", "hosts.stable.example.com"])).stderr).toContain("(NotFound)");
});
