/**
 * The difference between two texts, line by line, with three lines around each change.
 *
 * Models github.com/pmezard/go-difflib (SequenceMatcher, GetUnifiedDiffString without names of files).
 */

const CONTEXT = 3;
/** Texts this long leave lines that are everywhere out of what is looked for. */
const POPULAR_FROM = 200;

type Block = readonly [aFrom: number, bFrom: number, size: number];
type Code = readonly [tag: "e" | "r" | "d" | "i", i1: number, i2: number, j1: number, j2: number];

/** Gives the difference, or nothing if the texts are the same. */
export function unifiedDiff(before: string, after: string): string {
  const [a, b] = [linesOf(before), linesOf(after)];
  let text = "";
  for (const group of grouped(codes(a, b))) {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) continue;
    text += `@@ -${range(first[1], last[2])} +${range(first[3], last[4])} @@\n`;
    for (const [tag, i1, i2, j1, j2] of group) {
      if (tag === "e") for (const line of a.slice(i1, i2)) text += ` ${line}`;
      else {
        for (const line of a.slice(i1, i2)) text += `-${line}`;
        for (const line of b.slice(j1, j2)) text += `+${line}`;
      }
    }
  }
  return text;
}

const linesOf = (text: string): string[] => text.split("\n").map((line) => `${line}\n`);

function range(from: number, to: number): string {
  const length = to - from;
  if (length === 1) return `${from + 1}`;
  return `${length === 0 ? from : from + 1},${length}`;
}

/** Where each line of b stands, without those that stand nearly everywhere. */
function places(b: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [n, line] of b.entries()) {
    const known = found.get(line);
    if (known === undefined) found.set(line, [n]);
    else known.push(n);
  }
  if (b.length < POPULAR_FROM) return found;
  const limit = Math.floor(b.length / 100) + 1;
  for (const [line, all] of found) if (all.length > limit) found.delete(line);
  return found;
}

interface Span {
  readonly aLow: number;
  readonly aHigh: number;
  readonly bLow: number;
  readonly bHigh: number;
}

function longestMatch(a: readonly string[], b: readonly string[], where: Map<string, number[]>, span: Span): Block {
  let [bestA, bestB, size] = [span.aLow, span.bLow, 0];
  let lengths = new Map<number, number>();
  for (let i = span.aLow; i < span.aHigh; i += 1) {
    const next = new Map<number, number>();
    for (const j of where.get(a[i] ?? "") ?? []) {
      if (j < span.bLow) continue;
      if (j >= span.bHigh) break;
      const length = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, length);
      if (length > size) [bestA, bestB, size] = [i - length + 1, j - length + 1, length];
    }
    lengths = next;
  }
  while (bestA > span.aLow && bestB > span.bLow && a[bestA - 1] === b[bestB - 1]) {
    [bestA, bestB, size] = [bestA - 1, bestB - 1, size + 1];
  }
  while (bestA + size < span.aHigh && bestB + size < span.bHigh && a[bestA + size] === b[bestB + size]) size += 1;
  return [bestA, bestB, size];
}

function blocks(a: readonly string[], b: readonly string[]): Block[] {
  const where = places(b);
  const matched: Block[] = [];
  const search = (span: Span): void => {
    const [i, j, size] = longestMatch(a, b, where, span);
    if (size === 0) return;
    if (span.aLow < i && span.bLow < j) search({ ...span, aHigh: i, bHigh: j });
    matched.push([i, j, size]);
    if (i + size < span.aHigh && j + size < span.bHigh) search({ ...span, aLow: i + size, bLow: j + size });
  };
  search({ aLow: 0, aHigh: a.length, bLow: 0, bHigh: b.length });
  const joined: Block[] = [];
  for (const [i, j, size] of matched) {
    const last = joined.at(-1);
    if (last !== undefined && last[0] + last[2] === i && last[1] + last[2] === j) {
      joined[joined.length - 1] = [last[0], last[1], last[2] + size];
    } else joined.push([i, j, size]);
  }
  return [...joined, [a.length, b.length, 0]];
}

function codes(a: readonly string[], b: readonly string[]): Code[] {
  const found: Code[] = [];
  let [i, j] = [0, 0];
  for (const [ai, bj, size] of blocks(a, b)) {
    const tag = i < ai && j < bj ? "r" : i < ai ? "d" : j < bj ? "i" : undefined;
    if (tag !== undefined) found.push([tag, i, ai, j, bj]);
    [i, j] = [ai + size, bj + size];
    if (size > 0) found.push(["e", ai, i, bj, j]);
  }
  return found;
}

/** The changes with the lines around them; those far from each other stand in groups of their own. */
function grouped(all: readonly Code[]): Code[][] {
  const list = [...all];
  const first = list[0];
  if (first?.[0] === "e") {
    const [tag, i1, i2, j1, j2] = first;
    list[0] = [tag, Math.max(i1, i2 - CONTEXT), i2, Math.max(j1, j2 - CONTEXT), j2];
  }
  const last = list.at(-1);
  if (last?.[0] === "e") {
    const [tag, i1, i2, j1, j2] = last;
    list[list.length - 1] = [tag, i1, Math.min(i2, i1 + CONTEXT), j1, Math.min(j2, j1 + CONTEXT)];
  }
  const groups: Code[][] = [];
  let group: Code[] = [];
  for (const [tag, from, i2, jFrom, j2] of list) {
    let [i1, j1] = [from, jFrom];
    if (tag === "e" && i2 - i1 > 2 * CONTEXT) {
      group.push([tag, i1, Math.min(i2, i1 + CONTEXT), j1, Math.min(j2, j1 + CONTEXT)]);
      groups.push(group);
      group = [];
      [i1, j1] = [Math.max(i1, i2 - CONTEXT), Math.max(j1, j2 - CONTEXT)];
    }
    group.push([tag, i1, i2, j1, j2]);
  }
  if (group.length > 0 && !(group.length === 1 && group[0]?.[0] === "e")) groups.push(group);
  return groups;
}
