/**
 * bash's brace expansion: `{a,b}` and `{1..5}` make several words of one, before anything else is expanded.
 *
 * Leaves out braces whose parts are quoted or hold expansions: what stands in one piece of plain text is expanded.
 */
import type { Part, Word } from "#kernel/runtime/shell/ast";

/** Words one expansion may come to; a longer list stays as it is written. */
const WORDS_MAX = 10_000;

/** The words a word comes to. */
export function braced(word: Word): readonly Word[] {
  const n = word.findIndex((part) => part.t === "text" && part.isQuoted !== true && part.v.includes("{"));
  const part = word[n];
  if (part?.t !== "text") return [word];
  const texts = expanded(part.v);
  if (texts.length === 1 && texts[0] === part.v) return [word];
  const piece = (text: string): Part[] => (text === "" ? [] : [{ t: "text", v: text }]);
  return texts.map((text) => [...word.slice(0, n), ...piece(text), ...word.slice(n + 1)]);
}

function expanded(text: string): string[] {
  for (let open = text.indexOf("{"); open >= 0; open = text.indexOf("{", open + 1)) {
    const close = closing(text, open);
    if (close < 0) return [text];
    const choices = sequence(text.slice(open + 1, close)) ?? list(text.slice(open + 1, close));
    if (choices === undefined) continue;
    const ends = expanded(text.slice(close + 1));
    if (choices.length * ends.length > WORDS_MAX) return [text];
    return choices.flatMap((choice) => ends.map((end) => text.slice(0, open) + choice + end));
  }
  return [text];
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let n = open; n < text.length; n += 1) {
    if (text[n] === "{") depth += 1;
    else if (text[n] === "}") depth -= 1;
    if (depth === 0) return n;
  }
  return -1;
}

/** `a,b{c,d}`: the parts between commas, each expanded; undefined without a comma. */
function list(inside: string): string[] | undefined {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let n = 0; n <= inside.length; n += 1) {
    if (inside[n] === "{") depth += 1;
    else if (inside[n] === "}") depth -= 1;
    if (n < inside.length && (inside[n] !== "," || depth > 0)) continue;
    parts.push(inside.slice(start, n));
    start = n + 1;
  }
  return parts.length < 2 ? undefined : parts.flatMap(expanded);
}

/** `1..5`, `a..e`, `10..1..2`; undefined if it is none. */
function sequence(inside: string): string[] | undefined {
  const match = /^(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.(-?\d+))?$/.exec(inside);
  const [, first = "", last = "", by] = match ?? [];
  const isLetters = /^[A-Za-z]$/.test(first);
  if (match === null || isLetters !== /^[A-Za-z]$/.test(last)) return undefined;
  const from = isLetters ? first.charCodeAt(0) : Number(first);
  const to = isLetters ? last.charCodeAt(0) : Number(last);
  const step = Math.max(1, Math.abs(Number(by ?? 1))) * (from <= to ? 1 : -1);
  const count = Math.floor(Math.abs(to - from) / Math.abs(step)) + 1;
  if (count > WORDS_MAX) return undefined;
  const width = [first, last].some((one) => /^-?0\d/.test(one)) ? Math.max(first.length, last.length) : 0;
  return Array.from({ length: count }, (_, n) => {
    const value = from + n * step;
    return isLetters ? String.fromCharCode(value) : String(value).padStart(width, "0");
  });
}
