/**
 * Goal: field selectors are read, refused and printed as upstream's.
 * Method: tables; a property over random values with every escape.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatFieldSelector, matchesFields, parseFieldSelector } from "#kernel/apimachinery/field-selector";

test("terms", () => {
  expect(parseFieldSelector("")).toEqual([]);
  expect(parseFieldSelector("metadata.name=web,status.phase!=Running,a==b")).toEqual([
    { field: "a", value: "b", isNegated: false },
    { field: "metadata.name", value: "web", isNegated: false },
    { field: "status.phase", value: "Running", isNegated: true },
  ]);
  expect(parseFieldSelector("a=x\\,y\\=z\\\\")).toEqual([{ field: "a", value: "x,y=z\\", isNegated: false }]);
});

test.each([
  ["a", "invalid selector: 'a'; can't understand 'a'"],
  ["b=c,a", "invalid selector: 'b=c,a'; can't understand 'a'"],
  ["a=b=c", "invalid field selector: unescaped character in value: 61"],
  ["a=\\x", "invalid field selector: invalid escape sequence: \\x"],
  ["a=\\", "invalid field selector: invalid escape sequence: \\"],
])("%j is refused", (text, message) => {
  expect(() => parseFieldSelector(text)).toThrow(expect.objectContaining({ message, code: 400 }));
});

test("matching", () => {
  const fields: Record<string, string> = { a: "b" };
  const isMatch = (text: string) => matchesFields(parseFieldSelector(text), (field) => fields[field]);
  expect([isMatch("a=b"), isMatch("a!=b"), isMatch("c="), isMatch("c!=x"), isMatch("a=b,c=x")]).toEqual([
    true,
    false,
    true,
    true,
    false,
  ]);
});

test("a printed selector reads back as itself", () => {
  const value = fc.string({ unit: fc.constantFrom("a", ",", "=", "\\", "!", "é") });
  fc.assert(
    fc.property(value, fc.boolean(), (text, isNegated) => {
      const terms = [{ field: "metadata.name", value: text, isNegated }];
      expect(parseFieldSelector(formatFieldSelector(terms))).toEqual(terms);
    }),
  );
});
