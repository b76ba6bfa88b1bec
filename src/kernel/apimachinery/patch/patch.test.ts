/**
 * Goal: JSON patch and JSON merge patch do what their RFCs say, and change nothing they are given.
 * Method: tables; laws over random documents.
 */
import fc from "fast-check";
import { createPatch } from "rfc6902";
import { expect, test } from "vitest";
import { jsonPatch } from "#kernel/apimachinery/patch/json-patch";
import { mergePatch } from "#kernel/apimachinery/patch/merge-patch";
import { equal } from "#kernel/sim/clone";

test.each<[unknown, unknown, unknown]>([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("merging %j with %j", (document, patch, expected) => {
  expect(mergePatch(document, patch)).toEqual(expected);
});

test("a merge patch is an object", () => {
  expect(() => mergePatch({}, [])).toThrow(expect.objectContaining({ code: 400 }));
});

test("what a merge patch does not touch is shared, and what is given stays", () => {
  const document = Object.freeze({ a: Object.freeze({ x: 1 }), b: Object.freeze({ y: 1 }) });
  const patched = mergePatch(document, { a: { x: 2 } }) as typeof document;
  expect(patched.b).toBe(document.b);
  expect(document.a.x).toBe(1);
  expect(mergePatch(document, { a: { x: 1 } })).toBe(document);
});

test.each<[unknown, object[], unknown]>([
  [{ a: 1 }, [{ op: "add", path: "/b", value: [1] }], { a: 1, b: [1] }],
  [{ a: [1, 3] }, [{ op: "add", path: "/a/1", value: 2 }], { a: [1, 2, 3] }],
  [{ a: [1] }, [{ op: "add", path: "/a/-", value: 2 }], { a: [1, 2] }],
  [{ a: [1] }, [{ op: "add", path: "/a/1", value: 2 }], { a: [1, 2] }],
  [{ a: [1, 2] }, [{ op: "remove", path: "/a/0" }], { a: [2] }],
  [{ a: [1, 2] }, [{ op: "remove", path: "/a/-1" }], { a: [1] }],
  [{ a: 1, b: 2 }, [{ op: "remove", path: "/a" }], { b: 2 }],
  [{ a: 1 }, [{ op: "replace", path: "/a", value: 2 }], { a: 2 }],
  [{ a: 1 }, [{ op: "move", from: "/a", path: "/b" }], { b: 1 }],
  [{ a: [1, 2, 3] }, [{ op: "move", from: "/a/0", path: "/a/2" }], { a: [2, 3, 1] }],
  [{ a: { x: 1 } }, [{ op: "copy", from: "/a", path: "/b" }], { a: { x: 1 }, b: { x: 1 } }],
  [
    { a: { "b/c": 1, "d~e": 2 } },
    [
      { op: "remove", path: "/a/b~1c" },
      { op: "remove", path: "/a/d~0e" },
    ],
    { a: {} },
  ],
  [{ a: { b: [1] } }, [{ op: "test", path: "/a", value: { b: [1] } }], { a: { b: [1] } }],
  [{ a: 1 }, [{ op: "test", path: "/b", value: null }], { a: 1 }],
  [{ a: 1 }, [{ op: "replace", path: "", value: { b: 1 } }], { b: 1 }],
])("patching %j with %j", (document, patch, expected) => {
  expect(jsonPatch(document, patch)).toEqual(expected);
});

test.each<[string, unknown, object[]]>([
  ["a missing parent", {}, [{ op: "add", path: "/a/b", value: 1 }]],
  ["a place behind the end", { a: [] }, [{ op: "add", path: "/a/1", value: 1 }]],
  ["a field to remove that is not there", {}, [{ op: "remove", path: "/a" }]],
  ["a field to replace that is not there", {}, [{ op: "replace", path: "/a", value: 1 }]],
  ["a test that fails", { a: 1 }, [{ op: "test", path: "/a", value: 2 }]],
  ["an unknown operation", {}, [{ op: "merge", path: "/a" }]],
  ["no path", {}, [{ op: "add", value: 1 }]],
  ["a name where an index should be", { a: [] }, [{ op: "add", path: "/a/x", value: 1 }]],
  ["what an object inherits", {}, [{ op: "add", path: "/__proto__/x", value: 1 }]],
  [
    "more copies than a body may be large",
    { a: "x".repeat(2_000_000) },
    [
      { op: "copy", from: "/a", path: "/b" },
      { op: "copy", from: "/a", path: "/c" },
    ],
  ],
])("%s is refused without a reason", (_what, document, patch) => {
  const message = "the server rejected our request due to an error in our request";
  expect(() => jsonPatch(document, patch)).toThrow(expect.objectContaining({ code: 422, message }));
});

test("a JSON patch is a list of at most 10,000 objects", () => {
  expect(() => jsonPatch({}, {})).toThrow("json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  expect(() => jsonPatch({}, ["x"])).toThrow("json: cannot unmarshal string into Go value of type jsonpatch.Operation");
  const operations = Array(10_001).fill({ op: "test", path: "", value: {} });
  expect(() => jsonPatch({}, operations)).toThrow(
    "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
  );
});

const frozen = (value: unknown): unknown => {
  if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) frozen(item);
    Object.freeze(value);
  }
  return value;
};

// Keys are few, so that documents meet; empty keys and the like are the tables' matter.
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom("x", "y"),
    fc.boolean(),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
  object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
})).object as fc.Arbitrary<Record<string, unknown>>;

test("a JSON patch made from two documents leads from one to the other", () => {
  fc.assert(
    fc.property(json, json, (from, to) => {
      expect(jsonPatch(frozen(from), frozen(createPatch(from, to)))).toEqual(to);
    }),
  );
});

test("a merge patch made from two documents leads from one to the other, and once is enough", () => {
  const difference = (from: Record<string, unknown>, to: Record<string, unknown>): Record<string, unknown> => {
    const patch: Record<string, unknown> = {};
    for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
    for (const [key, value] of Object.entries(to)) {
      const old = from[key];
      if (equal(old, value)) continue;
      const isNested = isRecord(old) && isRecord(value);
      patch[key] = isNested ? difference(old, value) : value;
    }
    return patch;
  };
  fc.assert(
    fc.property(json, json, (from, to) => {
      const patch = difference(from, to);
      const patched = mergePatch(frozen(from), frozen(patch));
      expect(patched).toEqual(to);
      expect(mergePatch(patched, patch)).toBe(patched);
    }),
  );
});

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
