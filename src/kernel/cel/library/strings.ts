/**
 * Texts: parts, cases, searching, splitting. Positions count code points.
 *
 * Models cel-go/ext/strings.go, version 2.
 */
import { RunError } from "#kernel/cel/errors";
import { define, type Overload, traversal } from "#kernel/cel/functions";
import { formatted } from "#kernel/cel/library/format";
import { codePoints, deepSizeOf, Items, type List } from "#kernel/cel/values";

const WIDE = /[\ud800-\udfff]/;

/** Characters by index, without taking a narrow text apart. */
const charsOf = (text: string): string | readonly string[] => (WIDE.test(text) ? [...text] : text);

function sliced(text: string, start: number, end?: number): string {
  const chars = charsOf(text);
  return typeof chars === "string" ? chars.slice(start, end) : chars.slice(start, end).join("");
}

function charAt(text: string, index: bigint): string {
  const at = Number(index);
  const chars = charsOf(text);
  if (at < 0 || at > chars.length) throw new RunError(`index out of range: ${index}`);
  return chars[at] ?? "";
}

function substring(text: string, start: bigint, end?: bigint): string {
  const length = codePoints(text);
  if (start < 0n || start > length) throw new RunError(`index out of range: ${start}`);
  if (end === undefined) return sliced(text, Number(start));
  if (end < 0n || end > length) throw new RunError(`index out of range: ${end}`);
  if (start > end) throw new RunError(`invalid substring range. start: ${start}, end: ${end}`);
  return sliced(text, Number(start), Number(end));
}

function indexOf(text: string, part: string, from = 0n): bigint {
  const length = codePoints(text);
  if (from < 0n || from > length) throw new RunError(`index out of range: ${from}`);
  const skipped = sliced(text, 0, Number(from)).length;
  const found = text.indexOf(part, skipped);
  return found === -1 ? -1n : BigInt(codePoints(text.slice(0, found)));
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  if (from === undefined) {
    const found = text.lastIndexOf(part);
    return found === -1 ? -1n : BigInt(codePoints(text.slice(0, found)));
  }
  const length = codePoints(text);
  if (from < 0n || from >= length) {
    if (part === "" && from === BigInt(length)) return from;
    throw new RunError(`index out of range: ${from}`);
  }
  const skipped = sliced(text, 0, Number(from)).length;
  const found = text.lastIndexOf(part, skipped);
  return found === -1 ? -1n : BigInt(codePoints(text.slice(0, found)));
}

function replace(text: string, part: string, by: string, limit = -1n): string {
  if (limit < 0n) return text.replaceAll(part, () => by);
  let rest = text;
  let done = "";
  for (let left = limit; left > 0n; left -= 1n) {
    const at = rest.indexOf(part);
    if (at === -1) break;
    done += rest.slice(0, at) + by;
    rest = rest.slice(at + part.length);
    if (part === "") {
      if (rest === "") break;
      done += rest.slice(0, 1);
      rest = rest.slice(1);
    }
  }
  return done + rest;
}

function split(text: string, separator: string, limit = -1n): Items {
  if (limit === 0n) return new Items([]);
  const parts = separator === "" ? [...text] : text.split(separator);
  if (limit < 0n || parts.length <= limit) return new Items(parts);
  const kept = parts.slice(0, Number(limit) - 1);
  return new Items([...kept, parts.slice(Number(limit) - 1).join(separator)]);
}

function join(list: List, separator = ""): string {
  const texts: string[] = [];
  for (const item of list) {
    if (typeof item !== "string") throw new RunError("no such overload");
    texts.push(item);
  }
  return texts.join(separator);
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ "\x07": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v" },
  ...{ "\\": "\\\\", '"': '\\"' },
};

function quoted(text: string): string {
  const wellFormed = text.replace(/[\ud800-\udfff]/gu, "\ufffd");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped.
  return `"${wellFormed.replace(/[\x07\b\f\n\r\t\v\\"]/g, (character) => ESCAPES[character] ?? character)}"`;
}

/** What Go's unicode.IsSpace takes for one. */
const SPACES = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const TRIM = new RegExp(`^[${SPACES}]+|[${SPACES}]+$`, "g");

const joinCost = (list: List, separator = ""): number =>
  Math.max(1, traversal(deepSizeOf(list) + list.size * codePoints(separator)));

/** A text is read once. */
const once = (text: string): number => Math.max(1, traversal(codePoints(text)));
const within = (text: string, part: string): number =>
  Math.max(1, Math.ceil(codePoints(text) * 0.1 * Math.max(1, codePoints(part) * 0.1)));
const ofArgument = (_text: string, part: string): number => Math.max(1, traversal(codePoints(part)));

const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());

export const STRINGS: readonly Overload[] = [
  define("string.contains(string): bool", (text: string, part: string) => text.includes(part), within),
  define("string.startsWith(string): bool", (text: string, part: string) => text.startsWith(part), ofArgument),
  define("string.endsWith(string): bool", (text: string, part: string) => text.endsWith(part), ofArgument),
  define("string.charAt(int): string", charAt),
  define("string.indexOf(string): int", indexOf, within),
  define("string.indexOf(string, int): int", indexOf, within),
  define("string.lastIndexOf(string): int", lastIndexOf, within),
  define("string.lastIndexOf(string, int): int", lastIndexOf, within),
  define("list<string>.join(): string", join, joinCost),
  define("list<string>.join(string): string", join, joinCost),
  define("string.lowerAscii(): string", lower, once),
  define("string.upperAscii(): string", upper, once),
  define("string.replace(string, string): string", replace, replaceCost),
  define("string.replace(string, string, int): string", replace, replaceCost),
  define("string.split(string): list<string>", split, once),
  define("string.split(string, int): list<string>", split, once),
  define("string.substring(int): string", substring, once),
  define("string.substring(int, int): string", substring, once),
  define("string.trim(): string", (text: string) => text.replace(TRIM, ""), once),
  define("string.format(list<dyn>): string", formatted, (text: string, args: List) => once(text) + deepSizeOf(args)),
  define("strings.quote(string): string", quoted, once),
];

/** The text may grow by as much as is put in. */
function replaceCost(text: string, part: string, by: string): number {
  const times = part === "" ? codePoints(text) + 1 : Math.ceil(codePoints(text) / Math.max(1, codePoints(part)));
  return Math.max(1, traversal(codePoints(text) + times * codePoints(by)));
}
