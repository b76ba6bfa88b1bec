/**
 * Goal: strategic merge patch merges as upstream does: by keys, in order, with every directive.
 * Method: tables over a small schema; laws over random lists.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type PatchField,
  type PatchShape,
  strategicMergePatch,
} from "#kernel/apimachinery/patch/strategic-merge-patch";

const shape = (fields: Record<string, PatchField>): PatchShape => ({ fields: new Map(Object.entries(fields)) });

const container = shape({
  name: {},
  ports: { patchStrategy: ["merge"], patchMergeKey: "containerPort", items: { object: shape({}) } },
  env: { patchStrategy: ["merge"], patchMergeKey: "name", items: { object: shape({}) } },
  args: { items: {} },
});

const root = shape({
  containers: { patchStrategy: ["merge"], patchMergeKey: "name", items: { object: container } },
  finalizers: { patchStrategy: ["merge"], items: {} },
  conditions: { items: { object: shape({}) } },
  labels: { values: {} },
  strategy: { patchStrategy: ["retainKeys"], object: shape({ type: {}, rollingUpdate: { object: shape({}) } }) },
  template: { patchStrategy: ["replace"], object: shape({}) },
});

const patch = (document: unknown, change: unknown): unknown => strategicMergePatch(document, change, root);
const abc = { containers: [{ name: "a", image: "1" }, { name: "b" }, { name: "c" }] };

test.each<[string, unknown, unknown, unknown]>([
  ["a field", { x: 1 }, { x: 2, y: 3 }, { x: 2, y: 3 }],
  ["a null deletes", { x: 1, y: 2 }, { x: null, z: null }, { y: 2 }],
  ["a map merges", { labels: { a: "1", b: "2" } }, { labels: { b: null, c: "3" } }, { labels: { a: "1", c: "3" } }],
  [
    "a list without strategy is replaced",
    { conditions: [{ a: 1 }] },
    { conditions: [{ b: 1 }] },
    { conditions: [{ b: 1 }] },
  ],
  [
    "an object with strategy replace is replaced",
    { template: { a: 1 } },
    { template: { b: 1 } },
    { template: { b: 1 } },
  ],
  [
    "items merge by key, at their place",
    abc,
    { containers: [{ name: "b", image: "2" }] },
    { containers: [{ name: "a", image: "1" }, { name: "b", image: "2" }, { name: "c" }] },
  ],
  ["a new item goes first", abc, { containers: [{ name: "d" }] }, { containers: [{ name: "d" }, ...abc.containers] }],
  [
    "an item is deleted",
    abc,
    { containers: [{ name: "b", $patch: "delete" }] },
    { containers: [abc.containers[0], { name: "c" }] },
  ],
  ["a list is replaced", abc, { containers: [{ $patch: "replace" }, { name: "x" }] }, { containers: [{ name: "x" }] }],
  ["an object is replaced", { labels: { a: "1" } }, { labels: { $patch: "replace", b: "2" } }, { labels: { b: "2" } }],
  ["an object is emptied", { labels: { a: "1" } }, { labels: { $patch: "delete" } }, { labels: {} }],
  ["a list of texts is a set", { finalizers: ["a", "b"] }, { finalizers: ["b", "c"] }, { finalizers: ["a", "b", "c"] }],
  [
    "texts are deleted",
    { finalizers: ["a", "b"] },
    { "$deleteFromPrimitiveList/finalizers": ["a", "x"] },
    { finalizers: ["b"] },
  ],
  ["nothing to delete from", {}, { "$deleteFromPrimitiveList/finalizers": ["a"] }, {}],
  [
    "items are ordered",
    abc,
    { "$setElementOrder/containers": [{ name: "c" }, { name: "a" }], containers: [{ name: "c", image: "3" }] },
    { containers: [{ name: "b" }, { name: "c", image: "3" }, { name: "a", image: "1" }] },
  ],
  [
    "a new item is placed",
    abc,
    {
      "$setElementOrder/containers": [{ name: "a" }, { name: "b" }, { name: "c" }, { name: "d" }],
      containers: [{ name: "d" }],
    },
    { containers: [...abc.containers, { name: "d" }] },
  ],
  [
    "an item is deleted and the rest ordered",
    abc,
    {
      "$setElementOrder/containers": [{ name: "c" }, { name: "b" }],
      containers: [{ name: "a", $patch: "delete" }],
    },
    { containers: [{ name: "c" }, { name: "b" }] },
  ],
  [
    "texts are ordered and deleted",
    { finalizers: ["a", "b", "c"] },
    { "$setElementOrder/finalizers": ["c", "d", "b"], "$deleteFromPrimitiveList/finalizers": ["a"], finalizers: ["d"] },
    { finalizers: ["c", "d", "b"] },
  ],
  [
    "keys are retained",
    { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
    { strategy: { $retainKeys: ["type"], type: "Recreate" } },
    { strategy: { type: "Recreate" } },
  ],
  [
    "what is new has no directives and no nulls",
    {},
    {
      strategy: { $retainKeys: ["type"], type: "Recreate", rollingUpdate: null },
      "$setElementOrder/containers": [{ name: "a" }],
      containers: [{ name: "a", env: [{ name: "x", $patch: "delete" }, { name: "y" }] }],
    },
    { strategy: { type: "Recreate" }, containers: [{ name: "a", env: [{ name: "y" }] }] },
  ],
  [
    "lists in items merge",
    { containers: [{ name: "a", ports: [{ containerPort: 80 }], args: ["x"] }] },
    { containers: [{ name: "a", ports: [{ containerPort: 80, name: "http" }], args: ["y"] }] },
    { containers: [{ name: "a", ports: [{ containerPort: 80, name: "http" }], args: ["y"] }] },
  ],
])("%s", (_what, document, change, expected) => {
  expect(patch(document, change)).toEqual(expected);
});

test.each<[unknown, unknown, number, string]>([
  [abc, [], 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"],
  [abc, { containers: [{ image: "x" }] }, 500, "map: map[image:x] does not contain declared merge key: name"],
  [abc, { containers: [{ name: "a", $patch: "x" }] }, 500, "unknown patch type: x in map: map[$patch:x name:a]"],
  [abc, { containers: [{ name: "a", $patch: "merge" }] }, 500, "merging lists cannot yet be specified in the patch"],
  [abc, { labels: { $patch: "x" } }, 200, ""],
  [{ labels: {} }, { labels: { $patch: "x" } }, 500, "unknown patch type: x in map: map[$patch:x]"],
  [{ strategy: {} }, { strategy: { $retainKeys: "x" } }, 400, "invalid patch format of retainKeys"],
  [{ strategy: {} }, { strategy: { $retainKeys: [], type: "x" } }, 400, "invalid patch format of retainKeys"],
  [abc, { "$setElementOrder/containers": 1 }, 500, "expected a []interface {}, but received a int64"],
  [abc, { $setElementOrder: [] }, 400, "invalid patch format of setElementOrder list"],
  [
    { finalizers: [["a"]] },
    { finalizers: ["b"] },
    422,
    "the server rejected our request due to an error in our request",
  ],
  [{ finalizers: ["a"] }, { finalizers: [1] }, 500, "list element types are not identical: [[a] [1]]"],
  [
    abc,
    { "$setElementOrder/containers": [{ name: "a" }], containers: [{ name: "b" }] },
    500,
    "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
  ],
])("%j with %j gives %d", (document, change, code, message) => {
  if (code === 200) expect(() => patch(document, change)).not.toThrow();
  else expect(() => patch(document, change)).toThrow(expect.objectContaining({ code, message }));
});

const frozen = (value: unknown): unknown => {
  if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) frozen(item);
    Object.freeze(value);
  }
  return value;
};

const item = fc.record(
  { name: fc.constantFrom("a", "b", "c", "d", "e"), image: fc.constantFrom("1", "2") },
  { requiredKeys: ["name"] },
);
const items = fc.uniqueArray(item, { selector: ({ name }) => name });

test("what a patch says holds, what it does not name stays, and nothing given is changed", () => {
  fc.assert(
    fc.property(items, items, (stored, change) => {
      const document = frozen({ containers: stored, rest: { x: 1 } }) as { rest: object };
      const patched = patch(document, frozen({ containers: change })) as typeof document & {
        containers: typeof stored;
      };
      expect(patched.rest).toBe(document.rest);
      for (const wanted of change) expect(patched.containers).toContainEqual(expect.objectContaining(wanted));
      const named = new Set(change.map(({ name }) => name));
      const untouched = stored.filter(({ name }) => !named.has(name));
      expect(patched.containers.filter(({ name }) => !named.has(name))).toEqual(untouched);
      expect(patched.containers).toHaveLength(new Set([...stored, ...change].map(({ name }) => name)).size);
    }),
  );
});

test("a patch with an order puts its items into it, and applies once for all", () => {
  fc.assert(
    fc.property(items, items, (stored, change) => {
      fc.pre(change.length > 0);
      const order = change.map(({ name }) => ({ name }));
      const whole = frozen({ "$setElementOrder/containers": order, containers: change });
      const patched = patch(frozen({ containers: stored }), whole) as { containers: typeof stored };
      const names = patched.containers.map(({ name }) => name).filter((name) => change.some((c) => c.name === name));
      expect(names).toEqual(change.map(({ name }) => name));
      expect(patch(patched, whole)).toBe(patched);
    }),
  );
});
