/**
 * The expressions of `test` and `[`: about files, texts and numbers.
 *
 * Models XCU test, with the operators busybox and bash add.
 */

import { allows } from "#kernel/runtime/files/stat";
import type { Task } from "#kernel/runtime/process/task";

/** Where `-v name` looks. */
export interface Named {
  get(name: string): string | undefined;
}

/** An expression that makes no sense; the message as the command words it. */
export class TestFault {
  constructor(readonly message: string) {}
}

const BINARY = /^(=|==|!=|<|>|-eq|-ne|-lt|-le|-gt|-ge|-nt|-ot|-ef)$/;

/** Whether an expression holds. Raises TestFault. */
export function holds(task: Task<never> | Task, args: readonly string[], variables?: Named): boolean {
  const test = new Expression(task as Task, args, variables);
  return test.whole();
}

class Expression {
  #at = 0;

  constructor(
    readonly task: Task,
    readonly args: readonly string[],
    readonly variables: Named | undefined,
  ) {}

  whole(): boolean {
    const { args } = this;
    if (args.length === 0) return false;
    if (args.length === 1) return args[0] !== "";
    if (args.length === 2 && args[0] === "!") return args[1] === "";
    if (args.length === 3 && BINARY.test(args[1] ?? ""))
      return this.#binary(args[0] ?? "", args[1] ?? "", args[2] ?? "");
    if (args.length === 4 && args[0] === "!" && BINARY.test(args[2] ?? "")) {
      return !this.#binary(args[1] ?? "", args[2] ?? "", args[3] ?? "");
    }
    const value = this.#or();
    if (this.#at < args.length) {
      const extra = args[this.#at] ?? "";
      throw new TestFault(args.length === 2 ? `${args[1]}: unknown operand` : `${extra}: unknown operand`);
    }
    return value;
  }

  #or(): boolean {
    let value = this.#and();
    while (this.args[this.#at] === "-o") {
      this.#at += 1;
      value = this.#and() || value;
    }
    return value;
  }

  #and(): boolean {
    let value = this.#not();
    while (this.args[this.#at] === "-a") {
      this.#at += 1;
      value = this.#not() && value;
    }
    return value;
  }

  #not(): boolean {
    if (this.args[this.#at] === "!" && this.#at + 1 < this.args.length) {
      this.#at += 1;
      return !this.#not();
    }
    return this.#primary();
  }

  #primary(): boolean {
    const [first, operator, right] = this.args.slice(this.#at, this.#at + 3);
    if (first === undefined) throw new TestFault("argument expected");
    if (operator !== undefined && right !== undefined && BINARY.test(operator)) {
      this.#at += 3;
      return this.#binary(first, operator, right);
    }
    if (first === "(") {
      this.#at += 1;
      const value = this.#or();
      if (this.args[this.#at] !== ")") throw new TestFault("closing paren expected");
      this.#at += 1;
      return value;
    }
    if (/^-[a-zA-Z]$/.test(first) && operator !== undefined && operator !== "-a" && operator !== "-o") {
      this.#at += 2;
      return this.#unary(first[1] ?? "", operator);
    }
    this.#at += 1;
    return first !== "";
  }

  #binary(a: string, operator: string, b: string): boolean {
    switch (operator) {
      case "=":
      case "==":
        return a === b;
      case "!=":
        return a !== b;
      case "<":
        return a < b;
      case ">":
        return a > b;
      case "-nt":
      case "-ot":
        return this.#compareAges(a, b, operator === "-nt");
      case "-ef":
        return this.task.files.resolve(this.task.path(a)) === this.task.files.resolve(this.task.path(b));
      default:
        return compare(number(a), operator, number(b));
    }
  }

  #compareAges(a: string, b: string, isNewer: boolean): boolean {
    const first = this.task.files.stat(this.task.path(a));
    const second = this.task.files.stat(this.task.path(b));
    if (typeof first === "number") return !isNewer && typeof second !== "number";
    if (typeof second === "number") return isNewer;
    return isNewer ? first.at > second.at : first.at < second.at;
  }

  #unary(operator: string, operand: string): boolean {
    const { task } = this;
    if (operator === "n") return operand !== "";
    if (operator === "z") return operand === "";
    if (operator === "v") return this.variables?.get(operand) !== undefined;
    if (operator === "t") return task.isTerminal(Number(operand));
    const stat = operand === "" ? 2 : task.files.stat(task.path(operand), operator !== "h" && operator !== "L");
    if (typeof stat === "number") return false;
    switch (operator) {
      case "e":
      case "O":
      case "G":
        return true;
      case "f":
        return stat.kind === "file";
      case "d":
        return stat.kind === "dir";
      case "h":
      case "L":
        return stat.kind === "link";
      case "c":
        return stat.kind === "device";
      case "s":
        return stat.kind === "dir" || task.files.size(task.path(operand)) > 0;
      case "r":
        return allows(stat, task.uid, 4, task.files.groups);
      case "w":
        return allows(stat, task.uid, 2, task.files.groups);
      case "x":
        return stat.kind === "dir" || allows(stat, task.uid, 1, task.files.groups);
      default:
        return false;
    }
  }
}

function number(text: string): bigint {
  if (!/^\s*[-+]?[0-9]+\s*$/.test(text)) throw new TestFault(text);
  return BigInt(text.trim().replace(/^\+/, ""));
}

function compare(a: bigint, operator: string, b: bigint): boolean {
  switch (operator) {
    case "-eq":
      return a === b;
    case "-ne":
      return a !== b;
    case "-lt":
      return a < b;
    case "-le":
      return a <= b;
    case "-gt":
      return a > b;
    default:
      return a >= b;
  }
}
