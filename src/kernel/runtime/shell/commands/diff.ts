/**
 * diff, cmp, comm: what differs between two files.
 *
 * Models busybox's diff, which is unified, and GNU's, which is not unless told so.
 * Leaves out directories but for their names: files are compared.
 */

import { toBytes } from "#kernel/runtime/files/bytes";
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  cannotOpen,
  complain,
  type Gathering,
  gather,
  isBusybox,
  isWait,
  linesOf,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { formatted } from "#kernel/runtime/shell/commands/date";

/** Lines that one file has and the other has not; positions count from 0. */
interface Change {
  readonly a: number;
  readonly aEnd: number;
  readonly b: number;
  readonly bEnd: number;
}

/** More lines than this are taken as changed all together: comparing them takes their product. */
const LINES_MAX = 2_000;

/** The changes from one list of lines to another, by their longest common subsequence. */
function changesBetween(a: readonly string[], b: readonly string[]): Change[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let ends = 0;
  while (ends < a.length - start && ends < b.length - start && a[a.length - 1 - ends] === b[b.length - 1 - ends])
    ends += 1;
  const [aEnd, bEnd] = [a.length - ends, b.length - ends];
  if (start === aEnd && start === bEnd) return [];
  if (Math.max(aEnd, bEnd) - start > LINES_MAX) return [{ a: start, aEnd, b: start, bEnd }];
  const width = bEnd - start + 1;
  const lengths = new Uint16Array((aEnd - start + 1) * width);
  for (let i = aEnd - 1; i >= start; i -= 1) {
    for (let j = bEnd - 1; j >= start; j -= 1) {
      const at = (i - start) * width + (j - start);
      lengths[at] =
        a[i] === b[j] ? (lengths[at + width + 1] ?? 0) + 1 : Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0);
    }
  }
  const changes: Change[] = [];
  for (let i = start, j = start; i < aEnd || j < bEnd; ) {
    if (i < aEnd && j < bEnd && a[i] === b[j]) {
      i += 1;
      j += 1;
      continue;
    }
    const [fromA, fromB] = [i, j];
    while ((i < aEnd || j < bEnd) && !(i < aEnd && j < bEnd && a[i] === b[j])) {
      const at = (i - start) * width + (j - start);
      if (j >= bEnd || (i < aEnd && (lengths[at + width] ?? 0) >= (lengths[at + 1] ?? 0))) i += 1;
      else j += 1;
    }
    changes.push({ a: fromA, aEnd: i, b: fromB, bEnd: j });
  }
  return changes;
}

const CONTEXT = 3;

function unified(a: readonly string[], b: readonly string[], changes: readonly Change[]): string {
  let text = "";
  for (let n = 0; n < changes.length; ) {
    const first = changes[n] as Change;
    let last = first;
    let body = "";
    let at = Math.max(0, first.a - CONTEXT);
    const fromA = at;
    const fromB = Math.max(0, first.b - (first.a - at));
    while (n < changes.length && (changes[n] as Change).a - last.aEnd <= 2 * CONTEXT) {
      last = changes[n] as Change;
      body += a
        .slice(at, last.a)
        .map((line) => ` ${line}\n`)
        .join("");
      body += a
        .slice(last.a, last.aEnd)
        .map((line) => `-${line}\n`)
        .join("");
      body += b
        .slice(last.b, last.bEnd)
        .map((line) => `+${line}\n`)
        .join("");
      at = last.aEnd;
      n += 1;
    }
    const end = Math.min(a.length, at + CONTEXT);
    body += a
      .slice(at, end)
      .map((line) => ` ${line}\n`)
      .join("");
    const range = (from: number, to: number): string => {
      const count = to - from;
      return count === 1 ? String(from + 1) : `${count === 0 ? from : from + 1},${count}`;
    };
    text += `@@ -${range(fromA, end)} +${range(fromB, last.bEnd + end - at)} @@\n${body}`;
  }
  return text;
}

function normal(a: readonly string[], b: readonly string[], changes: readonly Change[]): string {
  const range = (from: number, to: number): string =>
    to - from > 1 ? `${from + 1},${to}` : String(to === from ? from : to);
  return changes
    .map((change) => {
      const kind = change.a === change.aEnd ? "a" : change.b === change.bEnd ? "d" : "c";
      const gone = a.slice(change.a, change.aEnd).map((line) => `< ${line}\n`);
      const come = b.slice(change.b, change.bEnd).map((line) => `> ${line}\n`);
      const mark = kind === "c" ? "---\n" : "";
      return `${range(change.a, change.aEnd)}${kind}${range(change.b, change.bEnd)}\n${gone.join("")}${mark}${come.join("")}`;
    })
    .join("");
}

