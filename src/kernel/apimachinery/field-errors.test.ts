/**
 * Goal: field errors read as upstream's, and land on the right path.
 * Method: tables of problems and their text.
 */
import { expect, test } from "vitest";
import { type At, collector, errorText } from "#kernel/apimachinery/field-errors";

function textsOf(check: (at: At) => void): string[] {
  const at = collector();
  check(at);
  return at.errors.map(errorText);
}

test.each<[string, (at: At) => void]>([
  ["a: Required value", (at) => at("a").required()],
  ["a: Required value: why", (at) => at("a").required("why")],
  ['a: Invalid value: "x\\n": no', (at) => at("a").invalid("x\n", "no")],
  ["a: Invalid value: 1.5: no", (at) => at("a").invalid(1.5, "no")],
  ["a: Invalid value: true: no", (at) => at("a").invalid(true, "no")],
  ['a: Invalid value: "null": no', (at) => at("a").invalid(undefined, "no")],
  ['a: Invalid value: {"a":"b","c":"d"}: no', (at) => at("a").invalid({ c: "d", a: "b" }, "no")],
  ['a: Invalid value: ["x\\u003cy"]: no', (at) => at("a").invalid(["x<y"], "no")],
  ['a: Unsupported value: "z": supported values: "x", "y"', (at) => at("a").notSupported("z", ["x", "y"])],
  ['a: Duplicate value: "x"', (at) => at("a").duplicate("x")],
  ["a: Forbidden: why", (at) => at("a").forbidden("why")],
  ['a: Not found: "x"', (at) => at("a").notFound("x")],
  ["a: Too long: may not be more than 63 bytes", (at) => at("a").tooLong("x", 63)],
  ["a: Too many: 3: must have at most 2 items", (at) => at("a").tooMany(3, 2)],
  ["a: Too many: must have at most 1 item", (at) => at("a").tooMany(-1, 1)],
  ['a: Invalid value: "x": must be of type integer', (at) => at("a").typeInvalid("x", "must be of type integer")],
  ["a: Internal error: why", (at) => at("a").internal("why")],
  ["<nil>: Required value", (at) => at("").required()],
  ["spec.containers[0].name: Required value", (at) => at.under("spec").under("containers[0]")("name").required()],
  ["metadata.labels[a.b/c]: Required value", (at) => at.under("metadata.labels")("[a.b/c]").required()],
  ['spec: Invalid value: {"a":"y"}: field is immutable', (at) => at("spec").immutable({ a: "y" }, { a: "x" })],
])("%s", (text, check) => {
  expect(textsOf(check)).toEqual([text]);
});

test("what means the same did not change", () => {
  const same = [
    [{ a: [] }, {}],
    [null, undefined],
    [
      { a: 1, b: [{ c: null }] },
      { b: [{}], a: 1 },
    ],
  ];
  for (const [a, b] of same) expect(textsOf((at) => at("x").immutable(a, b))).toEqual([]);
  expect(textsOf((at) => at("x").immutable([1, 2], [2, 1]))).toHaveLength(1);
});

test("a path below shares the list of errors", () => {
  const at = collector("spec");
  at.under("template")("x").required();
  expect(at.errors.map(({ field }) => field)).toEqual(["spec.template.x"]);
  expect(at.under("template").path).toBe("spec.template");
});
