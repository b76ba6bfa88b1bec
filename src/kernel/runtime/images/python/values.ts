/**
 * Values of a little Python: what built-in functions, operators and methods make of them, and how they are shown.
 *
 * Models the numbers, texts and lists of Python; a float is told from a whole number.
 */
import { NotUnderstood } from "#kernel/runtime/images/python/parse";

/** A float: `3.0` is not `3`. */
export interface Float {
  readonly float: number;
}

export type Value = string | number | boolean | null | Float | readonly Value[];

/** An exception nobody caught. */
export class Raised extends Error {}

const TEXT_MAX = 100_000;
const ITEMS_MAX = 100_000;

const isFloat = (value: Value): value is Float => typeof value === "object" && value !== null && "float" in value;

/** Whether a value counts as true. */
export const truth = (value: Value): boolean =>
  Array.isArray(value) ? value.length > 0 : isFloat(value) ? value.float !== 0 : Boolean(value);

/** Built-in functions. */
export const FUNCTIONS: Readonly<Record<string, (args: readonly Value[]) => Value>> = {
  int([text = 0]) {
    if (text === null || Array.isArray(text)) {
      throw new Raised(
        `TypeError: int() argument must be a string, a bytes-like object or a real number, not '${typeName(text)}'`,
      );
    }
    if (typeof text === "string" && !/^\s*[-+]?\d+\s*$/.test(text))
      throw new Raised(`ValueError: invalid literal for int() with base 10: '${text}'`);
    return Math.trunc(isFloat(text) ? text.float : Number(text));
  },
  float: ([text = 0]) => {
    if (isFloat(text)) return text;
    if (text === null || Array.isArray(text) || Number.isNaN(Number(text)))
      throw new Raised(`ValueError: could not convert string to float: '${shown(text)}'`);
    return { float: Number(text) };
  },
  str: ([value = ""]) => shown(value),
  bool: ([value = false]) => truth(value),
  len: ([value = ""]) => (typeof value === "string" || Array.isArray(value) ? value.length : 0),
  abs: ([value = 0]) => Math.abs(number(value, "abs")),
  range: (args) => {
    const [from, to, by] = args.length === 1 ? [0, args[0] ?? 0, 1] : [args[0] ?? 0, args[1] ?? 0, args[2] ?? 1];
    const [start, end, pace] = [number(from, "range"), number(to, "range"), number(by, "range")];
    if (pace === 0) throw new Raised("ValueError: range() arg 3 must not be zero");
    const count = Math.min(ITEMS_MAX, Math.max(0, Math.ceil((end - start) / pace)));
    return Array.from({ length: count }, (_, n) => start + n * pace);
  },
  min: (args) => Math.min(...numbers(args)),
  max: (args) => Math.max(...numbers(args)),
  sum: (args) => numbers(args).reduce((total, one) => total + one, 0),
};

const numbers = (args: readonly Value[]): number[] =>
  (Array.isArray(args[0]) ? (args[0] as readonly Value[]) : args).map((one) => number(one, "+"));

/** A method of a text. */
export function method(of: Value, name: string, args: readonly Value[]): Value {
  const [first = "", second = ""] = args.map(shown);
  if (typeof of !== "string") throw new NotUnderstood(0, `.${name}()`);
  switch (name) {
    case "upper":
      return of.toUpperCase();
    case "lower":
      return of.toLowerCase();
    case "strip":
      return of.trim();
    case "split":
      return args.length === 0 ? of.trim().split(/\s+/) : of.split(first);
    case "join":
      return bounded((Array.isArray(args[0]) ? (args[0] as readonly Value[]) : []).map(shown).join(of));
    case "replace":
      return bounded(of.replaceAll(first, second));
    case "startswith":
      return of.startsWith(first);
    case "endswith":
      return of.endsWith(first);
    case "format": {
      let at = 0;
      return bounded(of.replace(/\{(\d*)\}/g, (_, n: string) => shown(args[n === "" ? at++ : Number(n)] ?? "")));
    }
    default:
      throw new NotUnderstood(0, `.${name}()`);
  }
}

