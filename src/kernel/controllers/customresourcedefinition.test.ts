/**
 * Goal: kinds come and go with their definitions, within the turn that makes or deletes them.
 * Method: definitions and their objects in a whole cluster; also undone turns, restarts and forks.
 */
import { expect, test } from "vitest";
import type { CustomResourceDefinition } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { Cluster } from "#kernel/cluster/cluster";
import { exportCluster, importCluster } from "#kernel/cluster/snapshot";
import type { AnyResource, Draft } from "#kernel/registry/definition";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import { configmaps } from "#kernel/resources/core/configmap";
import { namespaces } from "#kernel/resources/core/namespace";
import { resourcequotas } from "#kernel/resources/core/resourcequota";
import { must } from "#kernel/sim/assert";
import type { KubeObject } from "#kernel/store/object";
import { options } from "#test/sim/clusters";

const START = Date.parse("2026-05-01T10:00:00Z");
const newCluster = () => Cluster.create(options(1, 0), START);

const boats = (names: Partial<CustomResourceDefinition["spec"]["names"]> = {}): Draft<CustomResourceDefinition> => {
  const all = { kind: "Boat", plural: "boats", ...names };
  return {
    metadata: { name: `${all.plural}.sea.io` },
    spec: {
      group: "sea.io",
      scope: "Namespaced",
      names: all,
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    },
  };
};

const key = (name: string) => ({ namespace: "", name });
const conditions = (cluster: Cluster, name: string) =>
  Object.fromEntries(
    (cluster.admin.get(customresourcedefinitions, key(name))?.status?.conditions ?? []).map(
      ({ type, status, reason, message }) => [type, `${status} ${reason} ${message}`],
    ),
  );
const resourceOf = (cluster: Cluster, plural = "boats"): AnyResource =>
  must(cluster.registry.resource({ group: "sea.io", version: "v1", plural }), `${plural} are served`);

function define(cluster: Cluster, draft: Draft<CustomResourceDefinition> = boats()): void {
  cluster.turn(({ admin }) => void admin.create(customresourcedefinitions, draft));
}

function launch(cluster: Cluster, name: string, metadata: Partial<KubeObject["metadata"]> = {}): void {
  cluster.turn(({ admin }) => {
    admin.create(resourceOf(cluster), { metadata: { name, namespace: "default", ...metadata }, spec: { length: 3 } });
  });
}

test("a kind is served as soon as the turn that defines it is over, and no more when its definition is gone", () => {
  const cluster = newCluster();
  define(cluster);
  expect(conditions(cluster, "boats.sea.io")).toEqual({
    NamesAccepted: "True NoConflicts no conflicts found",
    Established: "True InitialNamesAccepted the initial names have been accepted",
  });
  launch(cluster, "ark");
  expect(cluster.admin.list(resourceOf(cluster))).toHaveLength(1);
  cluster.turn(({ admin }) => void admin.delete(customresourcedefinitions, key("boats.sea.io")));
  expect(cluster.admin.get(customresourcedefinitions, key("boats.sea.io"))).toBeUndefined();
  expect(cluster.registry.resource({ group: "sea.io", version: "v1", plural: "boats" })).toBeUndefined();
  expect(cluster.store.count("boats.sea.io")).toBe(0);
});

test("a definition waits for objects that have finalizers, and takes no new ones meanwhile", () => {
  const cluster = newCluster();
  define(cluster);
  launch(cluster, "ark", { finalizers: ["sea.io/anchor"] });
  cluster.turn(({ admin }) => void admin.delete(customresourcedefinitions, key("boats.sea.io")));
  const waiting = must(cluster.admin.get(customresourcedefinitions, key("boats.sea.io")), "it waits");
  expect(waiting.metadata.finalizers).toEqual(["customresourcecleanup.apiextensions.k8s.io"]);
  expect(conditions(cluster, "boats.sea.io")["Terminating"]).toBe(
    "True InstanceDeletionInProgress CustomResource deletion is in progress",
  );
  const turn = cluster.turn(({ admin }) => {
    admin.create(resourceOf(cluster), { metadata: { name: "late", namespace: "default" } });
  });
  expect("refused" in turn && turn.refused.message).toBe(
    "create not allowed while custom resource definition is terminating",
  );
  cluster.turn(({ admin }) => {
    const ark = admin.need(resourceOf(cluster), { namespace: "default", name: "ark" });
    admin.update(resourceOf(cluster), { ...ark, metadata: { ...ark.metadata, finalizers: [] } });
  });
  expect(cluster.admin.get(customresourcedefinitions, key("boats.sea.io"))).toBeUndefined();
});

