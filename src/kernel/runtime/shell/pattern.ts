/**
 * Shell patterns: `*`, `?`, `[...]`, matched against texts and file names.
 */

import type { FileSystem } from "#kernel/runtime/files/filesystem";
import { absolute, below } from "#kernel/runtime/files/paths";
import { LinearRegExp } from "#kernel/runtime/linear-regexp";

/** The text with every character that means something in a pattern made literal. */
export function literalPattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}

/** Whether a pattern has a character that matches more than itself. */
export function isPattern(pattern: string): boolean {
  return /(^|[^\\])(\\\\)*[*?[]/.test(pattern);
}

/** The regular expression of a pattern, without anchors. `isLazy` makes `*` take as little as it can. */
export function patternSource(pattern: string, isLazy = false): string {
  let source = "";
  for (let n = 0; n < pattern.length; n += 1) {
    const char = pattern[n] ?? "";
    if (char === "\\") {
      n += 1;
      source += escapeRegExp(pattern[n] ?? "\\");
    } else if (char === "*") source += isLazy ? "[^]*?" : "[^]*";
    else if (char === "?") source += "[^]";
    else if (char === "[") {
      const end = bracketEnd(pattern, n);
      if (end < 0) source += "\\[";
      else {
        source += bracketSource(pattern.slice(n + 1, end));
        n = end;
      }
    } else source += escapeRegExp(char);
  }
  return source;
}

/** Whether the whole text matches. */
export function matches(pattern: string, text: string): boolean {
  return isPattern(pattern) || pattern.includes("\\")
    ? compiled(`^(?:${patternSource(pattern)})$`).test(text)
    : pattern === text;
}

const NEVER = /(?!)/u;

/** A regular expression made of patterns; one that makes no sense (a range that runs backwards) matches nothing. */
export function compiled(source: string, flags = "u"): RegExp {
  try {
    return new LinearRegExp(source, flags);
  } catch (error) {
    if (error instanceof SyntaxError) return NEVER;
    throw error;
  }
}

/** The text as it stands in a regular expression. */
export function escapeRegExp(text: string): string {
  // A hyphen escaped by a backslash is refused outside of a class.
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replaceAll("-", "\\x2d");
}

function bracketEnd(pattern: string, start: number): number {
  let n = start + 1;
  if (pattern[n] === "!" || pattern[n] === "^") n += 1;
  if (pattern[n] === "]") n += 1;
  for (; n < pattern.length; n += 1) {
    if (pattern.startsWith("[:", n)) {
      const close = pattern.indexOf(":]", n);
      if (close > 0) n = close + 1;
    } else if (pattern[n] === "]") return n;
  }
  return -1;
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: "a-zA-Z0-9",
  alpha: "a-zA-Z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\s",
  upper: "A-Z",
  xdigit: "0-9A-Fa-f",
};

/** The inside of a bracket expression as a class of a regular expression. */
export function bracketSource(inside: string): string {
  const isNegated = inside[0] === "!" || inside[0] === "^";
  let body = "";
  const text = isNegated ? inside.slice(1) : inside;
  for (let n = 0; n < text.length; n += 1) {
    const named = /^\[:([a-z]+):\]/.exec(text.slice(n));
    if (named !== null) {
      body += CLASSES[named[1] ?? ""] ?? "";
      n += named[0].length - 1;
    } else if (text[n] === "-" && n > 0 && n < text.length - 1) body += "-";
    else body += escapeRegExp(text[n] ?? "");
  }
  return body === "" ? (isNegated ? "[^]" : "(?!)") : `[${isNegated ? "^" : ""}${body}]`;
}

/** The paths a pattern matches, sorted; empty if there are none. `hasDots`: `.*` matches `.` and `..` too. */
export function glob(files: FileSystem, cwd: string, pattern: string, hasDots = false): string[] {
  const isAbsolute = pattern.startsWith("/");
  const parts = pattern.split("/").filter((part) => part !== "");
  let found = [isAbsolute ? "/" : ""];
  for (const [n, part] of parts.entries()) {
    const isLast = n === parts.length - 1;
    const next: string[] = [];
    for (const base of found) {
      const directory = absolute(base === "" ? "." : base, cwd);
      for (const name of isPattern(part)
        ? namesLike(files, directory, part, hasDots)
        : [part.replace(/\\(.)/g, "$1")]) {
        const path = base === "" ? name : below(base.replace(/(.)\/$/, "$1"), name);
        const full = absolute(path, cwd);
        if (typeof files.stat(full, false) === "number") continue;
        if ((!isLast || pattern.endsWith("/")) && !files.isDirectory(full)) continue;
        next.push(isLast && pattern.endsWith("/") ? `${path}/` : path);
      }
    }
    found = next;
  }
  return found.sort();
}

function namesLike(files: FileSystem, directory: string, pattern: string, hasDots: boolean): string[] {
  const listed = files.list(directory);
  if (typeof listed === "number") return [];
  const names = hasDots ? [".", "..", ...listed] : listed;
  return names.filter((name) => (name.startsWith(".") ? pattern.startsWith(".") : true) && matches(pattern, name));
}
