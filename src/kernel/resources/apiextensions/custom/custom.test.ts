/**
 * Goal: a custom resource is read, completed, pruned and refused as its schema says, in upstream's words.
 * Method: definitions in a registry; a table of schemas and values with what is stored of them, or every error.
 */
import { describe, expect, test } from "vitest";
import type { AnyResource } from "#kernel/registry/definition";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import {
  Definitions,
  definition,
  refusals,
  version,
  withSpec,
} from "#kernel/resources/apiextensions/definitions.fixture";
import type { Schema } from "#kernel/resources/apiextensions/schema";
import type { KubeObject } from "#kernel/store/object";

const TEXT: Schema = { type: "string" };
const INTEGER: Schema = { type: "integer" };
const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: "object",
  properties,
  ...more,
});

/** What becomes of a spec: what is stored, or why it is refused. */
function made(schema: Schema, spec: unknown): unknown {
  const all = new Definitions();
  const widgets = all.serve(definition([version(withSpec(schema))]));
  let stored: unknown;
  const errors = refusals(() => {
    stored = (all.client.create(widgets, read(widgets, all.widget({ spec }))) as unknown as { spec: unknown }).spec;
  });
  return errors[0] === "accepted" ? stored : errors;
}

const read = (resource: AnyResource, object: KubeObject): KubeObject =>
  resource.decode?.(object as never).value as unknown as KubeObject;