test("two definitions cannot have the same names; the second gets them when the first is gone", () => {
  const cluster = newCluster();
  define(cluster, boats({ shortNames: ["b"] }));
  define(cluster, boats({ plural: "ships", shortNames: ["b"] }));
  expect(conditions(cluster, "ships.sea.io")).toEqual({
    NamesAccepted: 'False ListKindConflict "BoatList" is already in use',
    Established: "False NotAccepted not all names are accepted",
  });
  cluster.turn(({ admin }) => void admin.delete(customresourcedefinitions, key("boats.sea.io")));
  expect(conditions(cluster, "ships.sea.io")["Established"]).toContain("True");
  expect(resourceOf(cluster, "ships").names.short).toEqual(["b"]);
});

test("a turn that is refused leaves no kind behind", () => {
  const cluster = newCluster();
  const turn = cluster.turn(({ admin }) => {
    const made = admin.create(customresourcedefinitions, boats());
    admin.updateStatus(customresourcedefinitions, made, {
      ...made.status,
      acceptedNames: made.spec.names,
      conditions: [{ type: "Established", status: "True" }],
    });
    expect(resourceOf(cluster)).toBeDefined();
    throw new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message: "no" });
  });
  expect(turn).toHaveProperty("refused");
  expect([...cluster.registry.custom]).toEqual([]);
});

test("a fork serves the kinds it was taken with", () => {
  const cluster = newCluster();
  define(cluster);
  launch(cluster, "ark");
  const fork = importCluster(exportCluster(cluster), START);
  expect(fork.admin.list(resourceOf(fork))).toMatchObject([{ metadata: { name: "ark" }, spec: { length: 3 } }]);
  expect(exportCluster(fork).rows).toEqual(exportCluster(cluster).rows);
});

test("owners, namespaces and quotas reach objects of custom kinds", () => {
  const cluster = newCluster();
  define(cluster);
  cluster.turn(({ admin }) => {
    admin.create(resourcequotas, {
      metadata: { name: "few", namespace: "default" },
      spec: { hard: { "count/boats.sea.io": "1" } },
    });
  });
  const owner = cluster.turn(({ admin }) =>
    admin.create(configmaps, { metadata: { name: "owner", namespace: "default" }, data: {} }),
  );
  const { uid } = must("value" in owner ? owner.value : undefined, "it is made").metadata;
  launch(cluster, "ark", { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid }] });
  const second = cluster.turn(({ admin }) => {
    admin.create(resourceOf(cluster), { metadata: { name: "second", namespace: "default" } });
  });
  expect("refused" in second && second.refused.message).toBe(
    'boats.sea.io "second" is forbidden: exceeded quota: few, requested: count/boats.sea.io=1, used: ' +
      "count/boats.sea.io=1, limited: count/boats.sea.io=1",
  );
  cluster.turn(({ admin }) => void admin.delete(configmaps, { namespace: "default", name: "owner" }));
  expect(cluster.admin.list(resourceOf(cluster))).toEqual([]);
  expect(cluster.admin.need(resourcequotas, { namespace: "default", name: "few" }).status?.used).toEqual({
    "count/boats.sea.io": "0",
  });
  cluster.turn(({ admin }) => void admin.create(namespaces, { metadata: { name: "harbour" }, spec: {} }));
  cluster.turn(({ admin }) => {
    admin.create(resourceOf(cluster), { metadata: { name: "tug", namespace: "harbour" } });
  });
  cluster.turn(({ admin }) => void admin.delete(namespaces, key("harbour")));
  expect(cluster.admin.list(resourceOf(cluster))).toEqual([]);
});
