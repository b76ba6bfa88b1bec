/**
 * The values of awk: numbers, texts, and texts of the input that count as either.
 */

import { LinearRegExp } from "#kernel/runtime/linear-regexp";
import { AwkFault } from "#kernel/runtime/shell/commands/awk/ast";
import { layOut } from "#kernel/runtime/shell/commands/printf";
import { regex } from "#kernel/runtime/shell/commands/regex";

/** A number, a text, or a text of the input that may count as a number. */
export type Value = number | string | { readonly input: string };

const NUMERIC = /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/;

/** The functions of the language from numbers to a number. */
export const NUMERIC_FUNCTIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  int: (a) => Math.trunc(a),
  sqrt: (a) => Math.sqrt(a),
  exp: (a) => Math.exp(a),
  log: (a) => Math.log(a),
  sin: (a) => Math.sin(a),
  cos: (a) => Math.cos(a),
  atan2: (a, b) => Math.atan2(a, b),
};

/** Whether a comparison holds: of numbers if both may be numbers, else of texts as `show` writes them. */
export function compares(a: Value, op: string, b: Value, show: (value: Value) => string): boolean {
  const isNumber = (value: Value): boolean =>
    typeof value === "number" || (typeof value === "object" && (value.input === "" || NUMERIC.test(value.input)));
  const order = isNumber(a) && isNumber(b) ? num(a) - num(b) : show(a) < show(b) ? -1 : Number(show(a) > show(b));
  if (op === "==") return order === 0;
  if (op === "!=") return order !== 0;
  return op === "<" ? order < 0 : op === "<=" ? order <= 0 : op === ">" ? order > 0 : order >= 0;
}

/** The fields of a line. */
export function splitBy(line: string, separator: string): string[] {
  if (separator === " ") return line.split(/\s+/).filter((part) => part !== "");
  if (line === "") return [];
  if (separator.length === 1 && separator !== "\\") return line.split(separator);
  return line.split(new LinearRegExp(regex(separator, { isExtended: true }).source.replace(/\((?!\?)/g, "(?:"), "u"));
}

/** A value as text. */
export function text(value: Value): string {
  return typeof value === "object" ? value.input : String(value);
}

/** A value as a number: what it begins with, else 0. */
export function num(value: Value): number {
  if (typeof value === "number") return value;
  return Number(/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?/.exec(text(value))?.[0] ?? "0");
}

/** Whether a condition holds. */
export function truth(value: Value): boolean {
  if (typeof value === "number") return value !== 0;
  if (typeof value === "object" && NUMERIC.test(value.input)) return num(value) !== 0;
  return text(value) !== "";
}

/** The result of an arithmetic operator. Raises AwkFault. */
export function arithmetic(op: string, a: number, b: number): number {
  if ((op === "/" || op === "%") && b === 0) throw new AwkFault("Division by zero");
  if (op === "+") return a + b;
  if (op === "-") return a - b;
  if (op === "*") return a * b;
  if (op === "/") return a / b;
  return op === "%" ? a % b : a ** b;
}

/** A format with the values that follow it, as printf has it; a number for `%c` is a character's. */
export function formatted(shown: (value: Value) => string, [format = "", ...values]: readonly Value[]): string {
  const pattern = shown(format);
  const letters = [...pattern.matchAll(/%(?:%|[-+ #0-9.]*([a-zA-Z]))/g)].flatMap(([, letter]) => letter ?? []);
  const words = values.map((value, n) =>
    letters[n] === "c" && typeof value === "number" ? String.fromCodePoint(value & 0xf_ffff) : shown(value),
  );
  return layOut(pattern, words);
}
