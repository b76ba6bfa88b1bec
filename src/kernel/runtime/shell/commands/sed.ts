/**
 * sed: edits a stream by a script of addresses and commands.
 *
 * Models POSIX sed with GNU's `-i`, `-E`, `I`, `M~N` left out.
 */
import { errnoText } from "#kernel/runtime/files/errno";
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  complain,
  type Gathering,
  gather,
  isBusybox,
  isWait,
  linesOf,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { RegexFault, regex } from "#kernel/runtime/shell/commands/regex";

type Address = { readonly line: number } | { readonly isLast: true } | { readonly test: RegExp };

interface Instruction {
  readonly from?: Address;
  readonly to?: Address | { readonly plus: number };
  readonly isNegated: boolean;
  readonly name: string;
  readonly text: string;
  readonly test?: RegExp;
  readonly replacement?: string;
  readonly flags?: string;
  readonly block?: readonly Instruction[];
}

class SedFault extends Error {}

export const sed: Command<Gathering> = {
  name: "sed",
  step(task) {
    const argv = task.argv.map((arg) => (/^-i.+/.test(arg) ? "-i" : arg));
    const {
      flags,
      values,
      operands: given,
      problem,
    } = optionsOf(argv, "nEriszue:f:", {
      quiet: "n",
      silent: "n",
      expression: "e",
      "regexp-extended": "E",
      "in-place": "i",
    });
    if (problem !== undefined) return wrongOption(task, problem);
    const scripts = argv.flatMap((arg, n) => (arg === "-e" ? [argv[n + 1] ?? ""] : []));
    const operands = [...given];
    if (values["f"] !== undefined) {
      const text = task.readFile(values["f"]);
      scripts.push(typeof text === "number" ? "" : text);
    } else if (scripts.length === 0) scripts.push(values["e"] ?? operands.shift() ?? "");
    try {
      const program = new Reader(scripts.join("\n"), flags.has("E") || flags.has("r")).all();
      const sources = gather(task, operands);
      if (isWait(sources)) return sources;
      let status = 0;
      for (const { name, errno } of sources) {
        if (errno !== undefined)
          status = complain(
            task,
            isBusybox(task) ? `${name}: ${errnoText(errno)}` : `can't read ${name}: ${errnoText(errno)}`,
            isBusybox(task) ? 1 : 2,
          );
      }
      const groups = flags.has("i") ? sources.map((one) => [one]) : [sources];
      for (const group of groups) {
        const run = new Run(task, program, flags.has("n"));
        const { text, code } = run.edit(group.map((one) => one.text).join(""));
        const [only] = group;
        if (flags.has("i") && only?.errno === undefined)
          task.files.write(task.path(only?.name ?? ""), text, { uid: task.uid });
        else task.print(text);
        if (code !== undefined) return code;
      }
      return status;
    } catch (fault) {
      if (fault instanceof SedFault) return complain(task, fault.message);
      if (fault instanceof RegexFault) return complain(task, `bad regex '${fault.message}'`);
      throw fault;
    }
  },
};

class Reader {
  #at = 0;

  constructor(
    readonly text: string,
    readonly isExtended: boolean,
  ) {}