function compared(op: string, first: Value, second: Value): boolean {
  const [a, b] = [isFloat(first) ? first.float : first, isFloat(second) ? second.float : second];
  if (typeof a !== typeof b || a === null || typeof a === "object") {
    const types = `'${typeName(a)}' and '${typeName(b)}'`;
    throw new Raised(`TypeError: '${op}' not supported between instances of ${types}`);
  }
  const [x, y] = [a, b as typeof a];
  return op === "<" ? x < y : op === "<=" ? x <= y : op === ">" ? x > y : x >= y;
}

const same = (a: Value, b: Value): boolean =>
  Array.isArray(a) && Array.isArray(b)
    ? shown(a) === shown(b)
    : a === b || (isNumeric(a) && isNumeric(b) && number(a, "==") === number(b, "=="));

const isNumeric = (value: Value): boolean => ["number", "boolean"].includes(typeof value) || isFloat(value);

/** A number, for an operator. */
export function number(value: Value, op: string, other: Value = value): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  if (isFloat(value)) return value.float;
  const types = `'${typeName(other)}' and '${typeName(value)}'`;
  throw new Raised(`TypeError: unsupported operand type(s) for ${op}: ${types}`);
}

/** The name of its type. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "int";
  if (isFloat(value)) return "float";
  return "list";
}

/** A value as print shows it. */
export function shown(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (isFloat(value)) return Number.isInteger(value.float) ? value.float.toFixed(1) : String(value.float);
  return `[${value.map((one) => (typeof one === "string" ? `'${one}'` : shown(one))).join(", ")}]`;
}

function formatted(text: string, values: readonly Value[]): string {
  let at = 0;
  return bounded(
    text.replace(/%(?:\.(\d+))?([sdf%])/g, (_, digits: string | undefined, kind: string) => {
      if (kind === "%") return "%";
      const value = values[at++] ?? null;
      return kind === "f" ? number(value, "%").toFixed(Number(digits ?? "6")) : shown(value);
    }),
  );
}

/** A text that is not too long. */
export function bounded(text: string): string {
  if (text.length > TEXT_MAX) throw new Raised("MemoryError");
  return text;
}

/** What an operator makes of two values. */
export function binary(op: string, a: Value, b: Value): Value {
  switch (op) {
    case "==":
    case "is":
      return same(a, b);
    case "!=":
    case "is not":
      return !same(a, b);
    case "in":
    case "not in": {
      const isIn = typeof b === "string" ? b.includes(shown(a)) : Array.isArray(b) && b.some((one) => same(one, a));
      return isIn === (op === "in");
    }
    case "+":
      if (typeof a === "string" && typeof b === "string") return bounded(a + b);
      if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b].slice(0, ITEMS_MAX);
      if (typeof a === "string") throw new Raised(`TypeError: can only concatenate str (not "${typeName(b)}") to str`);
      return arithmetic(op, a, b);
    case "*":
      if (typeof a === "string" && typeof b === "number") return bounded(a.repeat(Math.max(0, Math.min(b, TEXT_MAX))));
      return arithmetic(op, a, b);
    case "%":
      if (typeof a === "string") return formatted(a, Array.isArray(b) ? b : [b]);
  }
  if (["<", "<=", ">", ">="].includes(op)) return compared(op, a, b);
  return arithmetic(op, a, b);
}

function arithmetic(op: string, a: Value, b: Value): Value {
  const [x, y] = [number(a, op, b), number(b, op, a)];
  if (["/", "//", "%"].includes(op) && y === 0) throw new Raised("ZeroDivisionError: division by zero");
  const results: Readonly<Record<string, number>> = {
    "+": x + y,
    "-": x - y,
    "*": x * y,
    "/": x / y,
    "//": Math.floor(x / y),
    "%": x - y * Math.floor(x / y),
    "**": x ** y,
  };
  const result = results[op] ?? 0;
  return op === "/" || isFloat(a) || isFloat(b) || (op === "**" && y < 0) ? { float: result } : result;
}
