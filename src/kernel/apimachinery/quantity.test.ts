/**
 * Goal: quantities are exact, spelt and refused as upstream's.
 * Method: tables; properties of spelling and of sums.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import * as quantity from "#kernel/apimachinery/quantity";

test.each([
  ["0", "0"],
  ["0Ki", "0"],
  ["0.5", "500m"],
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["1024Mi", "1Gi"],
  ["1.5Gi", "1536Mi"],
  ["100000", "100k"],
  ["1024", "1024"],
  ["128974848", "128974848"],
  ["129e6", "129e6"],
  ["129M", "129M"],
  ["1e3", "1e3"],
  ["1E3", "1e3"],
  ["1e2", "100"],
  ["1E", "1E"],
  ["1000E", "1000E"],
  ["0.1Ki", "102400m"],
  ["1Ki", "1Ki"],
  ["512Ki", "512Ki"],
  ["1025", "1025"],
  ["-0.5", "-500m"],
  ["+1", "1"],
  ["001", "1"],
  [".5", "500m"],
  ["5.", "5"],
  ["1n", "1n"],
  ["0.1n", "1n"],
  ["1u", "1u"],
  ["16Ei", `${(1n << 63n) - 1n}`],
])("%s is spelt %s", (text, canonical) => {
  expect(quantity.canonicalQuantity(text)).toBe(canonical);
});

test.each([
  ["", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ["aoeu", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ["1.1.M", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  [" 1", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ["100MB", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ["1K", "unable to parse quantity's suffix"],
  ["1i", "unable to parse quantity's suffix"],
  ["1e-", "unable to parse quantity's suffix"],
])("%j is refused", (text, message) => {
  expect(quantity.quantityProblem(text)).toBe(message);
  expect(() => quantity.parseQuantity(text)).toThrow(expect.objectContaining({ message, code: 400 }));
});

test("numbers are rounded away from zero", () => {
  expect([quantity.milli("0.1m"), quantity.milli("1.5"), quantity.milli(2)]).toEqual([1, 1500, 2000]);
  expect([quantity.value("1m"), quantity.value("1.5Gi"), quantity.value("-1.5")]).toEqual([1, 1610612736, -2]);
  expect(quantity.canonicalResource("0.0001")).toBe("1m");
});

test("sums are spelt as the first that is not zero", () => {
  expect(quantity.formatQuantity(quantity.add("1Gi", "1G"))).toBe("2073741824");
  expect(quantity.formatQuantity(quantity.add("0", "1Gi"))).toBe("1Gi");
  expect(quantity.formatQuantity(quantity.sub("1", "250m"))).toBe("750m");
  expect([quantity.cmp("1", "1000m"), quantity.cmp("1Ki", "1k"), quantity.cmp("1m", "1")]).toEqual([0, 1, -1]);
  expect(quantity.formatQuantity(quantity.fromMilli(1500))).toBe("1500m");
  expect(quantity.formatQuantity(quantity.fromValue(1 << 20))).toBe("1Mi");
});

const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "e3", "E-3");
const text = fc
  .tuple(fc.integer({ min: -99999, max: 99999 }), fc.option(fc.nat({ max: 999 })), suffix)
  .map(([whole, fraction, unit]) => `${whole}${fraction === null ? "" : `.${fraction}`}${unit}`);

test("the canonical spelling is canonical and means the same", () => {
  fc.assert(
    fc.property(text, (original) => {
      const canonical = quantity.canonicalQuantity(original);
      // A binary quantity below a unit's half is spelt without a unit, and then read as a decimal one.
      const again = quantity.canonicalQuantity(canonical);
      expect(quantity.canonicalQuantity(again)).toBe(again);
      expect(quantity.cmp(again, canonical)).toBe(0);
      expect(quantity.cmp(canonical, original)).toBe(0);
    }),
  );
});

test("what is added can be taken away", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(quantity.cmp(quantity.sub(quantity.add(a, b), b), a)).toBe(0);
    }),
  );
});
