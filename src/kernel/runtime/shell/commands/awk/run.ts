/**
 * Running awk: fields, variables, arrays and the functions of the language over lines of input.
 */
import { LinearRegExp } from "#kernel/runtime/linear-regexp";
import { AwkFault, type AwkProgram, type Expr, type Stmt } from "#kernel/runtime/shell/commands/awk/ast";
import { Jump } from "#kernel/runtime/shell/commands/awk/jump";
import { type Locals, Scope } from "#kernel/runtime/shell/commands/awk/scope";
import {
  arithmetic,
  compares,
  formatted,
  NUMERIC_FUNCTIONS,
  num,
  splitBy,
  text,
  truth,
  type Value,
} from "#kernel/runtime/shell/commands/awk/values";
import type { AwkWorld } from "#kernel/runtime/shell/commands/awk/world";
import { layOut } from "#kernel/runtime/shell/commands/printf";
import { regex } from "#kernel/runtime/shell/commands/regex";

export class AwkRun {
  readonly #scope = new Scope();
  #line = "";
  #fields: string[] | undefined;
  readonly #open = new Set<number>();
  readonly #written = new Set<string>();
  #steps = 0;
  readonly #shown = (value: Value): string => this.#text(value);
  status = 0;

  constructor(
    readonly program: AwkProgram,
    readonly world: AwkWorld,
    variables: Readonly<Record<string, string>>,
  ) {
    this.#scope.setAll(variables);
  }

  environment(variables: Readonly<Record<string, string>>): void {
    const entries = Object.entries(variables).map(([name, value]) => [name, { input: value }] as const);
    this.#scope.setArray("ENVIRON", new Map(entries));
  }

  /** Runs over inputs, BEGIN first and END last, `sets` set before the input of their number; gives the status. */
  run(
    inputs: readonly { readonly name: string; readonly lines: readonly string[] }[],
    sets: readonly Readonly<Record<string, string>>[] = [],
  ): number {
    let isOver = this.#phase("BEGIN");
    const isFilter = this.program.rules.some(({ when }) => when !== "BEGIN");
    for (const [n, { name, lines }] of isFilter && !isOver ? inputs.entries() : []) {
      this.#scope.setAll(sets[n]);
      this.#scope.setGlobal("FILENAME", name);
      this.#scope.setGlobal("FNR", 0);
      for (const line of lines) {
        this.#setLine(line);
        this.#scope.countLine();
        isOver = this.#record();
        if (isOver) break;
      }
      if (isOver) break;
    }
    if (!isOver && sets.length > 1) this.#scope.setAll(sets[inputs.length]);
    if (!isOver || isFilter) this.#phase("END");
    return this.status;
  }

