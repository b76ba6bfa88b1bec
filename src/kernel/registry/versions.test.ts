/**
 * Goal: versions of one kind are one set of objects, whichever version is asked.
 * Method: a kind with two versions that name a field differently, through every verb of a registry.
 */
import { expect, test } from "vitest";
import type { FieldShape, ObjectShape } from "#kernel/api/shapes";
import { shapeNamed } from "#kernel/api/shapes";
import type { Client } from "#kernel/registry/client";
import { defineResource } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { eventsSince } from "#kernel/registry/watch";
import { Entropy } from "#kernel/sim/entropy";
import type { KubeObject } from "#kernel/store/object";
import { Store } from "#kernel/store/store";

interface Boat extends KubeObject {
  spec: { length?: number; metres?: number; name?: string };
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const objectShape = (name: string, fields: Record<string, FieldShape>): ObjectShape => ({
  name,
  fields: new Map(Object.entries(fields)),
  required: [],
});
const shapeWith = (version: string, field: string): ObjectShape =>
  objectShape(`Boat.${version}`, {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object", object: shapeNamed(META) },
    spec: {
      type: "object",
      alwaysPresent: true,
      zero: {},
      object: objectShape("Spec", { [field]: { type: "integer" }, name: { type: "string" } }),
    },
  });

const names = { kind: "Boat", plural: "boats", singular: "boat" };
const common = { group: "sea.io", names, scope: "Namespaced", hasGeneration: true } as const;
const v1 = defineResource<Boat>({ ...common, version: "v1", shape: shapeWith("v1", "metres") });
const v1beta1 = defineResource<Boat>({
  ...common,
  version: "v1beta1",
  shape: shapeWith("v1beta1", "length"),
  selectableFields: { "spec.length": ({ spec }) => String(spec.length ?? "") },
  conversion: {
    toStored: ({ spec: { length, ...spec }, ...rest }) => ({
      ...rest,
      apiVersion: "sea.io/v1",
      spec: { ...spec, ...(length !== undefined && { metres: length }) },
    }),
    fromStored(stored) {
      const { metres, ...spec } = (stored as Boat).spec;
      return {
        ...stored,
        apiVersion: "sea.io/v1beta1",
        spec: { ...spec, ...(metres !== undefined && { length: metres }) },
      };
    },
  },
});

const key = { namespace: "default", name: "ark" };

function newRegistry() {
  const parts = { store: new Store(), entropy: Entropy.seeded(1), resources: [v1beta1, v1], admission: [] };
  const registry = new Registry({ ...parts, now: () => Date.parse("2026-05-01T10:00:00Z") });
  return { registry, as: (manager: string): Client => registry.as(CLUSTER_ADMIN, manager) };
}

test("what one version writes the others read, in gets, lists, watches and selections", () => {
  const { registry, as } = newRegistry();
  const client = as("me");
  const made = client.create(v1beta1, { metadata: { name: "ark", namespace: "default" }, spec: { length: 137 } });
  expect(made).toMatchObject({ apiVersion: "sea.io/v1beta1", spec: { length: 137 } });
  expect(registry.store.get(v1.bucket, key)).toMatchObject({ apiVersion: "sea.io/v1", spec: { metres: 137 } });
  expect(client.get(v1, key)).toMatchObject({ apiVersion: "sea.io/v1", spec: { metres: 137 } });
  expect(client.get(v1beta1, key)).toBe(client.list(v1beta1)[0]);
  const fields = [{ field: "spec.length", value: "137", isNegated: false }];
  expect(client.page(v1beta1, { fields }).items).toHaveLength(1);
  expect(eventsSince(registry, v1beta1, { fields }, 1)).toMatchObject([
    { type: "ADDED", object: { spec: { length: 137 } } },
  ]);
  expect(registry.resourceOfBucket(v1.bucket)).toBe(v1);

  client.update(v1, { ...client.need(v1, key), spec: { metres: 150 } });
  expect(client.need(v1beta1, key)).toMatchObject({ spec: { length: 150 }, metadata: { generation: 2 } });
  expect(eventsSince(registry, v1beta1, { fields }, 2)).toMatchObject([
    {
      type: "DELETED",
      object: { apiVersion: "sea.io/v1beta1", spec: { length: 137 }, metadata: { resourceVersion: "3" } },
    },
  ]);
  const body = { spec: { length: null, name: "ark" } };
  client.patch(v1beta1, key, { type: "merge", body, decode: (value) => value as KubeObject });
  expect(client.need(v1, key).spec).toEqual({ name: "ark" });
  client.delete(v1beta1, key);
  expect(client.get(v1, key)).toBeUndefined();
});

test("entries of managedFields keep the version they were written in, and give way to writes of any", () => {
  const { as } = newRegistry();
  const config = (version: string, spec: object) => ({
    config: { apiVersion: `sea.io/${version}`, kind: "Boat", metadata: { name: "ark" }, spec },
    isForced: false,
  });
  as("old").apply(v1beta1, key, config("v1beta1", { length: 137, name: "ark" }));
  const conflict = () => as("new").apply(v1, key, config("v1", { metres: 150 }));
  expect(conflict).toThrow('Apply failed with 1 conflict: conflict with "old": .spec.length');
  as("editor").update(v1, { ...as("editor").need(v1, key), spec: { metres: 150, name: "ark" } });
  const entries = as("old").need(v1beta1, key).metadata.managedFields;
  expect(entries).toMatchObject([
    { manager: "old", apiVersion: "sea.io/v1beta1", fieldsV1: { "f:spec": { "f:name": {} } } },
    { manager: "editor", apiVersion: "sea.io/v1", fieldsV1: { "f:spec": { "f:metres": {} } } },
  ]);
  // An applier that moves to another version gives up there what it no longer says.
  as("old").apply(v1, key, config("v1", {}));
  expect(as("old").need(v1, key).spec).toEqual({ metres: 150 });
});

test("an object of a version that is stored no longer is rewritten by a write that changes nothing", () => {
  const { registry, as } = newRegistry();
  const beta = {
    apiVersion: "sea.io/v1beta1",
    kind: "Boat",
    metadata: { name: "ark", namespace: "default", uid: "u" },
  };
  registry.store.put(v1.bucket, key, {
    ...beta,
    metadata: { ...beta.metadata, creationTimestamp: "" },
    spec: {},
  } as never);
  const client = as("me");
  client.update(v1beta1, client.need(v1beta1, key));
  expect(registry.store.get(v1.bucket, key)).toMatchObject({ apiVersion: "sea.io/v1" });
  registry.remove(v1beta1);
  expect(registry.versionsOf(v1.bucket)).toEqual([v1]);
});
