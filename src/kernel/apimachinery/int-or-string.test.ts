/**
 * Goal: shares are taken and refused as upstream does.
 * Method: tables.
 */
import { expect, test } from "vitest";
import { collector, errorText } from "#kernel/apimachinery/field-errors";
import * as intOrString from "#kernel/apimachinery/int-or-string";

test.each([
  [3, 10, true, 3],
  ["25%", 10, true, 3],
  ["25%", 10, false, 2],
  ["0%", 10, true, 0],
  ["150%", 2, true, 3],
])("%s of %d (up: %s) is %d", (value, total, roundUp, expected) => {
  expect(intOrString.scaledValue(value, total, roundUp)).toBe(expected);
});

test("a text that is no share has no value", () => {
  expect(() => intOrString.scaledValue("5", 10, true)).toThrow(
    "invalid value for IntOrString: invalid type: string is not a percentage",
  );
});

test("validation", () => {
  const at = collector();
  intOrString.validateNonnegativeIntOrPercent(-1, at.under("a"));
  intOrString.validateNonnegativeIntOrPercent("5", at.under("b"));
  intOrString.validateNonnegativeIntOrPercent("5%", at.under("c"));
  intOrString.validateAtMostHundredPercent("101%", at.under("d"));
  expect(at.errors.map(errorText)).toEqual([
    "a: Invalid value: -1: must be greater than or equal to 0",
    'b: Invalid value: "5": a valid percent string must be a numeric string followed by an ending ' +
      "'%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    'd: Invalid value: "101%": must not be greater than 100%',
  ]);
});