  #phase(when: "BEGIN" | "END"): boolean {
    return this.#guard(() => {
      for (const rule of this.program.rules) if (rule.when === when) this.#exec(rule.body);
    });
  }

  /** True if the program exits. */
  #guard(act: () => void): boolean {
    try {
      act();
      return false;
    } catch (jump) {
      if (!(jump instanceof Jump)) throw jump;
      return jump.how === "exit";
    }
  }

  #record(): boolean {
    return this.#guard(() => {
      for (const [n, { when, body }] of this.program.rules.entries()) {
        if (typeof when === "string" || !this.#selects(n, when)) continue;
        this.#exec(body);
      }
    });
  }

  #selects(n: number, { from, to }: { readonly from?: Expr; readonly to?: Expr }): boolean {
    if (from === undefined) return true;
    if (to === undefined) return truth(this.#eval(from));
    if (!this.#open.has(n) && !truth(this.#eval(from))) return false;
    this.#open.add(n);
    if (truth(this.#eval(to))) this.#open.delete(n);
    return true;
  }

  #setLine(line: string): void {
    this.#line = line;
    this.#fields = undefined;
  }

  #split(): string[] {
    this.#fields ??= splitBy(this.#line, text(this.#scope.global("FS") ?? " "));
    return this.#fields;
  }

  #exec(stmt: Stmt): void {
    this.#steps += 1;
    if (this.#steps > 500_000 || (this.#steps % 64 === 0 && !this.world.spend() && this.#steps > 100_000))
      throw new AwkFault("too many steps");
    switch (stmt.k) {
      case "block":
        for (const one of stmt.body) this.#exec(one);
        return;
      case "expr":
        this.#eval(stmt.of);
        return;
      case "print":
        this.#print(stmt);
        return;
      case "if":
        if (truth(this.#eval(stmt.test))) this.#exec(stmt.then);
        else if (stmt.otherwise !== undefined) this.#exec(stmt.otherwise);
        return;
      case "while":
        if (stmt.isLate && this.#round(stmt.body)) return;
        while (truth(this.#eval(stmt.test))) if (this.#round(stmt.body)) return;
        return;
      case "for":
        if (stmt.init !== undefined) this.#exec(stmt.init);
        while (stmt.test === undefined || truth(this.#eval(stmt.test))) {
          if (this.#round(stmt.body)) return;
          if (stmt.next !== undefined) this.#exec(stmt.next);
        }
        return;
      case "each":
        for (const key of [...this.#scope.array(stmt.array).keys()]) {
          this.#assign({ k: "var", name: stmt.name }, { input: key });
          if (this.#round(stmt.body)) return;
        }
        return;
      case "delete":
        if (stmt.keys === undefined) this.#scope.array(stmt.name).clear();
        else this.#scope.array(stmt.name).delete(this.#key(stmt.keys));
        return;
      default: {
        const value = stmt.value === undefined ? "" : this.#eval(stmt.value);
        if (stmt.how === "exit" && stmt.value !== undefined) this.status = num(value) & 0xff;
        throw new Jump(stmt.how, value);
      }
    }
  }

  /** One round of a loop; true if it was broken off. */
  #round(body: Stmt): boolean {
    try {
      this.#exec(body);
      return false;
    } catch (jump) {
      if (!(jump instanceof Jump) || (jump.how !== "break" && jump.how !== "continue")) throw jump;
      return jump.how === "break";
    }
  }

  #print({ isFormat, args, to, isAppending = false }: Stmt & { k: "print" }): void {
    const values = args.map((arg) => this.#eval(arg));
    let line: string;
    if (isFormat) line = formatted(this.#shown, values);
    else {
      const shown = values.length === 0 ? [this.#line] : values.map((value) => this.#text(value));
      line = shown.join(text(this.#scope.global("OFS") ?? " ")) + text(this.#scope.global("ORS") ?? "\n");
    }
    if (to === undefined) {
      this.world.print(line);
      return;
    }
    const path = this.#text(this.#eval(to));
    this.world.write(path, line, isAppending || this.#written.has(path));
    this.#written.add(path);
  }

  #text(value: Value): string {
    if (typeof value !== "number") return text(value);
    return Number.isInteger(value)
      ? String(value)
      : layOut(text(this.#scope.global("OFMT") ?? "%.6g"), [String(value)]);
  }

  #key(keys: readonly Expr[]): string {
    return keys.map((key) => this.#text(this.#eval(key))).join(text(this.#scope.global("SUBSEP") ?? ""));
  }

  #pattern(expr: Expr): RegExp {
    return regex(expr.k === "regex" ? expr.source : this.#text(this.#eval(expr)), { isExtended: true, isGlobal: true });
  }

  #matches(expr: Expr, subject: string): boolean {
    return this.#pattern(expr).test(subject);
  }

  #eval(expr: Expr): Value {
    switch (expr.k) {
      case "number":
      case "string":
        return expr.value;
      case "regex":
        return Number(this.#matches(expr, this.#line));
      case "var":
        return this.#variable(expr.name);
      case "field": {
        const n = num(this.#eval(expr.of));
        return { input: n === 0 ? this.#line : (this.#split()[n - 1] ?? "") };
      }
      case "index": {
        const array = this.#scope.array(expr.name);
        const key = this.#key(expr.keys);
        if (!array.has(key)) array.set(key, { input: "" });
        return array.get(key) ?? "";
      }
      case "assign": {
        const value = this.#eval(expr.value);
        const result = expr.op === "" ? value : arithmetic(expr.op, num(this.#eval(expr.to)), num(value));
        this.#assign(expr.to, result);
        return result;
      }
      case "step": {
        const before = num(this.#eval(expr.to));
        this.#assign(expr.to, before + expr.by);
        return expr.isPrefix ? before + expr.by : before;
      }
      case "cond":
        return this.#eval(truth(this.#eval(expr.test)) ? expr.a : expr.b);
      case "in":
        return Number(this.#scope.array(expr.name).has(this.#key(expr.keys)));
      case "unary": {
        const value = this.#eval(expr.a);
        return expr.op === "!" ? Number(!truth(value)) : expr.op === "-" ? -num(value) : num(value);
      }
      case "binary":
        return this.#binary(expr);
      default:
        return this.#call(expr.name, expr.args);
    }
  }

  #variable(name: string): Value {
    if (name === "NF") return this.#split().length;
    return this.#scope.get(name);
  }

  #assign(to: Expr, value: Value): void {
    if (to.k === "field") {
      const n = num(this.#eval(to.of));
      if (n === 0) this.#setLine(this.#text(value));
      else {
        const fields = this.#split();
        while (fields.length < n) fields.push("");
        fields[n - 1] = this.#text(value);
        this.#line = fields.join(text(this.#scope.global("OFS") ?? " "));
      }
    } else if (to.k === "index") this.#scope.array(to.name).set(this.#key(to.keys), value);
    else if (to.k === "var") {
      if (to.name === "NF") {
        const fields = this.#split();
        const count = num(value);
        while (fields.length < count) fields.push("");
        fields.length = count;
        this.#line = fields.join(text(this.#scope.global("OFS") ?? " "));
      } else this.#scope.set(to.name, value);
    }
  }

  #binary({ op, a, b }: Expr & { k: "binary" }): Value {
    if (op === "&&") return Number(truth(this.#eval(a)) && truth(this.#eval(b)));
    if (op === "||") return Number(truth(this.#eval(a)) || truth(this.#eval(b)));
    if (op === "~" || op === "!~") return Number(this.#matches(b, this.#text(this.#eval(a))) === (op === "~"));
    const left = this.#eval(a);
    const right = this.#eval(b);
    if (op === " ") return this.#text(left) + this.#text(right);
    if (["<", "<=", "==", "!=", ">", ">="].includes(op))
      return Number(compares(left, op, right, (value) => this.#text(value)));
    return arithmetic(op, num(left), num(right));
  }

  #call(name: string, args: readonly Expr[]): Value {
    const own = this.program.functions[name];
    if (own !== undefined) return this.#callOwn(own, args);
    const [first, second, third] = args;
    const value = (n: number): Value => (args[n] === undefined ? { input: this.#line } : this.#eval(args[n] as Expr));
    const string = (n: number): string => this.#text(value(n));
    switch (name) {
      case "length":
        if (first?.k === "var" && this.#scope.hasArray(first.name)) return this.#scope.array(first.name).size;
        return [...string(0)].length;
      case "substr": {
        const from = Math.round(num(value(1)));
        const end = third === undefined ? Number.POSITIVE_INFINITY : from + Math.round(num(value(2)));
        return [...string(0)].slice(Math.max(0, from - 1), Math.max(0, end - 1)).join("");
      }
      case "index":
        return string(0).indexOf(string(1)) + 1;
      case "toupper":
        return string(0).toUpperCase();
      case "tolower":
        return string(0).toLowerCase();
      case "sprintf": {
        const values = args.map((_, n) => value(n));
        return formatted(this.#shown, values);
      }
      case "split":
        return this.#splitInto(string(0), second, third);
      case "sub":
      case "gsub":
        return this.#substitute(name === "gsub", first, string(1), third);
      case "match": {
        const found = new LinearRegExp((second === undefined ? /$/ : this.#pattern(second)).source, "u").exec(
          string(0),
        );
        this.#scope.setGlobal("RSTART", found === null ? 0 : found.index + 1);
        this.#scope.setGlobal("RLENGTH", found === null ? -1 : found[0].length);
        return found === null ? 0 : found.index + 1;
      }
      case "rand":
        return this.world.random();
      case "srand":
      case "close":
      case "fflush":
        return 0;
      case "systime":
        return Math.floor(this.world.now() / 1_000);
      default: {
        const ofNumbers = NUMERIC_FUNCTIONS[name];
        if (ofNumbers === undefined) throw new AwkFault(`function ${name} never defined`);
        return ofNumbers(num(value(0)), num(args.length > 1 ? value(1) : 0));
      }
    }
  }

  #callOwn(
    { params, body }: { readonly params: readonly string[]; readonly body: Stmt },
    args: readonly Expr[],
  ): Value {
    if (this.#scope.depth > 200) throw new AwkFault("function call nesting too deep");
    const locals: Locals = new Map();
    for (const [n, param] of params.entries()) {
      const arg = args[n];
      const isArray = arg?.k === "var" && this.#scope.isArray(arg.name);
      if (arg === undefined) locals.set(param, { input: "" });
      else locals.set(param, isArray ? this.#scope.array((arg as Expr & { k: "var" }).name) : this.#eval(arg));
    }
    this.#scope.enter(locals);
    try {
      this.#exec(body);
      return "";
    } catch (jump) {
      if (!(jump instanceof Jump) || jump.how !== "return") throw jump;
      return jump.value;
    } finally {
      this.#scope.leave();
    }
  }

  #splitInto(subject: string, to: Expr | undefined, separator: Expr | undefined): number {
    const array = this.#scope.array(to?.k === "var" ? to.name : "");
    array.clear();
    const by =
      separator === undefined
        ? text(this.#scope.global("FS") ?? " ")
        : separator.k === "regex"
          ? separator.source
          : this.#text(this.#eval(separator));
    const parts = splitBy(subject, by);
    for (const [n, part] of parts.entries()) array.set(String(n + 1), { input: part });
    return parts.length;
  }

  #substitute(isAll: boolean, pattern: Expr | undefined, replacement: string, target: Expr | undefined): number {
    if (pattern === undefined) return 0;
    const to: Expr = target ?? { k: "field", of: { k: "number", value: 0 } };
    let count = 0;
    const test = this.#pattern(pattern);
    const result = this.#text(this.#eval(to)).replace(
      isAll ? test : new LinearRegExp(test.source, "u"),
      (found: string) => {
        count += 1;
        return replacement.replace(/\\\\|\\&|&/g, (mark) => (mark === "&" ? found : mark === "\\&" ? "&" : "\\"));
      },
    );
    if (count > 0) this.#assign(to, result);
    return count;
  }
}
