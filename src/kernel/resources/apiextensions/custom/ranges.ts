/**
 * Numbers against the range of the format their schema gives them, and the schema's own bounds against it: a bound
 * beyond the format's range refuses whatever is there.
 *
 * Models kube-openapi/pkg/validation/validate (IsValueValidAgainstRange), whose errors name no field.
 */
import type { FieldError } from "#kernel/apimachinery/field-errors";
import type { Schema } from "#kernel/resources/apiextensions/schema";

const FLOAT_MAX = (2 - 2 ** -23) * 2 ** 127;

type Fits = (value: number) => boolean;

const RANGES: Readonly<Record<string, Fits>> = {
  "integer int32": (value) => Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31,
  "integer int64": (value) => Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63,
  "number float": (value) => Math.abs(value) <= FLOAT_MAX,
};

/** What is wrong with the ranges of a number and of its bounds. `path` is the place as messages tell it. */
export function rangeErrors(schema: Schema, value: number, path: string): readonly FieldError[] {
  const { type = "", format = "", multipleOf, minimum, maximum } = schema;
  const fits = RANGES[`${type} ${format}`];
  if (fits === undefined) return [];
  const numbers = [
    ["Checked", value],
    ["MultipleOf", multipleOf],
    ["Minimum boundary", minimum],
    ["Maximum boundary", maximum],
  ] as const;
  return numbers
    .filter(([, number]) => number !== undefined && !fits(number))
    .map(([what]) => {
      const detail = `${what} value must be of type ${type} with format ${format} in ${path}`;
      return { type: "FieldValueInvalid", field: "", badValue: "", detail };
    });
}
