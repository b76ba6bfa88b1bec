/**
 * The difference between two pod specs as text: what a refused update tried to change.
 *
 * Models the report of github.com/google/go-cmp that upstream prints.
 * Leaves out the names of Go's types and the blanks by which go-cmp keeps people from parsing it: it is for reading.
 */

import { quote } from "#kernel/apimachinery/go-text";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Gives the report: lines with `-` were there before, lines with `+` are new, the rest shows where.
 * `type` is the name of both values' type.
 */
export function specDiff(old: object, now: object, type = "core.PodSpec"): string {
  return [`  ${type}{`, ...fieldsDiff(old as Fields, now as Fields, 1), "  }", ""].join("\n");
}

function fieldsDiff(old: Fields, now: Fields, depth: number): string[] {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  const changed = keys.filter((key) => !semanticEqual(old[key], now[key]));
  const lines = changed.flatMap((key) => valueDiff(`${goName(key)}: `, old[key], now[key], depth));
  const same = keys.length - changed.length;
  return same === 0 ? lines : [...lines, line(" ", depth, `... // ${same} identical fields`)];
}

function valueDiff(label: string, old: unknown, now: unknown, depth: number): string[] {
  if (isFields(old) && isFields(now)) {
    return [line(" ", depth, `${label}{`), ...fieldsDiff(old, now, depth + 1), line(" ", depth, "},")];
  }
  if (Array.isArray(old) && Array.isArray(now)) {
    return [line(" ", depth, `${label}{`), ...listDiff(old, now, depth + 1), line(" ", depth, "},")];
  }
  const before = old === undefined ? [] : [line("-", depth, `${label}${literal(old)},`)];
  const after = now === undefined ? [] : [line("+", depth, `${label}${literal(now)},`)];
  return [...before, ...after];
}

function listDiff(old: readonly unknown[], now: readonly unknown[], depth: number): string[] {
  const lines: string[] = [];
  for (let n = 0; n < Math.max(old.length, now.length); n += 1) {
    if (semanticEqual(old[n], now[n])) continue;
    lines.push(...valueDiff("", old[n], now[n], depth));
  }
  const same = old.filter((item, n) => semanticEqual(item, now[n])).length;
  return same === 0 ? lines : [line(" ", depth, `... // ${same} identical elements`), ...lines];
}

const line = (mark: string, depth: number, text: string): string => `${mark} ${"\t".repeat(depth)}${text}`;

const goName = (field: string): string => field.charAt(0).toUpperCase() + field.slice(1);

function literal(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return `{${value.map(literal).join(", ")}}`;
  if (isFields(value)) {
    const fields = Object.entries(value).map(([key, item]) => `${goName(key)}: ${literal(item)}`);
    return `{${fields.join(", ")}}`;
  }
  return String(value);
}
