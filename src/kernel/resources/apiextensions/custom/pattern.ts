/**
 * Patterns of schemas: Go's regular expressions, which match in linear time whatever they are given.
 *
 * Models Go's regexp (RE2 syntax).
 */
import { RE2JS, RE2JSException } from "re2js";

/** How many compiled patterns are remembered, all clusters of an isolate together. */
const KEPT_MAX = 1_000;

const compiled = new Map<string, RE2JS | { readonly problem: string }>();

function compile(pattern: string): RE2JS | { readonly problem: string } {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (compiled.size >= KEPT_MAX) compiled.clear();
  const made = compileNow(pattern);
  compiled.set(pattern, made);
  return made;
}

function compileNow(pattern: string): RE2JS | { readonly problem: string } {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) return { problem: error.message };
    throw error;
  }
}

/** Why a pattern cannot be compiled, in Go's words; undefined if it can. */
export function patternProblem(pattern: string): string | undefined {
  const found = compile(pattern);
  return "problem" in found ? found.problem : undefined;
}

/** Whether a pattern is found in a text; one that cannot be compiled is found nowhere. */
export function matchesPattern(pattern: string, text: string): boolean {
  const found = compile(pattern);
  return !("problem" in found) && found.matcher(text).find();
}
