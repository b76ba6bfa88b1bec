/**
 * IntOrString: a number, or a share of another number: `3`, `25%`, or the name of a port.
 *
 * Models apimachinery/pkg/util/intstr, and how the apps API validates it.
 */
import { internalError } from "#kernel/apimachinery/errors";
import type { At } from "#kernel/apimachinery/field-errors";
import { negativeText, percent } from "#kernel/apimachinery/formats";

export type IntOrString = number | string;

/** Gives the share as a number: 25 of `25%`; undefined if it is none. */
export function percentOf(value: IntOrString): number | undefined {
  return typeof value === "string" && /^[+-]?\d+%$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

/**
 * Gives a number as it is and a share of the total, rounded up or down.
 * Raises InternalError for a text that is no share: validation has let nothing else pass.
 */
export function scaledValue(value: IntOrString, total: number, roundUp: boolean): number {
  if (typeof value === "number") return value;
  const share = percentOf(value);
  if (share === undefined) {
    const isShare = value.endsWith("%");
    const reason = isShare ? `invalid value "${value}"` : "invalid type: string is not a percentage";
    throw internalError(`invalid value for IntOrString: ${reason}`);
  }
  const scaled = (share * total) / 100;
  return roundUp ? Math.ceil(scaled) : Math.floor(scaled);
}

/** Adds an error unless the value is a number that is not negative, or a share. `at` stands at the value. */
export function validateNonnegativeIntOrPercent(value: IntOrString, at: At): void {
  if (typeof value === "number") {
    if (value < 0) at("").invalid(value, negativeText);
    return;
  }
  for (const text of percent(value)) at("").invalid(value, text);
}

/** Adds an error for a share of more than everything. `at` stands at the value. */
export function validateAtMostHundredPercent(value: IntOrString, at: At): void {
  if ((percentOf(value) ?? 0) > 100) at("").invalid(value, "must not be greater than 100%");
}
