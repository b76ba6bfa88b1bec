/**
 * Goal: what loses its last owner goes; owners wait in the foreground and let go when told to orphan.
 * Method: delete owners in each way and look at what is left, and when.
 */
import { expect, test } from "vitest";
import type { OwnerReference } from "#kernel/api/types.gen";
import { deployments } from "#kernel/resources/apps/deployment";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { configmaps } from "#kernel/resources/core/configmap";
import { namespaces } from "#kernel/resources/core/namespace";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import type { KubeObject } from "#kernel/store/object";
import { Scene, webDeployment } from "#test/support/scene";

const ownedBy = ({ apiVersion, kind, metadata: { name, uid } }: KubeObject, block = false): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
  ...(block && { blockOwnerDeletion: true }),
});

const config = (scene: Scene, name: string, owners: OwnerReference[] = [], namespace = "default") =>
  scene.create(configmaps, {
    metadata: { name, namespace, ...(owners.length > 0 && { ownerReferences: owners }) },
    data: {},
  });

const names = (scene: Scene): string[] =>
  scene
    .list(configmaps)
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== "kube-root-ca.crt");

test("in the background an owner goes at once and all it owns follows", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(deployments, webDeployment(3));
  scene.settle();
  scene.delete(deployments, "web", { propagationPolicy: "Background" });
  expect(scene.list(deployments)).toEqual([]);
  expect(scene.list(replicasets)).toEqual([]);
  expect(scene.list(pods).every(({ metadata }) => metadata.deletionTimestamp !== undefined)).toBe(true);
  scene.settle();
  expect(scene.list(pods)).toEqual([]);
});

test("in the foreground the owner stays until the last of what it owns is gone", () => {
  const scene = new Scene({ latency: "realistic" });
  scene.create(
    deployments,
    webDeployment(2, ({ spec }) => {
      spec.template.spec.containers = [{ name: "c", image: "busybox", command: ["sleep", "3600"] }];
    }),
  );
  scene.settle();
  scene.delete(deployments, "web", { propagationPolicy: "Foreground" });
  scene.pass(20);
  expect(scene.need(deployments, "web").metadata.finalizers).toEqual(["foregroundDeletion"]);
  expect(scene.list(replicasets)[0]?.metadata.finalizers).toEqual(["foregroundDeletion"]);
  expect(scene.list(pods)).toHaveLength(2);
  scene.settle();
  expect([scene.list(deployments), scene.list(replicasets), scene.list(pods)]).toEqual([[], [], []]);
});

test("orphaned, what was owned stays and names no owner", () => {
  const scene = new Scene();
  scene.create(deployments, webDeployment(2));
  scene.settle();
  const [rs] = scene.list(replicasets);
  scene.delete(deployments, "web", { propagationPolicy: "Orphan" });
  scene.delete(replicasets, rs?.metadata.name ?? "", { propagationPolicy: "Orphan" });
  scene.settle();
  expect(scene.list(replicasets)).toEqual([]);
  expect(scene.list(pods).map(({ metadata }) => metadata.ownerReferences)).toEqual([undefined, undefined]);
});

test("one living owner is enough; the others are forgotten", () => {
  const scene = new Scene();
  const [a, b] = [config(scene, "a"), config(scene, "b")];
  config(scene, "c", [ownedBy(a), ownedBy(b)]);
  scene.delete(configmaps, "a");
  expect(scene.need(configmaps, "c").metadata.ownerReferences).toEqual([ownedBy(b)]);
  scene.delete(configmaps, "b");
  expect(names(scene)).toEqual([]);
});

test("an owner of the right name but another uid is no owner", () => {
  const scene = new Scene();
  const a = config(scene, "a");
  config(scene, "b", [{ ...ownedBy(a), uid: "00000000-0000-4000-8000-000000000000" }]);
  expect(names(scene)).toEqual(["a"]);
});

test("only what blocks it holds up a foreground deletion", () => {
  const scene = new Scene();
  const a = config(scene, "a");
  config(scene, "b", [ownedBy(a)]);
  scene.create(configmaps, {
    metadata: {
      name: "c",
      namespace: "default",
      ownerReferences: [ownedBy(a, true)],
      finalizers: ["example.com/hold"],
    },
    data: {},
  });
  scene.delete(configmaps, "a", { propagationPolicy: "Foreground" });
  expect(names(scene)).toEqual(["a", "b", "c"]);
  scene.edit(configmaps, "c", ({ metadata }) => {
    metadata.finalizers = [];
  });
  expect(names(scene)).toEqual([]);
});

test("a circle of owners goes as a whole, in the foreground too", () => {
  for (const propagationPolicy of ["Foreground", "Background"] as const) {
    const scene = new Scene();
    const [a, b, c] = ["a", "b", "c"].map((name) => config(scene, name));
    for (const [name, owner] of [
      ["a", c],
      ["b", a],
      ["c", b],
    ] as const) {
      scene.edit(configmaps, name, ({ metadata }) => {
        if (owner !== undefined) metadata.ownerReferences = [ownedBy(owner, true)];
      });
    }
    expect(names(scene)).toEqual(["a", "b", "c"]);
    scene.delete(configmaps, "a", { propagationPolicy });
    scene.settle();
    expect(names(scene)).toEqual([]);
  }
});

test("an owner in another namespace is an absent one, and an event says so", () => {
  const scene = new Scene();
  scene.create(namespaces, { metadata: { name: "other" }, spec: {} });
  const far = config(scene, "far", [], "other");
  config(scene, "near", [ownedBy(far)]);
  expect(names(scene)).toEqual([]);
  expect(scene.said("near")[0]).toBe(
    `OwnerRefInvalidNamespace: ownerRef [v1/ConfigMap, namespace: default, name: far, uid: ${far.metadata.uid}] ` +
      'does not exist in namespace "default"',
  );
});

test("an object without a namespace cannot be owned by one that has one: it stays", () => {
  const scene = new Scene();
  const owner = config(scene, "a");
  scene.create(nodes, { metadata: { name: "n", ownerReferences: [ownedBy(owner)] }, spec: {} });
  scene.delete(configmaps, "a");
  expect(scene.get(nodes, "n")).toBeDefined();
  expect(scene.said("n", "OwnerRefInvalidNamespace")[0]).toMatch(/does not exist in namespace ""$/);
});
