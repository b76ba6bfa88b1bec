/**
 * Goal: selectors select, print and fail as upstream's do, and a printed query reads back as itself.
 * Method: tables; a property over random requirements.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { collector, errorText } from "#kernel/apimachinery/field-errors";
import * as labels from "#kernel/apimachinery/labels";

test.each<[labels.LabelSelector | undefined, Record<string, string> | undefined, boolean]>([
  [undefined, { a: "b" }, false],
  [{}, undefined, true],
  [{ matchLabels: { a: "b" } }, { a: "b", c: "d" }, true],
  [{ matchLabels: { a: "b" } }, { a: "c" }, false],
  [{ matchLabels: { a: "" } }, {}, false],
  [{ matchExpressions: [{ key: "a", operator: "In", values: ["x", "y"] }] }, { a: "y" }, true],
  [{ matchExpressions: [{ key: "a", operator: "NotIn", values: ["x"] }] }, {}, true],
  [{ matchExpressions: [{ key: "a", operator: "Exists" }] }, {}, false],
  [{ matchExpressions: [{ key: "a", operator: "DoesNotExist" }] }, {}, true],
])("%j of %j is %s", (selector, set, expected) => {
  expect(labels.matches(selector, set)).toBe(expected);
});

test("printing", () => {
  expect(labels.format(undefined)).toBe("<none>");
  expect(labels.format({})).toBe("<none>");
  const tier = { key: "tier", operator: "In", values: ["b", "a"] };
  const expressions = [tier, { key: "old", operator: "DoesNotExist" }, { key: "new", operator: "Exists" }];
  expect(labels.format({ matchLabels: { app: "web" }, matchExpressions: expressions })).toBe(
    "app=web,new,!old,tier in (a,b)",
  );
  expect(labels.formatLabels({ c: "d", a: "b" })).toBe("a=b,c=d");
  expect(labels.formatLabels(undefined)).toBe("<none>");
});

test.each([
  ["", {}, true],
  ["a=b", { a: "b" }, true],
  ["a==b, c != d", { a: "b", c: "x" }, true],
  ["a!=b", {}, true],
  ["a in (x, y),!b", { a: "y" }, true],
  ["a notin (x)", { a: "x" }, false],
  ["a notin (x)", {}, true],
  ["a in (,x)", { a: "" }, true],
  ["a in ()", { a: "" }, true],
  ["a=", { a: "" }, true],
  ["in in (in)", { in: "in" }, true],
  ["n>3,n<10", { n: "5" }, true],
  ["n>3", { n: "x" }, false],
  ["n>3", {}, false],
  [" a , b ", { a: "1", b: "2" }, true],
])("query %j of %j is %s", (query, set, expected) => {
  expect(labels.matchesRequirements(labels.parse(query), set)).toBe(expected);
});

const keyRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

test.each([
  ["a=b=c", "found '=', expected: ',' or 'end of string'"],
  ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ["a,", "found '', expected: identifier after ','"],
  [",a", "found ',', expected: !, identifier, or 'end of string'"],
  ["!", "unable to parse requirement: found '', expected: identifier"],
  ["a in x", "unable to parse requirement: found 'x' expected: '('"],
  ["a in (x", "unable to parse requirement: found '', expected: ',' or ')'"],
  ["a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"],
  ["a in (,=", "unable to parse requirement: found '=', expected: ',', or identifier"],
  ["a==!", "unable to parse requirement: found '!', expected: identifier"],
  ["-a", `unable to parse requirement: <nil>: Invalid value: "-a": ${keyRule}`],
  [
    "a>x",
    'unable to parse requirement: values[0]: Invalid value: "x": ' +
      "for 'Gt', 'Lt' operators, the value must be an integer",
  ],
])("query %j is refused", (query, message) => {
  expect(() => labels.parse(query)).toThrow(expect.objectContaining({ message, code: 400 }));
});

test("a printed query reads back as itself", () => {
  const word = fc.stringMatching(/^[a-z0-9]([a-z0-9._-]{0,8}[a-z0-9])?$/);
  const values = fc.uniqueArray(word, { minLength: 1, maxLength: 3 });
  const requirement = fc.oneof(
    fc.record({ key: word, operator: fc.constantFrom("in", "notin"), values: values.map((list) => list.sort()) }),
    fc.record({ key: word, operator: fc.constantFrom("=", "==", "!="), values: fc.tuple(word) }),
    fc.record({ key: word, operator: fc.constantFrom("exists", "!"), values: fc.constant([]) }),
    fc.record({ key: word, operator: fc.constantFrom(">", "<"), values: fc.tuple(fc.nat().map(String)) }),
  ) as fc.Arbitrary<labels.Requirement>;
  fc.assert(
    fc.property(fc.uniqueArray(requirement, { selector: ({ key }) => key }), (requirements) => {
      const sorted = requirements.sort((a, b) => (a.key < b.key ? -1 : 1));
      expect(labels.parse(labels.formatRequirements(sorted))).toEqual(sorted);
    }),
  );
});

test("malformed selectors", () => {
  const at = collector("spec.selector");
  const expressions = [
    { key: "a", operator: "In" },
    { key: "a", operator: "Exists", values: ["x"] },
    { key: "a", operator: "Like" },
    { key: "", operator: "In", values: ["-"] },
  ];
  labels.validateLabelSelector({ matchLabels: { a: "b c" }, matchExpressions: expressions }, at);
  expect(
    at.errors.map(errorText).map((text) => text.replace(/: (a valid label|name part must consist).*/, "")),
  ).toEqual([
    'spec.selector.matchLabels: Invalid value: "b c"',
    "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    "spec.selector.matchExpressions[1].values: Forbidden: " +
      "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    'spec.selector.matchExpressions[2].operator: Invalid value: "Like": not a valid selector operator',
    'spec.selector.matchExpressions[3].key: Invalid value: "": name part must be non-empty',
    'spec.selector.matchExpressions[3].key: Invalid value: ""',
    'spec.selector.matchExpressions[3].values[0]: Invalid value: "-"',
  ]);
});
