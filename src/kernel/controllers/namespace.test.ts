/**
 * Goal: every namespace has what upstream puts into it; a deleted one is emptied, pods first, tells what is left, goes.
 * Method: fill namespaces, delete them, and look at each step.
 */
import { expect, test } from "vitest";
import type { Namespace } from "#kernel/api/types.gen";
import { deployments } from "#kernel/resources/apps/deployment";
import { configmaps } from "#kernel/resources/core/configmap";
import { events } from "#kernel/resources/core/event";
import { namespaces } from "#kernel/resources/core/namespace";
import { pods } from "#kernel/resources/core/pod";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import { pod, Scene, webDeployment } from "#test/support/scene";

const conditions = ({ status }: Namespace): string[] =>
  (status?.conditions ?? []).map(
    ({ type, status: value, reason, message }) => `${type}=${value} ${reason}: ${message}`,
  );

test("a new namespace gets its service account and the root certificate, again and again", () => {
  const scene = new Scene();
  scene.create(namespaces, { metadata: { name: "a" }, spec: {} });
  expect(scene.get(serviceaccounts, "default", "a")).toBeDefined();
  expect(scene.get(configmaps, "kube-root-ca.crt", "a")?.data?.["ca.crt"]).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  scene.delete(serviceaccounts, "default", {}, "a");
  scene.delete(configmaps, "kube-root-ca.crt", {}, "a");
  expect(scene.get(serviceaccounts, "default", "a")).toBeDefined();
  expect(scene.get(configmaps, "kube-root-ca.crt", "a")).toBeDefined();
});

test("a deleted namespace waits for its pods, tells so, and takes everything with it", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(namespaces, { metadata: { name: "a" }, spec: {} });
  const draft = pod("p", {}, { containers: [{ name: "c", image: "busybox", command: ["sleep", "3600"] }] });
  scene.create(pods, { ...draft, metadata: { name: "p", namespace: "a" } });
  scene.create(
    deployments,
    webDeployment(0, ({ metadata }) => {
      metadata.namespace = "a";
    }),
  );
  scene.settle();
  scene.delete(namespaces, "a");
  const going = scene.need(namespaces, "a");
  expect(going.status?.phase).toBe("Terminating");
  expect(conditions(going)).toEqual([
    "NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered: All resources successfully discovered",
    "NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions: All legacy kube types successfully parsed",
    "NamespaceDeletionContentFailure=False ContentDeleted: " +
      "All content successfully deleted, may be waiting on finalization",
    "NamespaceContentRemaining=True SomeResourcesRemain: " +
      "Some resources are remaining: pods. has 1 resource instances",
    "NamespaceFinalizersRemaining=False ContentHasNoFinalizers: All content-preserving finalizers finished",
  ]);
  expect(scene.list(deployments, "a")).toHaveLength(1);
  scene.settle();
  expect(scene.get(namespaces, "a")).toBeUndefined();
  expect([scene.list(deployments, "a"), scene.list(configmaps, "a"), scene.list(events, "a")]).toEqual([[], [], []]);
});

test("content with finalizers keeps its namespace, which says whose", () => {
  const scene = new Scene();
  scene.create(namespaces, { metadata: { name: "a" }, spec: {} });
  scene.create(configmaps, { metadata: { name: "held", namespace: "a", finalizers: ["example.com/hold"] }, data: {} });
  scene.delete(namespaces, "a");
  scene.settle();
  expect(conditions(scene.need(namespaces, "a")).slice(3)).toEqual([
    "NamespaceContentRemaining=True SomeResourcesRemain: " +
      "Some resources are remaining: configmaps. has 1 resource instances",
    "NamespaceFinalizersRemaining=True SomeFinalizersRemain: " +
      "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
  ]);
  scene.edit(
    configmaps,
    "held",
    ({ metadata }) => {
      metadata.finalizers = [];
    },
    "a",
  );
  expect(scene.get(namespaces, "a")).toBeUndefined();
});

test("Events are forgotten an hour after they were last written", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(1));
  scene.settle();
  expect(scene.list(events).length).toBeGreaterThan(0);
  scene.pass(3_599);
  expect(scene.list(events).length).toBeGreaterThan(0);
  scene.pass(120);
  expect(scene.list(events)).toEqual([]);
});
