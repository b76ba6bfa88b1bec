/**
 * Goal: the text of an object says what JSON.stringify says, with managedFields and without.
 * Method: objects with every odd field, twice, so that remembered texts are used too.
 */
import { expect, test } from "vitest";
import { jsonText } from "#kernel/store/json-text";

const set = { "f:spec": { ".": {}, 'k:{"name":"a"}': {} } };
const entries = [{ manager: "a", operation: "Update", fieldsV1: set, subresource: "status" }, { manager: 'b"' }, {}];

test.each([
  {},
  { spec: { a: 1 } },
  { kind: "A", metadata: { name: "a" } },
  { metadata: { managedFields: [] } },
  { kind: "A", metadata: { managedFields: entries, name: "a" }, status: undefined, 'o"dd': [null, ""] },
])("%j", (object) => {
  expect(JSON.parse(jsonText(object))).toEqual(JSON.parse(JSON.stringify(object)));
  expect(jsonText(object)).toBe(jsonText(object));
});
