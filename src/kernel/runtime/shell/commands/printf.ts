/**
 * printf: arguments laid out by a format, which is used again while arguments are left.
 */

import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain } from "#kernel/runtime/shell/commands/command";
import { withEscapes } from "#kernel/runtime/shell/commands/escapes";

const DIRECTIVE = /%(?:%|([-+ 0#]*)(\*|[0-9]+)?(?:\.(\*|[0-9]+)?)?([diouxXeEfgGcsbq]))/g;

export const printf: Command = {
  name: "printf",
  isBuiltin: true,
  step(task) {
    const args = task.argv.slice(task.argv[1] === "--" ? 2 : 1);
    const format = args.shift();
    if (format === undefined) {
      task.complain("printf: usage: printf [-v var] format [arguments]\n");
      return 2;
    }
    const layout = new Layout(task, args);
    let text = "";
    do {
      const before = layout.used;
      text += layout.apply(format);
      if (layout.isCut || layout.used === before) break;
    } while (layout.used < args.length);
    return task.print(text) ? layout.status : 1;
  },
};

/** Wider fields than this are cut: nobody reads them, and they cost memory. */
const MOST_PADDING = 100_000;

/** Arguments laid out once by a format, for other tools. */
export function layOut(format: string, args: readonly string[]): string {
  return new Layout(undefined, args).apply(format);
}

class Layout {
  used = 0;
  status = 0;
  isCut = false;

  constructor(
    readonly task: Task | undefined,
    readonly args: readonly string[],
  ) {}

  #next(): string {
    const arg = this.args[this.used] ?? "";
    this.used += 1;
    return arg;
  }

  apply(format: string): string {
    let text = "";
    let at = 0;
    for (const match of format.matchAll(DIRECTIVE)) {
      text += this.#literal(format.slice(at, match.index));
      if (this.isCut) return text;
      at = match.index + match[0].length;
      text += match[0] === "%%" ? "%" : this.#directive(match);
      if (this.isCut) return text;
    }
    return text + this.#literal(format.slice(at));
  }

  #literal(format: string): string {
    const { text, isCut } = withEscapes(format, false);
    this.isCut ||= isCut;
    return text;
  }

  #directive([all, flags = "", width, precision, kind = ""]: readonly (string | undefined)[]): string {
    let pad = Number(width === "*" ? this.#next() : (width ?? 0));
    const isLeft = flags.includes("-") || pad < 0;
    pad = Math.min(Math.abs(pad), MOST_PADDING);
    const hasPrecision = all?.includes(".") === true;
    const digits = hasPrecision
      ? Math.min(100, Number(precision === "*" ? this.#next() : (precision ?? 0)))
      : undefined;
    const text = this.#value(kind, flags, digits);
    if (isLeft) return text.padEnd(pad);
    if (!flags.includes("0") || "csbq".includes(kind) || (hasPrecision && "diouxX".includes(kind)))
      return text.padStart(pad);
    const sign = /^[-+ ]/.exec(text)?.[0] ?? "";
    return sign + text.slice(sign.length).padStart(pad - sign.length, "0");
  }

  #value(kind: string, flags: string, digits: number | undefined): string {
    const arg = this.#next();
    switch (kind) {
      case "s":
        return digits === undefined ? arg : arg.slice(0, digits);
      case "b": {
        const { text, isCut } = withEscapes(arg);
        this.isCut ||= isCut;
        return text;
      }
      case "q":
        return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
      case "c":
        return arg.slice(0, 1);
      case "d":
      case "i":
      case "o":
      case "u":
      case "x":
      case "X":
        return this.#integer(kind, flags, digits, arg);
      default:
        return this.#real(kind, flags, digits ?? 6, arg);
    }
  }

  #integer(kind: string, flags: string, digits: number | undefined, arg: string): string {
    const value = this.#number(arg);
    const sign = value < 0n && "di".includes(kind) ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
    const magnitude = "di".includes(kind) ? (value < 0n ? -value : value) : BigInt.asUintN(64, value);
    const base = kind === "o" ? 8 : kind === "x" || kind === "X" ? 16 : 10;
    const body = magnitude.toString(base).padStart(digits ?? 1, "0");
    const mark = flags.includes("#") && magnitude !== 0n ? (base === 16 ? "0x" : base === 8 ? "0" : "") : "";
    const text = ("di".includes(kind) ? sign : "") + mark + body;
    return kind === "X" ? text.toUpperCase() : text;
  }

  #number(arg: string): bigint {
    const quoted = /^['"](.)/su.exec(arg);
    if (quoted !== null) return BigInt(quoted[1]?.codePointAt(0) ?? 0);
    const trimmed = arg.trim();
    const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[0-9]+)/.exec(trimmed);
    if (trimmed === "") return 0n;
    if (match === null || match[0].length < trimmed.length) this.#invalid(arg);
    const body = match?.[2] ?? "0";
    const value = BigInt(/^0[0-7]+$/.test(body) ? `0o${body.slice(1)}` : body);
    return match?.[1] === "-" ? -value : value;
  }

  #invalid(arg: string): void {
    if (this.task === undefined) return;
    const isBusybox = this.task.sandbox.content.flavor === "busybox";
    if (isBusybox) {
      this.task.complain(`sh: invalid number '${arg}'\n`);
      this.status = 1;
    } else this.status = complain(this.task, `'${arg}': expected a numeric value`);
  }

  #real(kind: string, flags: string, digits: number, arg: string): string {
    const value = arg === "" ? 0 : Number(arg);
    if (Number.isNaN(value)) {
      this.#invalid(arg);
      return (0).toFixed(digits);
    }
    const sign = value >= 0 && flags.includes("+") ? "+" : "";
    if (kind === "f") return sign + value.toFixed(digits);
    const exponential = (places: number): string => value.toExponential(places).replace(/e([+-])(\d)$/, "e$10$2");
    if (kind.toLowerCase() === "e")
      return sign + (kind === "E" ? exponential(digits).toUpperCase() : exponential(digits));
    const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
    const significant = Math.max(1, digits);
    const text =
      exponent < -4 || exponent >= significant
        ? exponential(significant - 1)
        : value.toFixed(significant - 1 - exponent);
    return sign + (text.includes(".") ? text.replace(/\.?0+($|e)/, "$1") : text);
  }
}