  all(isBlock = false): Instruction[] {
    const found: Instruction[] = [];
    for (;;) {
      while (/[\s;]/.test(this.text[this.#at] ?? "")) this.#at += 1;
      if (this.#at >= this.text.length) {
        if (isBlock) throw new SedFault("unmatched '{'");
        return found;
      }
      if (this.text[this.#at] === "}") {
        this.#at += 1;
        return found;
      }
      if (this.text[this.#at] === "#") this.#line();
      else found.push(this.#instruction());
    }
  }

  #line(): string {
    const end = this.text.indexOf("\n", this.#at);
    const line = this.text.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.text.length : end + 1;
    return line;
  }

  #spaces(): void {
    while (this.text[this.#at] === " ") this.#at += 1;
  }

  #address(): Address | undefined {
    const number = /^\d+/.exec(this.text.slice(this.#at));
    if (number !== null) {
      this.#at += number[0].length;
      return { line: Number(number[0]) };
    }
    if (this.text[this.#at] === "$") {
      this.#at += 1;
      return { isLast: true };
    }
    if (this.text[this.#at] === "\\") this.#at += 1;
    else if (this.text[this.#at] !== "/") return undefined;
    const source = this.#delimited(this.text[this.#at] ?? "/");
    const isCaseless = this.text[this.#at] === "I";
    if (isCaseless) this.#at += 1;
    return { test: regex(source, { isExtended: this.isExtended, ignoresCase: isCaseless }) };
  }

  /** The text up to the next delimiter; the present place is on the one before it. */
  #delimited(delimiter: string): string {
    let text = "";
    for (this.#at += 1; this.text[this.#at] !== delimiter; this.#at += 1) {
      if (this.#at >= this.text.length) throw new SedFault("unmatched '/'");
      if (this.text[this.#at] === "\\") {
        this.#at += 1;
        if (this.text[this.#at] !== delimiter) text += "\\";
      }
      text += this.text[this.#at];
    }
    this.#at += 1;
    return text;
  }

  #instruction(): Instruction {
    const from = this.#address();
    let to: Instruction["to"];
    this.#spaces();
    if (from !== undefined && this.text[this.#at] === ",") {
      this.#at += 1;
      this.#spaces();
      const plus = /^\+(\d+)/.exec(this.text.slice(this.#at));
      if (plus !== null) this.#at += plus[0].length;
      to = plus === null ? this.#address() : { plus: Number(plus[1]) };
    }
    this.#spaces();
    const isNegated = this.text[this.#at] === "!";
    if (isNegated) this.#at += 1;
    this.#spaces();
    const name = this.text[this.#at] ?? "";
    this.#at += 1;
    const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), isNegated, name };
    return this.#command(name, range);
  }

  #command(name: string, range: Pick<Instruction, "isNegated" | "name">): Instruction {
    if (name === "{") return { ...range, text: "", block: this.all(true) };
    if (name === "s") {
      const delimiter = this.text[this.#at] ?? "/";
      const source = this.#delimited(delimiter);
      this.#at -= 1;
      const replacement = this.#delimited(delimiter);
      const flags = /^[gpiIm0-9]*/.exec(this.text.slice(this.#at))?.[0] ?? "";
      this.#at += flags.length;
      const test = regex(source, { isExtended: this.isExtended, ignoresCase: /i/i.test(flags), isGlobal: true });
      return { ...range, text: "", test, replacement, flags };
    }
    if (name === "y") {
      const source = this.#delimited(this.text[this.#at] ?? "/");
      this.#at -= 1;
      return { ...range, text: source, replacement: this.#delimited(this.text[this.#at] ?? "/") };
    }
    if ("aic".includes(name) && name !== "") {
      let text = this.#line().replace(/^\s*\\?\s*/, "");
      while (text.endsWith("\\")) text = `${text.slice(0, -1)}\n${this.#line()}`;
      if (text === "" && this.#at < this.text.length) text = this.#line();
      return { ...range, text };
    }
    if (":btTrw".includes(name) && name !== "") {
      const match = /^[ \t]*([^;\n}]*)/.exec(this.text.slice(this.#at));
      this.#at += match?.[0].length ?? 0;
      return { ...range, text: (match?.[1] ?? "").trim() };
    }
    if (!"dDgGhHlnNpPqQx=".includes(name) || name === "") throw new SedFault(`unsupported command ${name}`);
    const code = /^[ \t]*(\d*)/.exec(this.text.slice(this.#at));
    this.#at += code?.[0].length ?? 0;
    return { ...range, text: code?.[1] ?? "" };
  }
}

class Run {
  #out = "";
  #hold = "";
  #line = 0;
  #lines: string[] = [];
  #space = "";
  #after = "";
  #isReplaced = false;
  #code: number | undefined;
  #steps = 0;
  /** The line at which the range of an instruction that is open ends; 0 = where its expression matches. */
  readonly #open = new Map<Instruction, number>();

  constructor(
    readonly task: Task,
    readonly program: readonly Instruction[],
    readonly isQuiet: boolean,
  ) {}

  edit(text: string): { text: string; code?: number } {
    this.#lines = linesOf(text);
    let isDone = false;
    while (this.#line < this.#lines.length && !isDone) {
      this.#space = this.#lines[this.#line] ?? "";
      this.#line += 1;
      this.task.spend();
      const how = this.#run(this.program);
      isDone = how === "quit";
      if (how !== "deleted" && !(isDone && this.#code === -1) && !this.isQuiet) this.#out += `${this.#space}\n`;
      this.#out += this.#after;
      this.#after = "";
    }
    const body = text.endsWith("\n") || text === "" ? this.#out : this.#out.replace(/\n$/, "");
    return isDone ? { text: this.#out, code: Math.max(0, this.#code ?? 0) } : { text: body };
  }

  #matches(address: Address): boolean {
    if ("line" in address) return address.line === this.#line;
    if ("isLast" in address) return this.#line === this.#lines.length;
    address.test.lastIndex = 0;
    return address.test.test(this.#space);
  }

  #selects(instruction: Instruction): boolean {
    const { from, to } = instruction;
    if (from === undefined) return true;
    if (to === undefined) return this.#matches(from);
    const end = this.#open.get(instruction);
    if (end !== undefined) {
      const isOver = end > 0 ? this.#line >= end : "plus" in to ? true : this.#matches(to);
      if (isOver) this.#open.delete(instruction);
      return end === 0 || this.#line <= end;
    }
    if (!this.#matches(from)) return false;
    if ("plus" in to) {
      if (to.plus > 0) this.#open.set(instruction, this.#line + to.plus);
    } else if ("line" in to) {
      if (to.line > this.#line) this.#open.set(instruction, to.line);
    } else if (!("isLast" in to && this.#line === this.#lines.length)) this.#open.set(instruction, 0);
    return true;
  }

  #run(program: readonly Instruction[]): "end" | "deleted" | "quit" | string {
    for (let n = 0; n < program.length; n += 1) {
      const instruction = program[n];
      this.#steps += 1;
      if (this.#steps > 500_000) return "quit";
      if (instruction === undefined || this.#selects(instruction) === instruction.isNegated) continue;
      const how = this.#apply(instruction);
      if (how === undefined) continue;
      if (!how.startsWith(":")) return how;
      if (how === ":") return "end";
      const label = program.findIndex(({ name, text }) => name === ":" && text === how.slice(1));
      if (label < 0) return how;
      n = label;
    }
    return "end";
  }

  /** What follows: nothing, an end of the cycle, or `:label`. */
  #apply(instruction: Instruction): string | undefined {
    const { name, text, block } = instruction;
    switch (name) {
      case "{": {
        const how = this.#run(block ?? []);
        return how === "end" ? undefined : how;
      }
      case "s":
        return this.#substitute(instruction);
      case "y":
        this.#space = [...this.#space]
          .map((char) => [...(instruction.replacement ?? "")][[...text].indexOf(char)] ?? char)
          .join("");
        return undefined;
      case "d":
        return "deleted";
      case "p":
        this.#out += `${this.#space}\n`;
        return undefined;
      case "P":
        this.#out += `${this.#space.split("\n")[0]}\n`;
        return undefined;
      case "=":
        this.#out += `${this.#line}\n`;
        return undefined;
      case "q":
        this.#code = Number(text);
        return "quit";
      case "Q":
        this.#code = -1;
        return "quit";
      case "a":
        this.#after += `${text}\n`;
        return undefined;
      case "i":
        this.#out += `${text}\n`;
        return undefined;
      case "c":
        if (!this.#open.has(instruction)) this.#out += `${text}\n`;
        return "deleted";
      case "r": {
        const content = this.task.readFile(text);
        if (typeof content === "string") this.#after += content;
        return undefined;
      }
      case "b":
        return `:${text}`;
      case "t": {
        const isTaken = this.#isReplaced;
        this.#isReplaced = false;
        return isTaken ? `:${text}` : undefined;
      }
      default:
        return this.#spaceCommand(name);
    }
  }

  #spaceCommand(name: string): string | undefined {
    if (name === "h") this.#hold = this.#space;
    else if (name === "H") this.#hold += `\n${this.#space}`;
    else if (name === "g") this.#space = this.#hold;
    else if (name === "G") this.#space += `\n${this.#hold}`;
    else if (name === "x") [this.#space, this.#hold] = [this.#hold, this.#space];
    else if (name === "n" || name === "N") {
      if (this.#line >= this.#lines.length) return name === "n" ? "quit" : "end";
      if (name === "n" && !this.isQuiet) this.#out += `${this.#space}\n`;
      const next = this.#lines[this.#line] ?? "";
      this.#space = name === "n" ? next : `${this.#space}\n${next}`;
      this.#line += 1;
    } else if (name === "D") {
      const feed = this.#space.indexOf("\n");
      if (feed < 0) return "deleted";
      this.#lines[this.#line - 1] = this.#space.slice(feed + 1);
      this.#line -= 1;
      return "deleted";
    }
    return undefined;
  }

  #substitute({ test, replacement = "", flags = "" }: Instruction): undefined {
    if (test === undefined) return undefined;
    const which = Number(/\d+/.exec(flags)?.[0] ?? "1");
    let count = 0;
    let isChanged = false;
    test.lastIndex = 0;
    this.#space = this.#space.replace(test, (...match: unknown[]) => {
      count += 1;
      if (count < which || (count > which && !flags.includes("g"))) return String(match[0]);
      isChanged = true;
      return filled(
        replacement,
        match.filter((part) => typeof part === "string" || part === undefined).slice(0, 10) as string[],
      );
    });
    if (!isChanged) return undefined;
    this.#isReplaced = true;
    if (flags.includes("p")) this.#out += `${this.#space}\n`;
    return undefined;
  }
}

/** The replacement with `&`, `\1` and escapes filled in. */
function filled(replacement: string, groups: readonly (string | undefined)[]): string {
  return replacement.replace(
    /\\([0-9])|\\(n|t)|\\([\s\S])|&/g,
    (all, digit: string | undefined, letter: string | undefined, literal: string | undefined) => {
      if (digit !== undefined) return groups[Number(digit)] ?? "";
      if (letter !== undefined) return letter === "n" ? "\n" : "\t";
      return literal ?? (all === "&" ? (groups[0] ?? "") : all);
    },
  );
}