test.each<[string, Schema, unknown, unknown]>([
  ["fields nobody declared are dropped", object({ a: TEXT }), { a: "x", b: 1, __proto__: {} }, { a: "x" }],
  [
    "unless they are to be kept",
    object({ a: TEXT }, { "x-kubernetes-preserve-unknown-fields": true }),
    { b: [1] },
    { b: [1] },
  ],
  [
    "within what is kept nothing is dropped",
    { "x-kubernetes-preserve-unknown-fields": true },
    { a: { b: 1 } },
    { a: { b: 1 } },
  ],
  [
    "declared fields within it are",
    object({ a: object({ b: TEXT }) }, { "x-kubernetes-preserve-unknown-fields": true }),
    { a: { c: 1 }, d: 2 },
    { a: {}, d: 2 },
  ],
  [
    "defaults are filled in",
    object({ a: { ...TEXT, default: "x" }, o: object({ n: { ...INTEGER, default: 1 } }) }),
    { o: {} },
    { a: "x", o: { n: 1 } },
  ],
  [
    "in what is there by default, too",
    object({ o: object({ n: { ...INTEGER, default: 1 } }, { default: {} }) }),
    {},
    { o: { n: 1 } },
  ],
  [
    "in lists and maps",
    object({
      l: { type: "array", items: object({ n: { ...INTEGER, default: 1 } }) },
      m: { type: "object", additionalProperties: object({ n: { ...INTEGER, default: 2 } }) },
    }),
    { l: [{}], m: { k: {} } },
    { l: [{ n: 1 }], m: { k: { n: 2 } } },
  ],
  ["null gives way to a default", object({ a: { ...TEXT, default: "x" } }), { a: null }, { a: "x" }],
  [
    "null of what may be null stays",
    object({ a: { ...TEXT, nullable: true, default: "x" } }),
    { a: null },
    { a: null },
  ],
  ["null without a default is nothing", object({ a: TEXT }), { a: null }, {}],
  ["integers or texts", object({ p: { "x-kubernetes-int-or-string": true } }), { p: "http" }, { p: "http" }],
  [
    "an embedded object keeps its metadata",
    object({
      t: { ...object({}), "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true },
    }),
    { t: { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: {} } },
    { t: { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: {} } },
  ],
])("%s", (_, schema, spec, stored) => {
  expect(made(schema, spec)).toEqual(stored);
});

test.each<[string, Schema, unknown, string[]]>([
  [
    "a type",
    object({ n: INTEGER }),
    { n: "x" },
    ['spec.n: Invalid value: "string": spec.n in body must be of type integer: "string"'],
  ],
  [
    "a fraction",
    object({ n: INTEGER }),
    { n: 1.5 },
    ['spec.n: Invalid value: "number": spec.n in body must be of type integer: "number"'],
  ],
  [
    "a list for an object",
    object({ o: object({ a: TEXT }) }),
    { o: [] },
    ['spec.o: Invalid value: "array": spec.o in body must be of type object: "array"'],
  ],
  [
    "an item",
    object({ l: { type: "array", items: TEXT } }),
    { l: ["a", 2] },
    ['spec.l[1]: Invalid value: "integer": spec.l[1] in body must be of type string: "integer"'],
  ],
  [
    "null in a list",
    object({ l: { type: "array", items: TEXT } }),
    { l: [null] },
    ['spec.l[0]: Invalid value: "null": spec.l[0] in body must be of type string: "null"'],
  ],
  [
    "a map's value",
    object({ m: { type: "object", additionalProperties: INTEGER } }),
    { m: { k: "x" } },
    ['spec.m.k: Invalid value: "string": spec.m.k in body must be of type integer: "string"'],
  ],
  ["what is required", object({ a: TEXT }, { required: ["a"] }), {}, ["spec.a: Required value"]],
  [
    "what is listed",
    object({ a: { ...TEXT, enum: ["x", "y"] } }),
    { a: "z" },
    ['spec.a: Unsupported value: "z": supported values: "x", "y"'],
  ],
  [
    "too long",
    object({ a: { ...TEXT, maxLength: 2 } }),
    { a: "xyz" },
    ["spec.a: Too long: may not be more than 2 bytes"],
  ],
  [
    "too short",
    object({ a: { ...TEXT, minLength: 2 } }),
    { a: "x" },
    ['spec.a: Invalid value: "x": spec.a in body should be at least 2 chars long'],
  ],
  [
    "a pattern",
    object({ a: { ...TEXT, pattern: "^a+$" } }),
    { a: "b" },
    ["spec.a: Invalid value: \"b\": spec.a in body should match '^a+$'"],
  ],
  [
    "a format",
    object({ a: { ...TEXT, format: "ipv4" } }),
    { a: "x" },
    ['spec.a: Invalid value: "x": spec.a in body must be of type ipv4: "x"'],
  ],
  [
    "too much",
    object({ n: { ...INTEGER, maximum: 3 } }),
    { n: 4 },
    ["spec.n: Invalid value: 4: spec.n in body should be less than or equal to 3"],
  ],
  [
    "beyond its format",
    object({ n: { ...INTEGER, format: "int32" } }),
    { n: 2147483648 },
    ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.n'],
  ],
  [
    "a bound beyond its format, as of MetalLB and Rook (servers of v1.36)",
    object({ n: { ...INTEGER, format: "int32", maximum: 4294967295 } }),
    { n: 1 },
    ['<nil>: Invalid value: "": Maximum boundary value must be of type integer with format int32 in spec.n'],
  ],
  [
    "too little, exclusively",
    object({ n: { ...INTEGER, minimum: 3, exclusiveMinimum: true } }),
    { n: 3 },
    ["spec.n: Invalid value: 3: spec.n in body should be greater than 3"],
  ],
  [
    "no multiple",
    object({ n: { ...INTEGER, multipleOf: 5 } }),
    { n: 7 },
    ["spec.n: Invalid value: 7: spec.n in body should be a multiple of 5"],
  ],
  [
    "too many items",
    object({ l: { type: "array", items: TEXT, maxItems: 1 } }),
    { l: ["a", "b"] },
    ["spec.l: Too many: 2: must have at most 1 item"],
  ],
  [
    "too few items",
    object({ l: { type: "array", items: TEXT, minItems: 1 } }),
    { l: [] },
    ["spec.l: Invalid value: 0: spec.l in body should have at least 1 items"],
  ],
  [
    "too many properties",
    object({ m: { type: "object", additionalProperties: TEXT, maxProperties: 1 } }),
    { m: { a: "", b: "" } },
    ["spec.m: Too many: 2: must have at most 1 item"],
  ],
  [
    "neither integer nor text",
    object({ p: { "x-kubernetes-int-or-string": true } }),
    { p: true },
    ['spec.p: Invalid value: "boolean": spec.p in body must be of type integer,string: "boolean"'],
  ],
  [
    "none of any",
    object({ a: TEXT, b: TEXT }, { anyOf: [{ required: ["a"] }, { required: ["b"] }] }),
    {},
    ['<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)', "spec.a: Required value"],
  ],
  [
    "more than one",
    object({ a: TEXT, b: TEXT }, { oneOf: [{ required: ["a"] }, { required: ["b"] }] }),
    { a: "", b: "" },
    ['<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
  ],
  [
    "not all",
    object({ a: TEXT }, { allOf: [{ required: ["a"] }] }),
    {},
    [
      "spec.a: Required value",
      '<nil>: Invalid value: "": "spec" must validate all the schemas (allOf). None validated',
    ],
  ],
  [
    "what must not be",
    object({ a: TEXT }, { not: { required: ["a"] } }),
    { a: "" },
    ['<nil>: Invalid value: "": "spec" must not validate the schema (not)'],
  ],
  [
    "twice in a set",
    object({ l: { type: "array", items: TEXT, "x-kubernetes-list-type": "set" } }),
    { l: ["a", "b", "a"] },
    ['spec.l[2]: Duplicate value: "a"'],
  ],
  [
    "a key twice",
    object({
      l: {
        type: "array",
        items: object({ k: TEXT }, { required: ["k"] }),
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
      },
    }),
    { l: [{ k: "a" }, { k: "a" }] },
    ['spec.l[1]: Duplicate value: {"k":"a"}'],
  ],
  [
    "an embedded object without a kind",
    object({
      t: { ...object({}), "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true },
    }),
    { t: { apiVersion: "v1" } },
    ["spec.t.kind: Required value"],
  ],
])("refused: %s", (_, schema, spec, errors) => {
  expect(made(schema, spec)).toEqual(errors);
});

describe("changes", () => {
  const loose = withSpec(object({ a: TEXT, b: TEXT }));
  const strict = withSpec(object({ a: { ...TEXT, maxLength: 1 }, b: TEXT }));

  function tightened() {
    const all = new Definitions();
    const widgets = all.serve(definition([version(loose)]));
    const old = all.client.create(widgets, all.widget({ spec: { a: "long", b: "x" } }));
    const crd = structuredClone(
      all.client.need(customresourcedefinitions, { namespace: "", name: "widgets.example.com" }),
    );
    Object.assign(crd.spec.versions[0] as object, { schema: { openAPIV3Schema: strict } });
    all.client.update(customresourcedefinitions, crd);
    return { all, old };
  }

  test("what is wrong and was so before is let through, what changes is not", () => {
    const { all, old } = tightened();
    const update = (spec: object) => refusals(() => all.client.update(all.resource(), { ...old, spec } as never));
    expect(update({ a: "long", b: "y" })).toEqual(["accepted"]);
    const again = all.client.need(all.resource(), { namespace: "default", name: "w" });
    expect(refusals(() => all.client.update(all.resource(), { ...again, spec: { a: "longer" } } as never))).toEqual([
      "spec.a: Too long: may not be more than 1 byte",
    ]);
  });

  test("generation counts all but metadata and status; an update names what it changes", () => {
    const all = new Definitions();
    const status = { type: "object", properties: { n: INTEGER } };
    const schema: Schema = { type: "object", properties: { spec: object({ a: TEXT }), status } };
    const widgets = all.serve(definition([version(schema, { subresources: { status: {} } })]));
    const first = all.client.create(widgets, all.widget({ spec: { a: "x" }, status: { n: 1 } }));
    expect(first).not.toHaveProperty("status");
    const second = all.client.update(widgets, { ...first, spec: { a: "y" }, status: { n: 1 } } as never);
    expect(second).not.toHaveProperty("status");
    expect(second.metadata.generation).toBe(2);
    const third = all.client.updateStatus(widgets, second as never, { n: 7 } as never);
    expect(third).toMatchObject({ spec: { a: "y" }, status: { n: 7 }, metadata: { generation: 2 } });
    expect(refusals(() => all.client.updateStatus(widgets, third as never, { n: "x" } as never))).toEqual([
      'status.n: Invalid value: "string": n in body must be of type integer: "string"',
    ]);
    const { resourceVersion: _, ...metadata } = third.metadata;
    expect(refusals(() => all.client.update(widgets, { ...third, metadata } as never))).toEqual([
      "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
    ]);
  });
});

test("versions are views of what is stored, pruned and completed by their own schema", () => {
  const all = new Definitions();
  const v1 = version(withSpec(object({ a: TEXT, size: { ...INTEGER, default: 1 } })));
  const v2 = version(withSpec(object({ a: TEXT, color: { ...TEXT, default: "red" } })), { name: "v2", storage: false });
  all.serve(definition([v1, v2]));
  const [one, two] = [all.resource("v1"), all.resource("v2")];
  const made = all.client.create(two, all.widget({ spec: { a: "x", color: "blue" } }));
  expect(made).toMatchObject({ apiVersion: "example.com/v2", spec: { a: "x", color: "red" } });
  const key = { namespace: "default", name: "w" };
  expect(all.client.get(one, key)).toMatchObject({ apiVersion: "example.com/v1", spec: { a: "x", size: 1 } });
  expect(all.registry.store.get("widgets.example.com", key)).toMatchObject({ apiVersion: "example.com/v1" });

  const crd = structuredClone(
    all.client.need(customresourcedefinitions, { namespace: "", name: "widgets.example.com" }),
  );
  for (const each of crd.spec.versions) each.storage = each.name === "v2";
  const after = all.client.update(customresourcedefinitions, crd);
  expect(after.status?.storedVersions).toEqual(["v1", "v2"]);
  const present = all.client.need(all.resource("v2"), key);
  all.client.update(all.resource("v2"), present);
  expect(all.registry.store.get("widgets.example.com", key)?.apiVersion).toBe("example.com/v2");
});
