/**
 * The part of Perl that one-liners of lessons use: print, sleep and exit over literals, and pi by the bignum pragma.
 *
 * Leaves out the rest of the language: what is not understood is refused by name, so nobody takes it for run.
 */
import { piDigits } from "#kernel/runtime/images/perl/pi";

/** A statement that is understood. */
export type Statement =
  | { readonly k: "print"; readonly parts: readonly Part[] }
  | { readonly k: "sleep"; readonly seconds: number }
  | { readonly k: "exit"; readonly code: number };

/** A text, or pi to so many digits. */
type Part = { readonly text: string } | { readonly digits: number };

/** More than this would take a machine minutes, and a turn too long. */
const DIGITS_MAX = 20_000;

const PART = /^\s*(?:"((?:[^"\\$@]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?\d+(?:\.\d+)?)|bpi\s*\(\s*(\d+)\s*\))\s*(,|$)/;

/** The statements of a script, or the one that is not understood. `hasBpi`: bpi was imported. */
export function statementsOf(script: string, hasBpi: boolean): readonly Statement[] | { readonly unknown: string } {
  const statements: Statement[] = [];
  for (const text of script.match(/(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^;"'])+/gs) ?? []) {
    const source = text.trim();
    if (source === "") continue;
    const statement = statementOf(source, hasBpi);
    if (statement === undefined) return { unknown: source };
    statements.push(statement);
  }
  return statements;
}

function statementOf(source: string, hasBpi: boolean): Statement | undefined {
  const [, verb = "", open = "", given = ""] = /^([a-z]+)\b\s*(\(?)(.*)$/s.exec(source) ?? [];
  const isWrapped = open === "(" && given.endsWith(")");
  const rest = isWrapped ? given.slice(0, -1) : open + given;
  if (verb === "sleep" && /^\s*\d+\s*$/.test(rest)) return { k: "sleep", seconds: Number(rest) };
  if (verb === "exit" && /^\s*\d*\s*$/.test(rest)) return { k: "exit", code: Number(rest) & 0xff };
  if (verb !== "print" && verb !== "say") return undefined;
  const parts: Part[] = [];
  for (let left = rest; left.trim() !== ""; ) {
    const match = PART.exec(left);
    if (match === null) return undefined;
    const [whole, double, single, number, digits] = match;
    if (digits !== undefined && (!hasBpi || Number(digits) > DIGITS_MAX || Number(digits) < 1)) return undefined;
    parts.push(digits === undefined ? { text: literal({ double, single, number }) } : { digits: Number(digits) });
    left = left.slice(whole.length);
  }
  return { k: "print", parts: verb === "say" ? [...parts, { text: "\n" }] : parts };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", 0: "\0", a: "\u0007", e: "\u001b" };

function literal({
  double,
  single,
  number,
}: {
  readonly double: string | undefined;
  readonly single: string | undefined;
  readonly number: string | undefined;
}): string {
  if (double !== undefined) return double.replace(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);
  if (single !== undefined) return single.replace(/\\([\\'])/g, "$1");
  return String(Number(number));
}

/** What a print statement writes. */
export function printed(parts: readonly Part[]): string {
  return parts.map((part) => ("text" in part ? part.text : piDigits(part.digits))).join("");
}

/** How long a machine computes for it: bpi takes about six seconds for 2,000 digits, and grows with their square. */
export function computingMs(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + ("digits" in part ? 200 + 0.0015 * part.digits ** 2 : 0), 0);
}
