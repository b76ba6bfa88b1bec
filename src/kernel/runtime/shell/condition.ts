/**
 * bash's `[[ ... ]]`: tests whose words are neither split nor expanded to path names.
 */
import { LinearRegExp } from "#kernel/runtime/linear-regexp";
import { setArray } from "#kernel/runtime/shell/arrays";
import type { Word } from "#kernel/runtime/shell/ast";
import type { Evaluator } from "#kernel/runtime/shell/evaluator";
import { type Expansion, ExpansionFault } from "#kernel/runtime/shell/expansion";
import { matches } from "#kernel/runtime/shell/pattern";
import { holds, TestFault } from "#kernel/runtime/shell/test-expression";

/** The status of a condition: 0 if it holds, 1 if not. */
export function condition(shell: Evaluator, expansion: Expansion, words: readonly Word[]): number {
  return new Condition(shell, expansion, words).or() ? 0 : 1;
}

class Condition {
  #at = 0;
  /** What stands here is read but decides nothing any more: it is not expanded. */
  #isSkipped = false;

  constructor(
    readonly shell: Evaluator,
    readonly expansion: Expansion,
    readonly words: readonly Word[],
  ) {}

  #literal(at = this.#at): string {
    const [first, ...rest] = this.words[at] ?? [];
    return first?.t === "text" && first.isQuoted !== true && rest.length === 0 ? first.v : "";
  }

  #take(token: string): boolean {
    if (this.#literal() !== token) return false;
    this.#at += 1;
    return true;
  }

  or(): boolean {
    let value = this.#and();
    while (this.#take("||")) value = value ? this.#skip(() => this.#and(), value) : this.#and();
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.#take("&&")) value = value ? this.#not() : this.#skip(() => this.#not(), value);
    return value;
  }

  #skip(read: () => boolean, value: boolean): boolean {
    const was = this.#isSkipped;
    this.#isSkipped = true;
    read();
    this.#isSkipped = was;
    return value;
  }

  #not(): boolean {
    if (this.#take("!")) return !this.#not();
    if (!this.#take("(")) return this.#test();
    const value = this.or();
    this.#take(")");
    return value;
  }

  #test(): boolean {
    const first = this.words[this.#at];
    if (first === undefined) throw new ExpansionFault("syntax error in conditional expression");
    const operator = this.#literal(this.#at + 1);
    const right = this.words[this.#at + 2];
    if (/^(=|==|!=|=~|<|>|-(eq|ne|lt|le|gt|ge|nt|ot|ef))$/.test(operator) && right !== undefined) {
      this.#at += 3;
      return !this.#isSkipped && this.#binary(this.expansion.text(first), operator, right);
    }
    const unary = this.#literal();
    const operand = this.words[this.#at + 1];
    if (/^-[a-zA-Z]$/.test(unary) && operand !== undefined && !/^(&&|\|\||\))$/.test(this.#literal(this.#at + 1))) {
      this.#at += 2;
      return !this.#isSkipped && this.#holds([unary, this.expansion.text(operand)]);
    }
    this.#at += 1;
    return !this.#isSkipped && this.expansion.text(first) !== "";
  }

  #binary(left: string, operator: string, right: Word): boolean {
    if (operator === "=" || operator === "==") return matches(this.expansion.pattern(right), left);
    if (operator === "!=") return !matches(this.expansion.pattern(right), left);
    if (operator === "=~") return this.#regular(left, this.expansion.text(right));
    if (operator === "<") return left < this.expansion.text(right);
    if (operator === ">") return left > this.expansion.text(right);
    const text = this.expansion.text(right);
    const compare = COMPARISONS[operator];
    if (compare !== undefined) return compare(this.#number(left), this.#number(text));
    return this.#holds([left, operator, text]);
  }

  #holds(args: readonly string[]): boolean {
    try {
      return holds(this.shell.task, args, this.shell.variables);
    } catch (fault) {
      if (!(fault instanceof TestFault)) throw fault;
      throw new ExpansionFault(fault.message);
    }
  }

  /** Both sides of `-eq` are arithmetic: an empty one is 0, a name its value. */
  #number(text: string): bigint {
    return this.expansion.arithmetic([{ t: "text", v: text }]);
  }

  #regular(left: string, source: string): boolean {
    try {
      const found = new LinearRegExp(
        source.replace(/\[\[:(\w+):\]\]/g, (_, name: string) => CLASSES[name] ?? ""),
        "u",
      ).exec(left);
      setArray(
        this.shell.variables,
        "BASH_REMATCH",
        [...(found ?? [])].map((group) => group ?? ""),
      );
      return found !== null;
    } catch {
      throw new ExpansionFault("syntax error in conditional expression");
    }
  }
}

const COMPARISONS: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  "-eq": (a, b) => a === b,
  "-ne": (a, b) => a !== b,
  "-lt": (a, b) => a < b,
  "-le": (a, b) => a <= b,
  "-gt": (a, b) => a > b,
  "-ge": (a, b) => a >= b,
};

const CLASSES: Readonly<Record<string, string>> = {
  alnum: "[a-zA-Z0-9]",
  alpha: "[a-zA-Z]",
  digit: "[0-9]",
  lower: "[a-z]",
  space: "\\s",
  upper: "[A-Z]",
};
