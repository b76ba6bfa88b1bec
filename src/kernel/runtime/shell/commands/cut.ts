/**
 * cut, tr, tee, rev, tac, nl, paste and yes: small tools over lines and characters.
 */

import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  cannotOpen,
  complain,
  type Gathering,
  gather,
  isWait,
  linesOf,
  optionsOf,
  wholeInput,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { withEscapes } from "#kernel/runtime/shell/commands/escapes";
import { bracketSource } from "#kernel/runtime/shell/pattern";

/** Turns each line of the operands into another text; lines come as they are written. */
function perLine(task: Task, operands: readonly string[], turn: (line: string) => string | undefined): Step {
  if (operands.length === 0 || operands[0] === "-") {
    for (;;) {
      if (task.isFull(1)) return { write: 1 };
      const line = task.readLine(0);
      if (line === undefined) return { line: 0 };
      if (line === "") return 0;
      const shown = turn(line.replace(/\n$/, ""));
      if (shown !== undefined) task.print(`${shown}\n`);
      if (!task.spend()) return undefined;
    }
  }
  let status = 0;
  for (const name of operands) {
    const text = task.readFile(name);
    if (typeof text === "number") status = cannotOpen(task, name, text);
    else
      for (const line of linesOf(text)) {
        const shown = turn(line);
        if (shown !== undefined) task.print(`${shown}\n`);
      }
  }
  return status;
}

export const cut: Command = {
  name: "cut",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "d:f:c:b:sn", {
      delimiter: "d",
      fields: "f",
      characters: "c",
    });
    if (problem !== undefined) return wrongOption(task, problem);
    const list = values["f"] ?? values["c"] ?? values["b"];
    if (list === undefined) return complain(task, "expected a list of bytes, characters, or fields");
    const ranges = list.split(",").map((range) => {
      const [from = "", to] = range.split("-");
      return {
        from: Number(from === "" ? 1 : from),
        to: to === undefined ? Number(from) : to === "" ? Number.MAX_SAFE_INTEGER : Number(to),
      };
    });
    const chosen = (n: number): boolean => ranges.some(({ from, to }) => n + 1 >= from && n + 1 <= to);
    const delimiter = values["d"] ?? "\t";
    return perLine(task, operands, (line) => {
      if (values["f"] === undefined) return [...line].filter((_, n) => chosen(n)).join("");
      if (!line.includes(delimiter)) return flags.has("s") ? undefined : line;
      return line
        .split(delimiter)
        .filter((_, n) => chosen(n))
        .join(delimiter);
    });
  },
};

export const rev: Command = {
  name: "rev",
  step: (task) => perLine(task, task.argv.slice(1), (line) => [...line].reverse().join("")),
};

export const tac: Command<Gathering> = {
  name: "tac",
  step(task) {
    const sources = gather(task, task.argv.slice(1));
    if (isWait(sources)) return sources;
    for (const { text } of sources)
      task.print(
        linesOf(text)
          .reverse()
          .map((line) => `${line}\n`)
          .join(""),
      );
    return 0;
  },
};

export const nl: Command<{ next: number }> = {
  name: "nl",
  step(task) {
    task.state ??= { next: 1 };
    const { state } = task;
    const { flags, values, operands } = optionsOf(task.argv, "b:s:w:v:n:a");
    return perLine(task, operands, (line) => {
      if (line === "" && values["b"] !== "a" && !flags.has("a")) return `${" ".repeat(6)} `.trimEnd();
      const number = String(state.next).padStart(Number(values["w"] ?? 6));
      state.next += 1;
      return `${number}${values["s"] ?? "\t"}${line}`;
    });
  },
};

export const paste: Command<Gathering> = {
  name: "paste",
  step(task) {
    const { flags, values, operands } = optionsOf(task.argv, "sd:");
    const sources = gather(task, operands);
    if (isWait(sources)) return sources;
    const delimiter = withEscapes(values["d"] ?? "\t").text;
    const columns = sources.map(({ text }) => linesOf(text));
    if (flags.has("s")) {
      for (const column of columns) task.print(`${column.join(delimiter)}\n`);
      return 0;
    }
    const height = Math.max(0, ...columns.map((column) => column.length));
    for (let row = 0; row < height; row += 1)
      task.print(`${columns.map((column) => column[row] ?? "").join(delimiter)}\n`);
    return 0;
  },
};

/** The characters of a set of tr: ranges, classes, escapes. */
function expanded(set: string): string[] {
  const chars: string[] = [];
  const text = [...withEscapes(set.replace(/\\([0-7]{3})/g, "\\0$1")).text];
  for (let n = 0; n < text.length; n += 1) {
    const named = /^\[:(\w+):\]/.exec(text.slice(n, n + 12).join(""));
    if (named !== null) {
      const test = new RegExp(bracketSource(`[:${named[1]}:]`), "u");
      for (let code = 0; code < 128; code += 1)
        if (test.test(String.fromCharCode(code))) chars.push(String.fromCharCode(code));
      n += named[0].length - 1;
    } else if (text[n + 1] === "-" && n + 2 < text.length) {
      const from = text[n]?.codePointAt(0) ?? 0;
      const to = text[n + 2]?.codePointAt(0) ?? 0;
      for (let code = from; code <= to; code += 1) chars.push(String.fromCodePoint(code));
      n += 2;
    } else chars.push(text[n] ?? "");
  }
  return chars;
}

