/**
 * The grammar of awk: the tree of a program from its text.
 *
 * Models POSIX awk.
 * Leaves out user streams (`|`, `getline < file`) and `RS` beyond one character: lessons filter lines.
 */
import { AwkFault, type AwkProgram, type Expr, type Rule, type Stmt } from "#kernel/runtime/shell/commands/awk/ast";

interface Token {
  readonly t: "number" | "string" | "regex" | "name" | "op" | "newline" | "end";
  readonly v: string;
  /** A name with a parenthesis right after it calls a function. */
  readonly isCall?: boolean;
}

const TOKEN =
  /(?:[ \t\r]|\\\n|#[^\n]*)*(?:(\n)|((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|"((?:[^"\\]|\\[\s\S])*)"|([A-Za-z_]\w*)|(\+\+|--|\*\*|&&|\|\||[-+*/%^=!<>]=|>>|!~|[-+*/%^=!<>~?:;,(){}[\]$|]))/y;
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\u0007",
  b: "\b",
  f: "\f",
  v: "\v",
  "/": "/",
};

/** The program of a text. Raises AwkFault. */
export function parseAwk(text: string): AwkProgram {
  return new Parser(text).program();
}

class Parser {
  #at = 0;
  #token: Token = { t: "end", v: "" };
  #last: Token = { t: "newline", v: "\n" };

  constructor(readonly text: string) {
    this.#advance();
  }

