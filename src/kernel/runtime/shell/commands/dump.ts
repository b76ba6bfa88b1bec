/**
 * od, hexdump, xxd: the bytes of files in numbers and letters.
 *
 * Leaves out od's floating point and hexdump's own formats.
 */
import { fromBytes, toBytes } from "#kernel/runtime/files/bytes";
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  cannotOpen,
  complain,
  type Gathering,
  gather,
  isWait,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { sizeNamed } from "#kernel/runtime/shell/commands/size";
import { LIMITS } from "#kernel/sim/limits";

const ROW = 16;

/** The bytes of all operands, or a status, or what to wait for. */
function bytesIn(task: Task<Gathering>, operands: readonly string[]) {
  const sources = gather(task, operands);
  if (isWait(sources)) return sources;
  for (const { name, errno } of sources) if (errno !== undefined) return cannotOpen(task, name, errno);
  const bytes = toBytes(sources.map(({ text }) => text).join(""));
  return bytes.length > LIMITS.textHeldChars ? complain(task, "file too large") : bytes;
}

const codes = (row: string): number[] => Array.from(row, (char) => char.charCodeAt(0));
const hex = (code: number, width = 2): string => code.toString(16).padStart(width, "0");
const shown = (row: string): string => row.replace(/[^ -~]/g, ".");

function rows(bytes: string, width = ROW): string[] {
  return Array.from({ length: Math.ceil(bytes.length / width) }, (_, n) => bytes.slice(n * width, (n + 1) * width));
}

/** Equal rows after one another are shown once, then as a star. */
function lines(bytes: string, line: (row: string, at: number) => string, showsAll: boolean): string {
  let text = "";
  let before: string | undefined;
  let isStarred = false;
  for (const [n, row] of rows(bytes).entries()) {
    if (row === before && !showsAll) {
      if (!isStarred) text += "*\n";
      isStarred = true;
      continue;
    }
    isStarred = false;
    before = row;
    text += line(row, n * ROW);
  }
  return text;
}

/** Numbers of so many bytes each, the lowest byte first. */
function words(row: string, size: number): number[] {
  return rows(row, size).map((part) => codes(part).reduceRight((value, code) => value * 256 + code, 0));
}

const NAMED: Readonly<Record<number, string>> = {
  ...{ 0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r" },
};

function character(code: number): string {
  return NAMED[code] ?? (code >= 32 && code < 127 ? String.fromCharCode(code) : code.toString(8).padStart(3, "0"));
}

function odRow(row: string, type: string): string {
  const [, kind = "o", digits = ""] = /^([a-z])(\d*)/.exec(type) ?? [];
  if (kind === "c")
    return codes(row)
      .map((code) => character(code).padStart(4))
      .join("");
  const size = Number(digits || (kind === "d" || kind === "u" ? 4 : 2));
  const radix = kind === "x" ? 16 : kind === "o" ? 8 : 10;
  const width = kind === "x" ? size * 2 : kind === "o" ? Math.ceil((size * 8) / 3) : Math.ceil(size * 2.5) || 3;
  return words(row, size)
    .map((value) => {
      const text = value.toString(radix);
      return ` ${radix === 10 ? text.padStart(width) : text.padStart(width, "0")}`;
    })
    .join("");
}

export const od: Command<Gathering> = {
  name: "od",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "A:t:N:j:cbxdov", { "address-radix": "A" });
    if (problem !== undefined) return wrongOption(task, problem);
    const all = bytesIn(task, operands);
    if (typeof all !== "string") return all;
    const from = sizeNamed(values["j"] ?? "0") ?? 0;
    const bytes = all.slice(from, from + (sizeNamed(values["N"] ?? "") ?? all.length));
    const letters: Readonly<Record<string, string>> = { c: "c", b: "o1", x: "x2", d: "u2", o: "o2" };
    const letter = Object.keys(letters).find((one) => flags.has(one));
    const type = values["t"] ?? (letter === undefined ? "o2" : (letters[letter] ?? "o2"));
    const address = (at: number): string => {
      if (values["A"] === "n") return "";
      const radix = values["A"] === "x" ? 16 : values["A"] === "d" ? 10 : 8;
      return (at + from).toString(radix).padStart(radix === 16 ? 6 : 7, "0");
    };
    task.print(lines(bytes, (row, at) => `${address(at)}${odRow(row, type)}\n`, flags.has("v")));
    if (values["A"] !== "n") task.print(`${address(bytes.length)}\n`);
    return 0;
  },
};

export const hexdump: Command<Gathering> = {
  name: "hexdump",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "Cbcdoxvn:s:");
    if (problem !== undefined) return wrongOption(task, problem);
    const all = bytesIn(task, operands);
    if (typeof all !== "string") return all;
    const from = sizeNamed(values["s"] ?? "0") ?? 0;
    const bytes = all.slice(from, from + (sizeNamed(values["n"] ?? "") ?? all.length));
    const isCanonical = flags.has("C");
    const line = (row: string, at: number): string => {
      if (!isCanonical)
        return `${hex(at + from, 7)}${words(row, 2)
          .map((word) => ` ${hex(word, 4)}`)
          .join("")}\n`;
      const half = (part: string): string =>
        codes(part)
          .map((code) => ` ${hex(code)}`)
          .join("")
          .padEnd(24);
      return `${hex(at + from, 8)} ${half(row.slice(0, 8))} ${half(row.slice(8))}  |${shown(row)}|\n`;
    };
    task.print(lines(bytes, line, flags.has("v")));
    if (bytes !== "") task.print(`${hex(bytes.length + from, isCanonical ? 8 : 7)}\n`);
    return 0;
  },
};

export const xxd: Command<Gathering> = {
  name: "xxd",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "prl:s:c:g:");
    if (problem !== undefined) return wrongOption(task, problem);
    const all = bytesIn(task, operands);
    if (typeof all !== "string") return all;
    if (flags.has("r")) {
      const digits = all.replace(flags.has("p") ? /[^0-9a-fA-F]/g : /^\S+:| {2}.*$|\s/gm, "");
      task.print(
        fromBytes(
          rows(digits, 2)
            .map((pair) => String.fromCharCode(Number.parseInt(pair, 16)))
            .join(""),
        ),
      );
      return 0;
    }
    const bytes = all.slice(sizeNamed(values["s"] ?? "0") ?? 0).slice(0, sizeNamed(values["l"] ?? "") ?? all.length);
    if (flags.has("p")) {
      task.print(
        rows(
          codes(bytes)
            .map((code) => hex(code))
            .join(""),
          60,
        )
          .map((line) => `${line}\n`)
          .join(""),
      );
      return 0;
    }
    for (const [n, row] of rows(bytes).entries()) {
      const pairs = rows(row, 2).map((pair) =>
        codes(pair)
          .map((code) => hex(code))
          .join(""),
      );
      task.print(`${hex(n * ROW, 8)}: ${pairs.join(" ").padEnd(39)}  ${shown(row)}\n`);
    }
    return 0;
  },
};
