/**
 * Fields of an object that must be as expected.
 */
import { z } from "zod";
import { type Expectation, expectationSchema, expectationText, isAsExpected, printed } from "#classroom/checks/compare";
import { parsePath, valuesAt } from "#classroom/checks/path";
import type { Text } from "#classroom/text";

const pathSchema = z
  .string()
  .max(300)
  .refine((path) => parsePath(path) !== undefined, "is no path such as .spec.replicas or .spec.containers[0].image");

/** A field and what it must be. With a path that leads to several values every one of them must. */
export const fieldSchema = z.strictObject({ path: pathSchema, expect: expectationSchema });

/** A wanted field. */
export type Field = z.infer<typeof fieldSchema>;

/** The first field that is not as wanted, in words; undefined if all are. */
export function fieldProblem(object: unknown, fields: readonly Field[]): Text | undefined {
  for (const { path, expect } of fields) {
    const values = valuesAt(object, parsePath(path) ?? []);
    const wrong = values.length === 0 ? [undefined] : values;
    const value = wrong.find((one) => !isAsExpected(one, expect));
    if (wrong.every((one) => isAsExpected(one, expect))) continue;
    return wording(path, value, expect);
  }
  return undefined;
}

function wording(path: string, value: unknown, expect: Expectation): Text {
  const expected = expectationText(expect);
  const is = value === undefined ? { ko: "없음", en: "not set" } : { ko: printed(value), en: printed(value) };
  return {
    ko: `${path}의 현재 값: ${is.ko}, 기대하는 값: ${expected.ko}`,
    en: `${path} is ${is.en}, expected ${expected.en}`,
  };
}
