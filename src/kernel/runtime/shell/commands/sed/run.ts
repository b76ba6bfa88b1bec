/**
 * Running sed: the pattern space, the hold space and the cycle over the lines.
 */
import type { Task } from "#kernel/runtime/process/task";
import { isBusybox, linesOf } from "#kernel/runtime/shell/commands/command";
import type { Address, Instruction } from "#kernel/runtime/shell/commands/sed/parse";

export class SedRun {
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

  /** The edited text; `code` if the script quit. */
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
        !isBusybox(this.task),
      );
    });
    if (!isChanged) return undefined;
    this.#isReplaced = true;
    if (flags.includes("p")) this.#out += `${this.#space}\n`;
    return undefined;
  }
}

/** The replacement with `&`, `\1` and escapes filled in; GNU's also changes case (`\U`, `\L`, `\u`, `\l`, `\E`). */
function filled(replacement: string, groups: readonly (string | undefined)[], changesCase: boolean): string {
  let result = "";
  let mode = "";
  let once = "";
  const put = (text: string): void => {
    let shown = mode === "U" ? text.toUpperCase() : mode === "L" ? text.toLowerCase() : text;
    const [first] = shown;
    if (once !== "" && first !== undefined) {
      shown = (once === "u" ? first.toUpperCase() : first.toLowerCase()) + shown.slice(first.length);
      once = "";
    }
    result += shown;
  };
  for (const [all, group, blank, literal] of replacement.matchAll(/\\([0-9])|\\(n|t)|\\([\s\S])|&|[^\\&]+|\\$/g)) {
    if (group !== undefined) put(groups[Number(group)] ?? "");
    else if (blank !== undefined) put(blank === "n" ? "\n" : "\t");
    else if (literal !== undefined && changesCase && "ULE".includes(literal)) mode = literal === "E" ? "" : literal;
    else if (literal !== undefined && changesCase && "ul".includes(literal)) once = literal;
    else put(literal ?? (all === "&" ? (groups[0] ?? "") : all));
  }
  return result;
}
