/**
 * Comparisons: what a check may ask of a number or of any other value.
 */
import { z } from "zod";
import type { Text } from "#classroom/text";

const ORDERED = {
  "==": { holds: (a: number, b: number) => a === b, ko: "", en: "" },
  "!=": { holds: (a: number, b: number) => a !== b, ko: " 이외", en: "not " },
  ">=": { holds: (a: number, b: number) => a >= b, ko: " 이상", en: "at least " },
  ">": { holds: (a: number, b: number) => a > b, ko: " 초과", en: "more than " },
  "<=": { holds: (a: number, b: number) => a <= b, ko: " 이하", en: "at most " },
  "<": { holds: (a: number, b: number) => a < b, ko: " 미만", en: "less than " },
} as const;

type Order = keyof typeof ORDERED;

const orderSchema = z.enum(Object.keys(ORDERED) as [Order, ...Order[]]);

/** How many there must be. */
export const countSchema = z.strictObject({ op: orderSchema, value: z.number().int().min(0) });

/** A wanted number. */
export type Count = z.infer<typeof countSchema>;

/** Whether a number is as wanted. */
export const isCount = (count: number, { op, value }: Count): boolean => ORDERED[op].holds(count, value);

/** `at least 3`, `3 이상`. */
export const countText = ({ op, value }: Count): Text => ({
  ko: `${value}${ORDERED[op].ko}`,
  en: `${ORDERED[op].en}${value}`,
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** What a value must be: compared as a number where both are, else as text. */
export const expectationSchema = z.union([
  z.strictObject({ op: orderSchema, value: scalar }),
  z.strictObject({ op: z.literal("contains"), value: z.string().min(1).max(500) }),
  z.strictObject({ op: z.literal("in"), value: z.array(scalar).min(1).max(50) }),
  z.strictObject({ op: z.literal("exists") }),
  z.strictObject({ op: z.literal("absent") }),
]);

/** An expectation of a value. */
export type Expectation = z.infer<typeof expectationSchema>;

/** Whether a value is as expected; undefined stands for one that is absent. */
export function isAsExpected(value: unknown, expected: Expectation): boolean {
  if (expected.op === "exists") return value !== undefined;
  if (expected.op === "absent") return value === undefined;
  if (value === undefined) return expected.op === "!=";
  if (expected.op === "contains") return contains(value, expected.value);
  if (expected.op === "in") return expected.value.some((one) => printed(one) === printed(value));
  const [left, right] = [Number(value), Number(expected.value)];
  if (!Number.isNaN(left) && !Number.isNaN(right)) return ORDERED[expected.op].holds(left, right);
  if (expected.op === "==") return printed(value) === printed(expected.value);
  return expected.op === "!=" && printed(value) !== printed(expected.value);
}

const contains = (value: unknown, part: string): boolean =>
  Array.isArray(value) ? value.some((item) => printed(item) === part) : printed(value).includes(part);

/** What is expected, in words. */
export function expectationText(expected: Expectation): Text {
  if (expected.op === "exists") return { ko: "값이 있어야 함", en: "set" };
  if (expected.op === "absent") return { ko: "값이 없어야 함", en: "not set" };
  if (expected.op === "contains") return { ko: `${expected.value} 포함`, en: `something with ${expected.value} in it` };
  if (expected.op === "in") {
    const list = expected.value.map(printed).join(", ");
    return { ko: `다음 중 하나: ${list}`, en: `one of ${list}` };
  }
  const { ko, en } = ORDERED[expected.op];
  return { ko: `${printed(expected.value)}${ko}`, en: `${en}${printed(expected.value)}` };
}

/** A value as a student is shown it. */
export const printed = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));