  #advance(): Token {
    const before = this.#token;
    this.#last = before;
    this.#token = this.#read();
    return before;
  }

  #read(): Token {
    const isOperand =
      ["number", "string", "regex", "name"].includes(this.#last.t) || /^(\)|\]|\$|\+\+|--)$/.test(this.#last.v);
    const gap = /(?:[ \t\r]|\\\n|#[^\n]*)*/y;
    gap.lastIndex = this.#at;
    gap.exec(this.text);
    if (gap.lastIndex >= this.text.length) {
      this.#at = this.text.length;
      return { t: "end", v: "" };
    }
    if (this.text[gap.lastIndex] === "/" && !isOperand) return this.#regex(gap.lastIndex + 1);
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.text);
    if (match === null) throw new AwkFault("syntax error");
    this.#at = TOKEN.lastIndex;
    const [, feed, number, string, name, op] = match;
    if (feed !== undefined) return { t: "newline", v: "\n" };
    if (number !== undefined) return { t: "number", v: number };
    if (string !== undefined)
      return {
        t: "string",
        v: string.replace(
          /\\([\s\S])/g,
          (all, char: string) => ESCAPES[char] ?? (char === '"' || char === "\\" ? char : all),
        ),
      };
    if (name !== undefined) return { t: "name", v: name, isCall: this.text[this.#at] === "(" };
    return { t: "op", v: op ?? "" };
  }

  #regex(start: number): Token {
    let n = start;
    for (; this.text[n] !== "/"; n += 1) {
      if (n >= this.text.length) throw new AwkFault("unterminated regex");
      if (this.text[n] === "\\") n += 1;
    }
    this.#at = n + 1;
    return { t: "regex", v: this.text.slice(start, n).replaceAll("\\/", "/") };
  }

  #is(v: string): boolean {
    return this.#token.v === v && (this.#token.t === "op" || this.#token.t === "name");
  }

  #take(v: string): boolean {
    if (!this.#is(v)) return false;
    // What follows an operator may be a regular expression: the token before decides.
    this.#last = this.#token;
    const taken = this.#token;
    this.#token = { t: "end", v: "" };
    this.#last = taken;
    this.#token = this.#read();
    return true;
  }

  #next(): Token {
    const taken = this.#token;
    this.#last = taken;
    this.#token = this.#read();
    return taken;
  }

  #expect(v: string): void {
    if (!this.#take(v)) throw new AwkFault(`unexpected token`);
  }

  #blank(): void {
    while (this.#token.t === "newline" || this.#is(";")) this.#next();
  }

  #feeds(): void {
    while (this.#token.t === "newline") this.#next();
  }

  program(): AwkProgram {
    const rules: Rule[] = [];
    const functions: Record<string, { params: string[]; body: Stmt }> = {};
    for (this.#blank(); this.#token.t !== "end"; this.#blank()) {
      if (this.#take("function") || this.#take("func")) {
        const name = this.#next().v;
        this.#expect("(");
        const params: string[] = [];
        while (!this.#take(")")) {
          params.push(this.#next().v);
          this.#take(",");
        }
        this.#feeds();
        functions[name] = { params, body: this.#block() };
      } else rules.push(this.#rule());
    }
    return { rules, functions };
  }

  #rule(): Rule {
    if (this.#take("BEGIN")) return { when: "BEGIN", body: this.#block() };
    if (this.#take("END")) return { when: "END", body: this.#block() };
    const line: Stmt = { k: "print", isFormat: false, args: [] };
    if (this.#is("{")) return { when: {}, body: this.#block() };
    const from = this.#expr();
    const to = this.#take(",") ? this.#expr() : undefined;
    const when = { from, ...(to === undefined ? {} : { to }) };
    return { when, body: this.#is("{") ? this.#block() : line };
  }

  #block(): Stmt {
    this.#expect("{");
    const body: Stmt[] = [];
    for (this.#blank(); !this.#take("}"); this.#blank()) {
      if (this.#token.t === "end") throw new AwkFault("unexpected end of file");
      body.push(this.#statement());
    }
    return { k: "block", body };
  }

  #body(): Stmt {
    this.#feeds();
    if (this.#take(";")) return { k: "block", body: [] };
    return this.#statement();
  }

  #statement(): Stmt {
    if (this.#is("{")) return this.#block();
    if (this.#take("if")) return this.#if();
    if (this.#take("while")) {
      this.#expect("(");
      const test = this.#expr();
      this.#expect(")");
      return { k: "while", test, isLate: false, body: this.#body() };
    }
    if (this.#take("do")) {
      const body = this.#body();
      this.#blank();
      this.#expect("while");
      this.#expect("(");
      const test = this.#expr();
      this.#expect(")");
      return { k: "while", test, isLate: true, body };
    }
    if (this.#take("for")) return this.#for();
    for (const how of ["next", "break", "continue", "exit", "return"] as const) {
      if (!this.#take(how)) continue;
      const isBare = this.#token.t === "newline" || this.#token.t === "end" || this.#is(";") || this.#is("}");
      return isBare ? { k: "jump", how } : { k: "jump", how, value: this.#expr() };
    }
    return this.#simple();
  }

  #simple(): Stmt {
    if (this.#take("delete")) {
      const name = this.#next().v;
      return this.#take("[") ? { k: "delete", name, keys: this.#list("]") } : { k: "delete", name };
    }
    if (this.#is("print") || this.#is("printf")) return this.#print(this.#next().v === "printf");
    return { k: "expr", of: this.#expr() };
  }

  #print(isFormat: boolean): Stmt {
    const args: Expr[] = [];
    const isBare = (): boolean =>
      this.#token.t === "newline" || this.#token.t === "end" || [";", "}", ">", ">>"].some((v) => this.#is(v));
    if (!isBare()) {
      args.push(this.#expr(true));
      while (this.#take(",")) args.push(this.#expr(true));
    }
    const [only] = args;
    const plain = args.length === 1 && only?.k === "call" && only.name === "" ? only.args : args;
    const isAppending = this.#is(">>");
    const to = this.#take(">") || this.#take(">>") ? this.#concatenation(true) : undefined;
    return { k: "print", isFormat, args: plain, ...(to === undefined ? {} : { to, isAppending }) };
  }

  #if(): Stmt {
    this.#expect("(");
    const test = this.#expr();
    this.#expect(")");
    const then = this.#body();
    const mark = { at: this.#at, token: this.#token, last: this.#last };
    this.#blank();
    if (this.#take("else")) return { k: "if", test, then, otherwise: this.#body() };
    this.#at = mark.at;
    this.#token = mark.token;
    this.#last = mark.last;
    return { k: "if", test, then };
  }

  #for(): Stmt {
    this.#expect("(");
    const each = /^\s*([A-Za-z_]\w*)\s+in\s+([A-Za-z_]\w*)\s*\)/.exec(`${this.#token.v}${this.text.slice(this.#at)}`);
    if (each !== null && this.#token.t === "name") {
      for (let n = 0; n < 4; n += 1) this.#next();
      return { k: "each", name: each[1] ?? "", array: each[2] ?? "", body: this.#body() };
    }
    const init = this.#is(";") ? undefined : this.#simple();
    this.#expect(";");
    const test = this.#is(";") ? undefined : this.#expr();
    this.#expect(";");
    const next = this.#is(")") ? undefined : this.#simple();
    this.#expect(")");
    const parts = {
      ...(init === undefined ? {} : { init }),
      ...(test === undefined ? {} : { test }),
      ...(next === undefined ? {} : { next }),
    };
    return { k: "for", ...parts, body: this.#body() };
  }

  #list(close: string): Expr[] {
    const list: Expr[] = [];
    while (!this.#take(close)) {
      if (this.#token.t === "end") throw new AwkFault("unexpected end of file");
      list.push(this.#expr());
      this.#feeds();
      this.#take(",");
      this.#feeds();
    }
    return list;
  }

  /** `inPrint`: a `>` redirects. */
  #expr(inPrint = false): Expr {
    const left = this.#ternary(inPrint);
    const op = this.#token.v;
    if (this.#token.t !== "op" || !/^[-+*/%^]?=$/.test(op) || !["var", "field", "index"].includes(left.k)) return left;
    this.#take(op);
    this.#feeds();
    return { k: "assign", to: left, op: op.slice(0, -1), value: this.#expr(inPrint) };
  }

  #ternary(inPrint: boolean): Expr {
    const test = this.#or(inPrint);
    if (!this.#take("?")) return test;
    const a = this.#expr(inPrint);
    this.#expect(":");
    return { k: "cond", test, a, b: this.#expr(inPrint) };
  }

  #or(inPrint: boolean): Expr {
    let a = this.#and(inPrint);
    while (this.#take("||")) {
      this.#feeds();
      a = { k: "binary", op: "||", a, b: this.#and(inPrint) };
    }
    return a;
  }

  #and(inPrint: boolean): Expr {
    let a = this.#in(inPrint);
    while (this.#take("&&")) {
      this.#feeds();
      a = { k: "binary", op: "&&", a, b: this.#in(inPrint) };
    }
    return a;
  }

  #in(inPrint: boolean): Expr {
    let a = this.#match(inPrint);
    while (this.#take("in"))
      a = { k: "in", keys: a.k === "call" && a.name === "" ? a.args : [a], name: this.#next().v };
    return a;
  }

  #match(inPrint: boolean): Expr {
    let a = this.#compare(inPrint);
    for (let op = this.#token.v; this.#token.t === "op" && (op === "~" || op === "!~"); op = this.#token.v) {
      this.#take(op);
      a = { k: "binary", op, a, b: this.#compare(inPrint) };
    }
    return a;
  }

  #compare(inPrint: boolean): Expr {
    const a = this.#concatenation(inPrint);
    const op = this.#token.v;
    const isOne = this.#token.t === "op" && ["<", "<=", "==", "!=", ">", ">="].includes(op);
    if (!isOne || (op === ">" && inPrint)) return a;
    this.#take(op);
    return { k: "binary", op, a, b: this.#concatenation(inPrint) };
  }

  #concatenation(inPrint: boolean): Expr {
    let a = this.#sum();
    for (;;) {
      const { t, v } = this.#token;
      const begins =
        t === "number" ||
        t === "string" ||
        (t === "name" && v !== "in") ||
        (t === "op" && ["$", "!", "(", "-", "+", "++", "--"].includes(v));
      if (!begins || (inPrint && v === ">")) return a;
      a = { k: "binary", op: " ", a, b: this.#sum() };
    }
  }

  #levels(operators: readonly string[], operand: () => Expr): Expr {
    let a = operand();
    for (let op = this.#token.v; this.#token.t === "op" && operators.includes(op); op = this.#token.v) {
      this.#take(op);
      a = { k: "binary", op, a, b: operand() };
    }
    return a;
  }

  #sum(): Expr {
    return this.#levels(["+", "-"], () => this.#levels(["*", "/", "%"], () => this.#unary()));
  }

  #unary(): Expr {
    for (const op of ["!", "-", "+"])
      if (this.#token.t === "op" && this.#take(op)) return { k: "unary", op, a: this.#unary() };
    const base = this.#postfix();
    if (!this.#take("^") && !this.#take("**")) return base;
    return { k: "binary", op: "^", a: base, b: this.#unary() };
  }

  #postfix(): Expr {
    for (const op of ["++", "--"])
      if (this.#take(op)) return { k: "step", to: this.#primary(), by: op === "++" ? 1 : -1, isPrefix: true };
    const a = this.#primary();
    if (!["var", "field", "index"].includes(a.k)) return a;
    if (this.#take("++")) return { k: "step", to: a, by: 1, isPrefix: false };
    return this.#take("--") ? { k: "step", to: a, by: -1, isPrefix: false } : a;
  }

  #primary(): Expr {
    const token = this.#next();
    if (token.t === "number") return { k: "number", value: Number(token.v) };
    if (token.t === "string") return { k: "string", value: token.v };
    if (token.t === "regex") return { k: "regex", source: token.v };
    if (token.v === "$") {
      for (const op of ["++", "--"])
        if (this.#take(op))
          return { k: "field", of: { k: "step", to: this.#primary(), by: op === "++" ? 1 : -1, isPrefix: true } };
      return { k: "field", of: this.#is("-") ? this.#unary() : this.#primary() };
    }
    if (token.v === "(") {
      const list = this.#list(")");
      return list.length === 1 && list[0] !== undefined ? list[0] : { k: "call", name: "", args: list };
    }
    if (token.t !== "name") throw new AwkFault("syntax error");
    if (token.isCall === true && this.#take("(")) return { k: "call", name: token.v, args: this.#list(")") };
    if (token.v === "length") return { k: "call", name: "length", args: [] };
    if (this.#take("[")) return { k: "index", name: token.v, keys: this.#list("]") };
    return { k: "var", name: token.v };
  }
}
