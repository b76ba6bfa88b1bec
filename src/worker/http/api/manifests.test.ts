/**
 * Goal: of a cluster's objects remain those that somebody wrote, with the fields that somebody wrote.
 * Method: rows as a journal has them, and the YAML that is made of them.
 */
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { manifestsOf } from "#worker/http/api/manifests";

let revision = 0;

function row(bucket: string, object: object, metadata: object = {}) {
  revision += 1;
  const meta = { name: "a", namespace: "default", uid: "u", resourceVersion: String(revision), ...metadata };
  const { namespace, name } = meta;
  return {
    revision,
    bucket,
    namespace,
    name,
    json: JSON.stringify({ apiVersion: "v1", kind: "K", metadata: meta, ...object }),
  };
}

const documents = (rows: Parameters<typeof manifestsOf>[0]): unknown[] =>
  parseAllDocuments(manifestsOf(rows)).map((document) => document.toJS());

test("what a server made is left out", () => {
  const owned = { ownerReferences: [{ uid: "o", kind: "ReplicaSet", name: "rs", controller: true }] };
  expect(
    manifestsOf([
      row("pods", {}, owned),
      row("events", {}),
      row("nodes", {}),
      row("endpointslices.discovery.k8s.io", {}),
      row("serviceaccounts", {}, { name: "default" }),
      row("configmaps", {}, { name: "kube-root-ca.crt" }),
      row("services", {}, { name: "kubernetes" }),
      row("namespaces", {}, { name: "default", namespace: "" }),
      row("configmaps", {}, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    ]),
  ).toBe("");
});

test("a Service loses what was allocated and keeps what was chosen", () => {
  const ports = [{ port: 80, nodePort: 30080 }];
  const spec = { clusterIP: "10.96.0.9", clusterIPs: ["10.96.0.9"], ipFamilies: ["IPv4"], ports };
  const specOf = (type: string, more = {}) =>
    (documents([row("services", { spec: { ...spec, ...more, type }, status: {} })])[0] as { spec: unknown }).spec;
  expect(specOf("NodePort")).toEqual({ type: "NodePort", ports });
  expect(specOf("LoadBalancer")).toEqual({ type: "LoadBalancer", ports: [{ port: 80 }] });
  expect(specOf("ClusterIP", { clusterIP: "None" })).toMatchObject({ clusterIP: "None" });
});

test("a Pod loses its node, its token and the server's tolerations", () => {
  const token = { name: "kube-api-access-x7x7x", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" };
  const data = { name: "data", mountPath: "/data" };
  const spec = {
    nodeName: "node-1",
    containers: [{ name: "c", image: "i", volumeMounts: [token, data] }],
    volumes: [{ name: "kube-api-access-x7x7x" }, { name: "data", emptyDir: {} }],
    tolerations: [{ key: "node.kubernetes.io/not-ready" }, { key: "mine" }],
  };
  expect(documents([row("pods", { spec })])).toMatchObject([
    {
      metadata: { name: "a", namespace: "default" },
      spec: {
        containers: [{ name: "c", image: "i", volumeMounts: [data] }],
        volumes: [{ name: "data", emptyDir: {} }],
        tolerations: [{ key: "mine" }],
      },
    },
  ]);
  expect(manifestsOf([row("pods", { spec })])).not.toMatch(/nodeName|kube-api-access|uid|resourceVersion/);
});

test("namespaces come first, and annotations of the server go", () => {
  const rows = [
    row("deployments.apps", {}, { annotations: { "deployment.kubernetes.io/revision": "3", mine: "yes" } }),
    row("configmaps", { data: { on: "yes" } }),
    row("namespaces", { spec: { finalizers: ["kubernetes"] } }, { name: "shop", namespace: undefined }),
  ];
  expect(documents(rows)).toEqual([
    { apiVersion: "v1", kind: "K", metadata: { name: "shop" } },
    { apiVersion: "v1", kind: "K", metadata: { name: "a", namespace: "default" }, data: { on: "yes" } },
    { apiVersion: "v1", kind: "K", metadata: { name: "a", namespace: "default", annotations: { mine: "yes" } } },
  ]);
});

test("claims and volumes lose what the binder wrote, and volumes that were made are left to be made again", () => {
  const ours = { "pv.kubernetes.io/bound-by-controller": "yes" };
  const claimRef = { kind: "PersistentVolumeClaim", namespace: "default", name: "a", uid: "u", resourceVersion: "1" };
  const finalizers = ["kubernetes.io/pv-protection", "example.com/mine"];
  const rows = [
    row("persistentvolumeclaims", { spec: { volumeName: "pv" } }, { annotations: ours, finalizers }),
    row("persistentvolumes", { spec: { claimRef } }, { name: "ours", annotations: ours }),
    row("persistentvolumes", { spec: { claimRef } }, { name: "users" }),
    row("persistentvolumes", {}, { name: "made", annotations: { "pv.kubernetes.io/provisioned-by": "x" } }),
    row("volumeattachments.storage.k8s.io", {}),
  ];
  expect(documents(rows)).toEqual([
    {
      apiVersion: "v1",
      kind: "K",
      metadata: { name: "a", namespace: "default", finalizers: ["example.com/mine"] },
      spec: {},
    },
    { apiVersion: "v1", kind: "K", metadata: { name: "ours", namespace: "default" }, spec: {} },
    {
      apiVersion: "v1",
      kind: "K",
      metadata: { name: "users", namespace: "default" },
      spec: { claimRef: { kind: "PersistentVolumeClaim", namespace: "default", name: "a" } },
    },
  ]);
});