/** Two operands read whole, a status, or what to wait for. */
function two(task: Task<Gathering>, operands: readonly string[], status: number) {
  const [first, second] = operands;
  if (first === undefined || second === undefined) return complain(task, "missing operand", status);
  const sources = gather(task, [first, second]);
  if (isWait(sources)) return sources;
  for (const { name, errno } of sources) if (errno !== undefined) return cannotOpen(task, name, errno) && status;
  return sources.map(({ text }) => text) as [string, string];
}

export const diff: Command<Gathering> = {
  name: "diff",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "abBdiNqrsTtuwU:L:S:", {
      ...{ brief: "q", unified: "u", "ignore-case": "i", "ignore-all-space": "w", recursive: "r" },
    });
    if (problem !== undefined) return wrongOption(task, problem, 2);
    const texts = two(task, operands, 2);
    if (!Array.isArray(texts)) return texts;
    const [one = "", other = ""] = operands;
    const plain = (line: string): string => {
      const folded = flags.has("i") ? line.toLowerCase() : line;
      return flags.has("w") ? folded.replace(/\s/g, "") : folded;
    };
    const [a, b] = [linesOf(texts[0]), linesOf(texts[1])];
    const changes = changesBetween(a.map(plain), b.map(plain));
    if (changes.length === 0) {
      if (flags.has("s")) task.print(`Files ${one} and ${other} are identical\n`);
      return 0;
    }
    if (flags.has("q")) task.print(`Files ${one} and ${other} differ\n`);
    else if (isBusybox(task)) task.print(`--- ${one}\n+++ ${other}\n${unified(a, b, changes)}`);
    else if (flags.has("u") || values["U"] !== undefined) {
      const head = (mark: string, name: string): string => {
        const stat = task.files.stat(task.path(name));
        const at = typeof stat === "number" ? task.now : stat.at;
        return `${mark} ${name}\t${formatted(at, "%F %T.%N %z")}\n`;
      };
      task.print(head("---", one) + head("+++", other) + unified(a, b, changes));
    } else task.print(normal(a, b, changes));
    return 1;
  },
};

export const cmp: Command<Gathering> = {
  name: "cmp",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "sl", { silent: "s", quiet: "s" });
    if (problem !== undefined) return wrongOption(task, problem, 2);
    const texts = two(task, operands, 2);
    if (!Array.isArray(texts)) return texts;
    const [a, b] = texts.map(toBytes) as [string, string];
    const [one = "", other = ""] = operands;
    let at = 0;
    while (at < a.length && a[at] === b[at]) at += 1;
    if (at === a.length && at === b.length) return 0;
    if (flags.has("s")) return 1;
    if (at >= a.length || at >= b.length) {
      task.complain(`cmp: EOF on ${at >= a.length ? one : other}\n`);
      return 1;
    }
    const line = a.slice(0, at).split("\n").length;
    task.print(`${one} ${other} differ: ${isBusybox(task) ? "char" : "byte"} ${at + 1}, line ${line}\n`);
    return 1;
  },
};

export const comm: Command<Gathering> = {
  name: "comm",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "123");
    if (problem !== undefined) return wrongOption(task, problem);
    const texts = two(task, operands, 1);
    if (!Array.isArray(texts)) return texts;
    const [a, b] = [linesOf(texts[0]), linesOf(texts[1])];
    const put = (column: 1 | 2 | 3, line: string): void => {
      if (flags.has(String(column))) return;
      const before = [1, 2].filter((one) => one < column && !flags.has(String(one))).length;
      task.print(`${"\t".repeat(before)}${line}\n`);
    };
    for (let i = 0, j = 0; i < a.length || j < b.length; ) {
      const [x, y] = [a[i], b[j]];
      if (x !== undefined && x === y) put(3, x);
      else if (y === undefined || (x !== undefined && x < y)) put(1, x ?? "");
      else put(2, y);
      if (x !== undefined && (x === y || y === undefined || x < y)) i += 1;
      if (y !== undefined && (x === y || x === undefined || x > y)) j += 1;
    }
    return 0;
  },
};
