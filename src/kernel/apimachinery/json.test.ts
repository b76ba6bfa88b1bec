/**
 * Goal: malformed JSON is refused in Go's words, fields that stand twice are found, and equal values print alike.
 * Method: tables; a property that well-formed texts have no problem.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readJson, stableStringify, strictProblems } from "#kernel/apimachinery/json";

test.each([
  ["", "unexpected end of JSON input"],
  ["{", "unexpected end of JSON input"],
  ["x", "invalid character 'x' looking for beginning of value"],
  ["{x", "invalid character 'x' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ["{} x", "invalid character 'x' after top-level value"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g"', "invalid character 'g' in \\u hexadecimal character escape"],
  ["-x", "invalid character 'x' in numeric literal"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["1ex", "invalid character 'x' in exponent of numeric literal"],
  ["trux", "invalid character 'x' in literal true (expecting 'e')"],
  ["é", "invalid character 'Ã' looking for beginning of value"],
  ["'", "invalid character '\\'' looking for beginning of value"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
])("%j is refused", (text, message) => {
  expect(() => readJson(text)).toThrow(expect.objectContaining({ message }));
});

test("fields that stand twice", () => {
  expect(strictProblems('{"a":1,"b":{"a":1}}')).toEqual([]);
  expect(strictProblems('{"m":{"l":{"a":"1","b":"2","a":"3"}},"c":[{},{"n":1,"\\u006e":2,"n":3}]}')).toEqual([
    'duplicate field "m.l.a"',
    'duplicate field "c[1].n"',
  ]);
});

test("fields nobody knows, in the order of the text, and nothing of what they hold", () => {
  const text = '{"a":1,"x":{"b":1,"b":2},"a":2,"x":3,"l":[{"y":1}]}';
  const unknown = new Set(["x", "l[0].y"]);
  expect(strictProblems(text, unknown)).toEqual(['unknown field "x"', 'duplicate field "a"', 'unknown field "l[0].y"']);
});

test("a well-formed text has no problem", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(readJson(text)).toEqual(JSON.parse(text));
      expect(() => strictProblems(text)).not.toThrow();
    }),
  );
});

test("equal values print alike", () => {
  expect(stableStringify({ b: [{ d: 1, c: 2 }], a: undefined })).toBe('{"b":[{"c":2,"d":1}]}');
});
