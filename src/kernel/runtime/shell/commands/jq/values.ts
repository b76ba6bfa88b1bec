/**
 * Values of jq: their order, their arithmetic, and how they are printed.
 */

/** A filter that fails on what it is given. */
export class JqError extends Error {
  constructor(readonly value: unknown) {
    super(typeof value === "string" ? value : `${show(value)} (not a string)`);
  }
}

export type Json = Readonly<Record<string, unknown>>;

/** Whether it is an object, not null and no array. */
export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What jq calls the type of a value. */
export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

const ORDER = ["null", "boolean", "number", "string", "array", "object"];

/** The order of all values. */
export function compare(a: unknown, b: unknown): number {
  const types = ORDER.indexOf(typeOf(a)) - ORDER.indexOf(typeOf(b));
  if (types !== 0) return types;
  if (Array.isArray(a) && Array.isArray(b)) {
    for (const [n, item] of a.entries()) {
      if (n >= b.length) return 1;
      const one = compare(item, b[n]);
      if (one !== 0) return one;
    }
    return a.length - b.length;
  }
  if (isObject(a) && isObject(b)) {
    const [x, y] = [Object.keys(a).sort(), Object.keys(b).sort()];
    const keys = compare(x, y);
    if (keys !== 0) return keys;
    for (const key of x) {
      const one = compare(a[key], b[key]);
      if (one !== 0) return one;
    }
    return 0;
  }
  const [x, y] = [a as number | string, b as number | string];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** `object ({"a":1})`, as complaints name a value. */
export function named(value: unknown): string {
  const text = show(value);
  return `${typeOf(value)} (${text.length > 11 ? `${text.slice(0, 10)}...` : text})`;
}

/** Longest text and array a filter may make. */
const MAX_CHARS = 4_194_304;
const MAX_ITEMS = 500_000;

/** The value, unless it has grown beyond all measure. @throws JqError */
export function bounded(value: unknown): unknown {
  const isHuge =
    typeof value === "string" ? value.length > MAX_CHARS : Array.isArray(value) && value.length > MAX_ITEMS;
  if (isHuge) throw new JqError("the result is too large");
  return value;
}

/** Arithmetic on two values. @throws JqError */
export const calculate = (op: string, a: unknown, b: unknown): unknown => bounded(result(op, a, b));

function result(op: string, a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return onNumbers(op, a, b);
  if (op === "+") {
    if (a === null || a === undefined) return b;
    if (b === null || b === undefined) return a;
    if (typeof a === "string" && typeof b === "string") return a + b;
    if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
    if (isObject(a) && isObject(b)) return { ...a, ...b };
    throw new JqError(`${named(a)} and ${named(b)} cannot be added`);
  }
  if (op === "-") {
    if (Array.isArray(a) && Array.isArray(b)) return a.filter((one) => !b.some((other) => compare(one, other) === 0));
    throw new JqError(`${named(a)} and ${named(b)} cannot be subtracted`);
  }
  if (op === "*") {
    if (isObject(a) && isObject(b)) return merge(a, b);
    if (typeof a === "string" && typeof b === "number")
      return b > 0 ? a.repeat(Math.min(Math.ceil(b), Math.ceil(MAX_CHARS / Math.max(1, a.length)) + 1)) : null;
    throw new JqError(`${named(a)} and ${named(b)} cannot be multiplied`);
  }
  if (op === "/" && typeof a === "string" && typeof b === "string") return a.split(b);
  throw new JqError(`${named(a)} and ${named(b)} cannot be divided`);
}

function onNumbers(op: string, a: number, b: number): number {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      if (b === 0) throw new JqError(`${named(a)} and ${named(b)} cannot be divided because the divisor is zero`);
      return a / b;
    default:
      if (Math.trunc(b) === 0) {
        throw new JqError(`${named(a)} and ${named(b)} cannot be divided (remainder) because the divisor is zero`);
      }
      return Math.trunc(a) % Math.trunc(b);
  }
}

function merge(a: Json, b: Json): Json {
  const result: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const own = result[key];
    result[key] = isObject(own) && isObject(value) ? merge(own, value) : value;
  }
  return result;
}

/** A value as JSON in one line. */
export const show = (value: unknown): string => JSON.stringify(value ?? null);

/** A value with its keys in order. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** Operators that compare. */
export const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);

/** Whether a comparison holds for an order. */
export function holds(op: string, order: number): boolean {
  if (op === "==") return order === 0;
  if (op === "!=") return order !== 0;
  if (op === "<") return order < 0;
  if (op === "<=") return order <= 0;
  return op === ">" ? order > 0 : order >= 0;
}