export const tr: Command = {
  name: "tr",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "dscCt", {}, true);
    if (problem !== undefined) return wrongOption(task, problem);
    const [from = "", to = ""] = operands;
    const source = expanded(from);
    const isComplement = flags.has("c") || flags.has("C");
    const target = expanded(to);
    const isIn = (char: string): boolean => source.includes(char) !== isComplement;
    const squeezed = flags.has("s")
      ? operands.length > 1
        ? (char: string) => target.includes(char)
        : isIn
      : () => false;
    for (;;) {
      if (task.isFull(1)) return { write: 1 };
      const text = task.read(0);
      if (text === undefined) return { read: 0 };
      if (text === "") return 0;
      let result = "";
      for (const char of text) {
        if (flags.has("d") && isIn(char)) continue;
        let next = char;
        if (!flags.has("d") && target.length > 0 && isIn(char)) {
          const place = isComplement ? target.length - 1 : Math.min(source.lastIndexOf(char), target.length - 1);
          next = target[place] ?? char;
        }
        if (squeezed(next) && result.endsWith(next)) continue;
        result += next;
      }
      task.print(result);
      if (!task.spend(1 + text.length / 256)) return undefined;
    }
  },
};

export const tee: Command<{ fds: number[]; status: number }> = {
  name: "tee",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "aip", { append: "a" });
    if (problem !== undefined) return wrongOption(task, problem);
    // One that an earlier version began has no descriptors: it goes on at the end of its files.
    if (task.state?.fds === undefined) {
      const isBegun = task.state !== undefined;
      const state: { fds: number[]; status: number } = { fds: [], status: 0 };
      for (const name of operands) {
        const fd = task.open(name, isBegun || flags.has("a") ? "append" : "write");
        if (fd < 0) state.status = complain(task, `${name}: ${errnoText(-fd)}`);
        else state.fds.push(fd);
      }
      task.state = state;
    }
    const { state } = task;
    for (;;) {
      if (task.isFull(1)) return { write: 1 };
      const text = task.read(0);
      if (text === undefined) return { read: 0 };
      if (text === "") return state.status;
      task.print(text);
      for (const fd of state.fds) {
        if (!task.write(fd, text) && state.status === 0) state.status = complain(task, errnoText(ERRNO.ENOSPC));
      }
      if (!task.spend(1 + text.length / 256)) return undefined;
    }
  },
};

export const yes: Command = {
  name: "yes",
  step(task) {
    const line = `${task.argv.slice(1).join(" ") || "y"}\n`;
    const text = line.repeat(Math.max(1, Math.ceil(1_024 / line.length)));
    do {
      if (task.isFull(1)) return { write: 1 };
      if (!task.print(text)) return 1;
    } while (task.spend(8));
    return undefined;
  },
};

export const base64: Command<Gathering> = {
  name: "base64",
  step(task) {
    const { flags, values, operands, problem } = optionsOf(task.argv, "dDiw:", { decode: "d", wrap: "w" });
    if (problem !== undefined) return wrongOption(task, problem);
    const [name] = operands;
    const text = name === undefined || name === "-" ? wholeInput(task) : task.readFile(name);
    if (typeof text === "number") return cannotOpen(task, name ?? "-", text);
    if (typeof text !== "string") return text;
    if (flags.has("d") || flags.has("D")) {
      const decoded = decode64(text.replace(/\s/g, ""));
      if (decoded === undefined) return complain(task, "invalid input");
      task.print(decoded);
      return 0;
    }
    const width = Number(values["w"] ?? 76);
    const encoded = encode64(text);
    task.print(width === 0 ? encoded : encoded.replace(new RegExp(`.{1,${width}}`, "g"), "$&\n"));
    return 0;
  },
};

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The bytes of a text in UTF-8. */
export function bytesOf(text: string): number[] {
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return bytes;
}

/** The text of bytes in UTF-8; a byte that fits nowhere is a code point from U+DC80. */
export function textOfBytes(bytes: readonly number[]): string {
  let text = "";
  for (let n = 0; n < bytes.length; n += 1) {
    const first = bytes[n] ?? 0;
    const length = first < 0x80 ? 1 : first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    const rest = bytes.slice(n + 1, n + length);
    const isWhole = length > 0 && rest.length === length - 1 && rest.every((byte) => (byte & 0xc0) === 0x80);
    if (first < 0x80) text += String.fromCharCode(first);
    else if (!isWhole || first >= 0xf8) text += String.fromCharCode(0xdc00 + first);
    else {
      text += String.fromCodePoint(
        rest.reduce((code, byte) => (code << 6) | (byte & 63), first & (0xff >> (length + 1))),
      );
      n += length - 1;
    }
  }
  return text;
}

/** Base64 of the UTF-8 bytes of a text. */
export function encode64(text: string): string {
  const bytes = bytesOf(text);
  let encoded = "";
  for (let n = 0; n < bytes.length; n += 3) {
    const [a = 0, b, c] = bytes.slice(n, n + 3);
    const word = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    encoded += (ALPHABET[word >> 18] ?? "") + (ALPHABET[(word >> 12) & 63] ?? "");
    encoded +=
      (b === undefined ? "=" : (ALPHABET[(word >> 6) & 63] ?? "")) +
      (c === undefined ? "=" : (ALPHABET[word & 63] ?? ""));
  }
  return encoded;
}

function decode64(text: string): string | undefined {
  const bytes: number[] = [];
  let word = 0;
  let bits = 0;
  for (const char of text.replace(/=+$/, "")) {
    const value = ALPHABET.indexOf(char);
    if (value < 0) return undefined;
    word = ((word << 6) | value) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((word >> bits) & 0xff);
  }
  return textOfBytes(bytes);
}
