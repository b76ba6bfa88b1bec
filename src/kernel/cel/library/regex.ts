/**
 * Regular expressions in RE2's grammar, matched in linear time: they come from tenants nobody knows.
 *
 * Models apiserver/pkg/cel/library/regex.go.
 */
import { RE2JS } from "re2js";
import { RunError } from "#kernel/cel/errors";
import { define, type Overload, traversal } from "#kernel/cel/functions";
import { codePoints, Items } from "#kernel/cel/values";

/** Longest expression that is compiled. */
const PATTERN_CHARS = 10_000;
/** Compiled expressions kept for the next one who asks. */
const KNOWN_MAX = 256;
const known = new Map<string, RE2JS | string>();

function lookUp(pattern: string): RE2JS | string {
  const found = known.get(pattern);
  if (found !== undefined) return found;
  const read = compiled(pattern);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(pattern, read);
  return read;
}

function compiled(pattern: string): RE2JS | string {
  if (pattern.length > PATTERN_CHARS) return "error parsing regexp: expression too large";
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What keeps a text from being a regular expression; undefined if it is one. */
export function regexProblem(pattern: string): string | undefined {
  const read = lookUp(pattern);
  return typeof read === "string" ? read : undefined;
}

/** Whether a regular expression occurs in a text. @throws RunError if it is none */
export function regexMatches(text: string, pattern: string): boolean {
  return regex(pattern).matcher(text).find();
}

function regex(pattern: string): RE2JS {
  const read = lookUp(pattern);
  if (typeof read === "string") throw new RunError(read);
  return read;
}

function find(text: string, pattern: string): string {
  const matcher = regex(pattern).matcher(text);
  return matcher.find() ? (matcher.group() ?? "") : "";
}

function findAll(text: string, pattern: string, limit = -1n): Items {
  const matcher = regex(pattern).matcher(text);
  const found: string[] = [];
  while ((limit < 0n || found.length < limit) && matcher.find()) found.push(matcher.group() ?? "");
  return new Items(found);
}

/** Every character of the text against every fourth of the expression, as upstream reckons. */
const matchCost = (text: string, pattern: string): number =>
  Math.max(1, traversal(codePoints(text) + 1) * Math.ceil(codePoints(pattern) * 0.25));

export const REGEX: readonly Overload[] = [
  define("string.matches(string): bool", regexMatches, matchCost),
  define("matches(string, string): bool", regexMatches, matchCost),
  define("string.find(string): string", find, matchCost),
  define("string.findAll(string): list<string>", findAll, matchCost),
  define("string.findAll(string, int): list<string>", findAll, matchCost),
];
