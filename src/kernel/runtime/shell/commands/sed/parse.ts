/**
 * The grammar of sed: a script as a list of instructions.
 *
 * Models POSIX sed.
 */
import { regex } from "#kernel/runtime/shell/commands/regex";

export type Address = { readonly line: number } | { readonly isLast: true } | { readonly test: RegExp };

/** One command of a script, with the lines it applies to. */
export interface Instruction {
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

/** A script that cannot be read. */
export class SedFault extends Error {}

/** The instructions of a script. Raises SedFault, or RegexFault for a bad expression. */
export function parseSed(text: string, isExtended: boolean): readonly Instruction[] {
  return new Reader(text, isExtended).all();
}

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
