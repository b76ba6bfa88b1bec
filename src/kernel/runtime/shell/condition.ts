/**
 * bash's `[[ ... ]]`: tests whose words are neither split nor expanded to path names.
 */
import { setArray } from "#kernel/runtime/shell/arrays";
import type { Word } from "#kernel/runtime/shell/ast";
import type { Evaluator } from "#kernel/runtime/shell/evaluator";
import { type Expansion, ExpansionFault } from "#kernel/runtime/shell/expansion";
import { matches } from "#kernel/runtime/shell/pattern";
import { holds } from "#kernel/runtime/shell/test-expression";

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
      return !this.#isSkipped && holds(this.shell.task, [unary, this.expansion.text(operand)], this.shell.variables);
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
    return holds(this.shell.task, [left, operator, this.expansion.text(right)], this.shell.variables);
  }

  #regular(left: string, source: string): boolean {
    try {
      const found = new RegExp(
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

const CLASSES: Readonly<Record<string, string>> = {
  alnum: "[a-zA-Z0-9]",
  alpha: "[a-zA-Z]",
  digit: "[0-9]",
  lower: "[a-z]",
  space: "\\s",
  upper: "[A-Z]",
};
