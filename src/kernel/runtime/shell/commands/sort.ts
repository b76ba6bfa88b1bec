/**
 * sort and uniq: lines in order, and each but once.
 */
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  cannotOpen,
  type Gathering,
  gather,
  isWait,
  linesOf,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";

interface Key {
  readonly from: number;
  /** The character of the first field it begins with, from 1. */
  readonly start: number;
  readonly to: number;
  readonly flags: string;
}

export const sort: Command<Gathering> = {
  name: "sort",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "nrufbhVcsMdk:t:o:", {
      reverse: "r",
      unique: "u",
    });
    if (problem !== undefined) return wrongOption(task, problem, 2);
    const sources = gather(task, operands);
    if (isWait(sources)) return sources;
    let status = 0;
    for (const { name, errno } of sources) if (errno !== undefined) status = cannotOpen(task, name, errno) + 1;
    const lines = sources.flatMap(({ text }) => linesOf(text));
    const keys = task.argv.flatMap((arg, n) => {
      const text = arg === "-k" ? task.argv[n + 1] : /^-k(.+)/.exec(arg)?.[1];
      return text === undefined ? [] : [keyOf(text)];
    });
    const letters = [...flags].join("");
    const compare = comparison(letters, keys, values["t"]);
    if (flags.has("c")) return inOrder(task, lines, compare, operands[0] ?? "-");
    const sorted = [...lines].sort(compare);
    const kept = flags.has("u") ? sorted.filter((line, n) => n === 0 || equalKeys(sorted[n - 1] ?? "", line)) : sorted;
    const text = kept.map((line) => `${line}\n`).join("");
    task.spend(lines.length);
    if (values["o"] === undefined) task.print(text);
    else task.files.write(task.path(values["o"]), text, { uid: task.uid });
    return status;

    function equalKeys(a: string, b: string): boolean {
      return comparison(letters, keys, values["t"], false)(a, b) !== 0;
    }
  },
};

/** `sort -c`: says which line is out of order. */
function inOrder(
  task: Task<Gathering>,
  lines: readonly string[],
  compare: (a: string, b: string) => number,
  name: string,
): number {
  const wrong = lines.findIndex((line, n) => n > 0 && compare(lines[n - 1] ?? "", line) > 0);
  if (wrong < 0) return 0;
  task.complain(`sort: ${name}:${wrong + 1}: disorder: ${lines[wrong]}\n`);
  return 1;
}

function keyOf(text: string): Key {
  const match = /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.\d+)?([a-zA-Z]*))?/.exec(text);
  return {
    from: Number(match?.[1] ?? 1),
    start: Number(match?.[2] ?? 1),
    to: Number(match?.[4] ?? Number.MAX_SAFE_INTEGER),
    flags: (match?.[3] ?? "") + (match?.[5] ?? ""),
  };
}

function comparison(
  letters: string,
  keys: readonly Key[],
  separator: string | undefined,
  isTotal = true,
): (a: string, b: string) => number {
  const field = (line: string, { from, start, to }: Key): string => {
    if (separator !== undefined) {
      const chosen = line.split(separator).slice(from - 1, to);
      return chosen.join(separator).slice(start - 1);
    }
    const chosen = [...line.matchAll(/\s*\S+/g)].slice(from - 1, to).map(([text]) => text);
    return chosen.join("").slice(start - 1);
  };
  const sign = (flags: string): number => (flags.includes("r") ? -1 : 1);
  return (a, b) => {
    for (const key of keys) {
      const flags = key.flags === "" ? letters : key.flags;
      const order = sign(flags) * ordered(field(a, key), field(b, key), flags);
      if (order !== 0) return order;
    }
    if (keys.length === 0) {
      const order = sign(letters) * ordered(a, b, letters);
      if (order !== 0 || !isTotal) return order;
    }
    if (!isTotal || letters.includes("s") || letters.includes("u")) return 0;
    return sign(letters) * (a < b ? -1 : a > b ? 1 : 0);
  };
}

const SCALE: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

function ordered(left: string, right: string, flags: string): number {
  const trim = (text: string): string => (flags.includes("b") ? text.trimStart() : text);
  const [a, b] = flags.includes("f")
    ? [trim(left).toUpperCase(), trim(right).toUpperCase()]
    : [trim(left), trim(right)];
  if (flags.includes("n")) return number(a) - number(b);
  if (flags.includes("h")) return number(a) * scale(a) - number(b) * scale(b);
  if (flags.includes("V")) return byVersion(a, b);
  return byText(a, b);
}

/** Runs of digits as numbers, what stands between them as text: `a9` comes before `a10`. */
function byVersion(left: string, right: string): number {
  const [a, b] = [left.split(/(\d+)/), right.split(/(\d+)/)];
  for (let n = 0; n < Math.min(a.length, b.length); n += 1) {
    const [one = "", other = ""] = [a[n], b[n]];
    const order = n % 2 === 1 ? Number(one) - Number(other) : byText(one, other);
    if (order !== 0) return order;
  }
  return a.length - b.length || byText(left, right);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function number(text: string): number {
  return Number(/^\s*(-?\d*\.?\d+)/.exec(text)?.[1] ?? "0");
}

function scale(text: string): number {
  return SCALE[/^\s*-?[\d.]+([KMGT])/i.exec(text)?.[1]?.toUpperCase() ?? ""] ?? 1;
}

export const uniq: Command<Gathering> = {
  name: "uniq",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "cduif:s:w:");
    if (problem !== undefined) return wrongOption(task, problem);
    const sources = gather(task, operands.slice(0, 1));
    if (isWait(sources)) return sources;
    const [source] = sources;
    if (source?.errno !== undefined) return cannotOpen(task, source.name, source.errno);
    const key = (line: string): string => {
      const skipped = line
        .replace(new RegExp(`^(?:\\s*\\S+){0,${Number(values["f"] ?? 0)}}`), "")
        .slice(Number(values["s"] ?? 0));
      return flags.has("i") ? skipped.toLowerCase() : skipped;
    };
    const groups: { line: string; count: number }[] = [];
    for (const line of linesOf(source?.text ?? "")) {
      const last = groups.at(-1);
      if (last !== undefined && key(last.line) === key(line)) last.count += 1;
      else groups.push({ line, count: 1 });
    }
    for (const { line, count } of groups) {
      if ((flags.has("d") && count < 2) || (flags.has("u") && count > 1)) continue;
      task.print(`${flags.has("c") ? `${String(count).padStart(7)} ` : ""}${line}\n`);
    }
    return 0;
  },
};
