/**
 * Goal: rules are compiled when a kind is defined and run whenever an object is written, with upstream's messages.
 * Method: a table of rules over one schema, with values before and after, and definitions whose rules are refused.
 */
import { expect, test } from "vitest";
import type { ValidationRule } from "#kernel/api/types.gen";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import {
  Definitions,
  definition,
  refusals,
  version,
  withSpec,
} from "#kernel/resources/apiextensions/definitions.fixture";
import type { Schema } from "#kernel/resources/apiextensions/schema";

const spec = (rules: readonly ValidationRule[], more: Record<string, Schema> = {}): Schema => ({
  type: "object",
  properties: {
    min: { type: "integer" },
    max: { type: "integer" },
    name: { type: "string", maxLength: 20 },
    port: { "x-kubernetes-int-or-string": true },
    "a-b": { type: "string", maxLength: 5 },
    list: {
      type: "array",
      maxItems: 5,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
      items: {
        type: "object",
        required: ["k"],
        properties: { k: { type: "string", maxLength: 5 }, v: { type: "integer" } },
        "x-kubernetes-validations": [{ rule: "self.v >= oldSelf.v", message: "only grows" }],
      },
    },
    ...more,
  },
  "x-kubernetes-validations": [...rules],
});

/** What is said of a spec, as created or as changed from another. */
function said(rules: readonly ValidationRule[], value: object, before?: object): string[] {
  const all = new Definitions();
  const widgets = all.serve(definition([version(withSpec(spec(rules)))]));
  if (before === undefined) return refusals(() => all.client.create(widgets, all.widget({ spec: value })));
  const made = all.client.create(widgets, all.widget({ spec: before }));
  return refusals(() => all.client.update(widgets, { ...made, spec: value } as never));
}

const ORDERED: ValidationRule = { rule: "!has(self.min) || !has(self.max) || self.min <= self.max" };

test.each<[string, ValidationRule, object, string[]]>([
  ["one that holds", ORDERED, { min: 1, max: 2 }, ["accepted"]],
  ["one that does not", ORDERED, { min: 3, max: 2 }, [`spec: Invalid value: "object": failed rule: ${ORDERED.rule}`]],
  ["a message", { ...ORDERED, message: "min first" }, { min: 3, max: 2 }, ['spec: Invalid value: "object": min first']],
  [
    "a message that is computed",
    { ...ORDERED, messageExpression: "'%d is above %d'.format([self.min, self.max])" },
    { min: 3, max: 2 },
    ['spec: Invalid value: "object": 3 is above 2'],
  ],
  [
    "a field that is blamed, for a reason",
    { ...ORDERED, message: "too big", fieldPath: ".min", reason: "FieldValueForbidden" },
    { min: 3, max: 2 },
    ["spec.min: Forbidden: too big"],
  ],
  ["a name that is no identifier", { rule: "self.a__dash__b == 'x'" }, { "a-b": "x" }, ["accepted"]],
  [
    "either of two types",
    { rule: "type(self.port) == int ? self.port > 0 : self.port != ''" },
    { port: "http" },
    ["accepted"],
  ],
  [
    "a field that is not there",
    { rule: "self.max > 1" },
    {},
    ['spec: Invalid value: "object": no such key: max evaluating rule: self.max > 1'],
  ],
])("a rule: %s", (_, rule, value, errors) => {
  expect(said([rule], value)).toEqual(errors);
});

test("what was there before is compared: the object's, and each item's of a list map", () => {
  const fixed = { rule: "self.name == oldSelf.name", message: "name is immutable" };
  expect(said([fixed], { name: "a" })).toEqual(["accepted"]);
  expect(said([fixed], { name: "b" }, { name: "a" })).toEqual(['spec: Invalid value: "object": name is immutable']);
  const list = (v: number) => ({
    list: [
      { k: "x", v: 0 },
      { k: "a", v },
    ],
  });
  expect(said([], list(1), { list: [{ k: "a", v: 2 }] })).toEqual([
    'spec.list[1]: Invalid value: "object": only grows',
  ]);
  const once = { rule: "!oldSelf.hasValue() || oldSelf.value().min <= self.min", optionalOldSelf: true };
  expect(said([once], { min: 1 })).toEqual(["accepted"]);
  expect(said([once], { min: 1 }, { min: 2 })[0]).toContain("failed rule");
});

test("rules wait for what they rely on", () => {
  expect(said([ORDERED], { min: "x", max: 2 })).toEqual([
    'spec.min: Invalid value: "string": spec.min in body must be of type integer: "string"',
    '<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the ' +
      "existing errors to complete validation",
  ]);
});

const AT = "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]";
const defined = (schema: Schema) =>
  refusals(() => new Definitions().client.create(customresourcedefinitions, definition([version(withSpec(schema))])));

test.each<[string, ValidationRule, string]>([
  ["an unknown field", { rule: "self.mix > 1" }, `compilation failed: ERROR: <input>:1:5: undefined field 'mix'`],
  ["no bool", { rule: "self.min" }, "cel expression must evaluate to a bool"],
  ["bad grammar", { rule: "self.min >" }, "compilation failed: ERROR: <input>:1:11: Syntax error"],
  ["no rule", { rule: " " }, `${AT}.rule: Required value: rule is not specified`],
  ["an unknown reason", { rule: "true", reason: "Odd" }, `${AT}.reason: Unsupported value: "Odd"`],
  [
    "a field that is not there",
    { rule: "true", fieldPath: ".x" },
    `${AT}.fieldPath: Invalid value: ".x": fieldPath must be a valid path`,
  ],
  [
    "an optional old self that is not used",
    { rule: "true", optionalOldSelf: true },
    "may not be set if oldSelf is not used in rule",
  ],
  [
    "a message that is no text",
    { rule: "true", messageExpression: "1" },
    "messageExpression must evaluate to a string",
  ],
  [
    "lines",
    { rule: "true ||\nfalse" },
    `${AT}.message: Required value: message must be specified if rule contains line breaks`,
  ],
])("a definition is refused for its rule: %s", (_, rule, error) => {
  const [found = ""] = defined(spec([rule]));
  expect(found).toContain(error);
});

test("rules that may cost too much are refused, with how much too much", () => {
  const unbounded: Schema = {
    type: "object",
    properties: { list: { type: "array", items: { type: "string" } } },
    "x-kubernetes-validations": [{ rule: "self.list.all(x, self.list.exists(y, x == y))" }],
  };
  expect(defined(unbounded)).toContain(
    `${AT}.rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, ` +
      "or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)",
  );
  const bounded = structuredClone(unbounded);
  Object.assign(bounded.properties?.["list"] ?? {}, { maxItems: 10, items: { type: "string", maxLength: 10 } });
  expect(defined(bounded)).toEqual(["accepted"]);
});

test("an old self of items that cannot be told apart is refused", () => {
  const schema: Schema = {
    type: "object",
    properties: {
      list: {
        type: "array",
        maxItems: 3,
        items: { type: "integer", "x-kubernetes-validations": [{ rule: "self > oldSelf" }] },
      },
    },
  };
  const path = "spec.validation.openAPIV3Schema.properties[spec].properties[list]";
  expect(defined(schema)).toEqual([
    `${path}.items.x-kubernetes-validations[0].rule: Invalid value: "self > oldSelf": oldSelf cannot be used on the ` +
      `uncorrelatable portion of the schema within ${path}`,
  ]);
});
