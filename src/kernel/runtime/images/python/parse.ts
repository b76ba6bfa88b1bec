/**
 * A little Python, read: statements in blocks by their indentation, and expressions.
 *
 * Models the grammar of Python as far as lines in manifests go.
 * Leaves out functions, classes, comprehensions and exceptions that are caught: a script with one is refused.
 */

export type Expr =
  | { readonly k: "value"; readonly v: string | number | boolean | null; readonly isFloat?: true }
  | { readonly k: "name"; readonly name: string }
  | { readonly k: "format"; readonly parts: readonly Expr[] }
  | { readonly k: "list"; readonly items: readonly Expr[] }
  | { readonly k: "attribute"; readonly of: Expr; readonly name: string }
  | { readonly k: "index"; readonly of: Expr; readonly at: Expr }
  | {
      readonly k: "call";
      readonly of: Expr;
      readonly args: readonly Expr[];
      readonly named: Readonly<Record<string, Expr>>;
    }
  | { readonly k: "unary"; readonly op: string; readonly arg: Expr }
  | { readonly k: "binary"; readonly op: string; readonly left: Expr; readonly right: Expr }
  | { readonly k: "choice"; readonly test: Expr; readonly yes: Expr; readonly no: Expr };

export type Statement =
  | { readonly k: "expr"; readonly expr: Expr }
  | { readonly k: "assign"; readonly name: string; readonly op: string; readonly expr: Expr }
  | { readonly k: "if"; readonly branches: readonly { readonly test?: Expr; readonly body: number }[] }
  | { readonly k: "while"; readonly test: Expr; readonly body: number }
  | { readonly k: "for"; readonly name: string; readonly of: Expr; readonly body: number }
  | { readonly k: "raise"; readonly expr: Expr }
  | { readonly k: "nothing" | "break" | "continue" };

/** Blocks of statements; the first is the script, others are named by their place. */
export type Script = readonly (readonly Statement[])[];

/** The script is more than is understood; `line` counts from 1. */
export class NotUnderstood extends Error {
  constructor(
    readonly line: number,
    readonly source: string,
  ) {
    super(source);
  }
}

interface Line {
  readonly indent: number;
  readonly text: string;
  readonly number: number;
}

const DEPTH_MAX = 50;

/** Reads a script. @throws NotUnderstood */
export function parseScript(source: string): Script {
  const lines: Line[] = [];
  for (const [n, raw] of source.split("\n").entries()) {
    const text = raw.trim();
    if (text === "" || text.startsWith("#")) continue;
    lines.push({ indent: raw.length - raw.trimStart().length, text, number: n + 1 });
  }
  const reader = new Reader(lines);
  reader.block(lines[0]?.indent ?? 0, 0);
  const left = lines[reader.at];
  if (left !== undefined) throw new NotUnderstood(left.number, left.text);
  return reader.blocks;
}

class Reader {
  readonly blocks: Statement[][] = [];
  at = 0;

  constructor(readonly lines: readonly Line[]) {}

  /** Reads the statements at an indentation: the number of their block. */
  block(indent: number, depth: number): number {
    const own: Statement[] = [];
    const id = this.blocks.push(own) - 1;
    for (let line = this.lines[this.at]; line !== undefined && line.indent === indent; line = this.lines[this.at]) {
      if (depth > DEPTH_MAX) throw new NotUnderstood(line.number, line.text);
      this.at += 1;
      own.push(...this.#statements(line, depth));
    }
    return id;
  }

  /** What belongs to a head such as `if x:`: the rest of its line, or the lines below it. */
  #body(line: Line, rest: string, depth: number): number {
    if (rest !== "") {
      const own: Statement[] = [];
      const id = this.blocks.push(own) - 1;
      own.push(...this.#simple(rest, line));
      return id;
    }
    const next = this.lines[this.at];
    if (next === undefined || next.indent <= line.indent) throw new NotUnderstood(line.number, line.text);
    return this.block(next.indent, depth + 1);
  }

  #statements(line: Line, depth: number): Statement[] {
    const head = /^(if|while|for|elif|else|def|class|try|except|finally|with|async|lambda|match)\b/.exec(
      line.text,
    )?.[1];
    if (head === undefined) return this.#simple(line.text, line);
    if (head === "if") return [this.#if(line, depth)];
    const { before, after } = headOf(line);
    if (head === "while") {
      const test = expression(before.slice(5), line);
      return [{ k: "while", test, body: this.#body(line, after, depth) }];
    }
    const [, name, of] = /^for\s+(\w+)\s+in\s+(.+)$/.exec(before) ?? [];
    if (head !== "for" || name === undefined || of === undefined) throw new NotUnderstood(line.number, line.text);
    return [{ k: "for", name, of: expression(of, line), body: this.#body(line, after, depth) }];
  }

  #if(line: Line, depth: number): Statement {
    const branches: { test?: Expr; body: number }[] = [];
    for (let one = line; ; ) {
      const { before, after } = headOf(one);
      const test = before.replace(/^(if|elif|else)\b/, "").trim();
      const body = this.#body(one, after, depth);
      branches.push(test === "" ? { body } : { test: expression(test, one), body });
      const next = this.lines[this.at];
      if (next === undefined || next.indent !== line.indent || !/^(elif|else)\b/.test(next.text)) break;
      this.at += 1;
      one = next;
    }
    return { k: "if", branches };
  }

  #simple(text: string, line: Line): Statement[] {
    return partsOf(text, ";").flatMap((part): Statement[] => {
      const one = part.trim();
      if (one === "") return [];
      if (/^(import\s+[\w., ]+|from\s+[\w.]+\s+import\s+[\w, ]+|pass)$/.test(one)) return [{ k: "nothing" }];
      if (one === "break" || one === "continue") return [{ k: one }];
      if (/^raise\b/.test(one)) return [{ k: "raise", expr: expression(one.slice(5), line) }];
      const [, name, op, value] = /^([A-Za-z_]\w*)\s*(=|\+=|-=|\*=|\/=)\s*(?!=)(.+)$/s.exec(one) ?? [];
      if (name !== undefined && op !== undefined && value !== undefined) {
        return [{ k: "assign", name, op: op.slice(0, -1), expr: expression(value, line) }];
      }
      return [{ k: "expr", expr: expression(one, line) }];
    });
  }
}

/** `if x: y` at its colon. */
function headOf(line: Line): { readonly before: string; readonly after: string } {
  const parts = partsOf(line.text.replace(/\s+#[^'"]*$/, ""), ":");
  if (parts.length < 2) throw new NotUnderstood(line.number, line.text);
  return { before: (parts[0] ?? "").trim(), after: parts.slice(1).join(":").trim() };
}

/** A text at a mark that stands outside quotes and brackets. */
function partsOf(text: string, mark: string): string[] {
  const parts: string[] = [""];
  let [depth, quote] = [0, ""];
  for (let n = 0; n < text.length; n += 1) {
    const char = text[n] ?? "";
    if (quote !== "") {
      if (char === "\\") parts[parts.length - 1] += text[n++] ?? "";
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth -= 1;
    else if (char === mark && depth === 0) {
      parts.push("");
      continue;
    }
    parts[parts.length - 1] += text[n] ?? "";
  }
  return parts;
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?)|([fFrRbB]{0,2})("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([A-Za-z_]\w*)|(\*\*|\/\/|==|!=|<=|>=|[-+*/%<>()[\],.=]))/y;

interface Token {
  readonly t: "number" | "text" | "name" | "op";
  readonly v: string;
  readonly prefix?: string;
}

function expression(text: string, line: Line): Expr {
  const tokens: Token[] = [];
  const source = text.replace(/\s+#[^'"]*$/, "").trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const [, number, prefix, quoted, name, op] = TOKEN.exec(source) ?? [];
    if (number !== undefined) tokens.push({ t: "number", v: number });
    else if (quoted !== undefined) tokens.push({ t: "text", v: quoted, prefix: (prefix ?? "").toLowerCase() });
    else if (name !== undefined) tokens.push({ t: "name", v: name });
    else if (op !== undefined) tokens.push({ t: "op", v: op });
    else throw new NotUnderstood(line.number, line.text);
  }
  const parser = new Parser(tokens, line);
  const found = parser.choice(0);
  if (parser.at < tokens.length) throw new NotUnderstood(line.number, line.text);
  return found;
}

const LEVELS: readonly (readonly string[])[] = [
  ["or"],
  ["and"],
  ["not"],
  ["in", "not in", "is", "is not", "==", "!=", "<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "//", "%"],
];

class Parser {
  at = 0;

  constructor(
    readonly tokens: readonly Token[],
    readonly line: Line,
  ) {}

  #fail(): never {
    throw new NotUnderstood(this.line.number, this.line.text);
  }

  #is(v: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.t !== "text" && token.v === v;
  }

  #take(v: string): boolean {
    if (!this.#is(v)) return false;
    this.at += 1;
    return true;
  }

  choice(depth: number): Expr {
    if (depth > DEPTH_MAX) this.#fail();
    const yes = this.#level(0, depth);
    if (!this.#take("if")) return yes;
    const test = this.#level(0, depth);
    if (!this.#take("else")) this.#fail();
    return { k: "choice", test, yes, no: this.choice(depth + 1) };
  }

  #operator(level: number): string | undefined {
    const own = LEVELS[level] ?? [];
    const token = this.tokens[this.at];
    if (token === undefined || token.t === "text" || token.t === "number") return undefined;
    const pair = `${token.v} ${this.tokens[this.at + 1]?.v ?? ""}`;
    const found = own.includes(pair) ? pair : own.includes(token.v) ? token.v : undefined;
    if (found !== undefined) this.at += found === pair ? 2 : 1;
    return found;
  }

  #level(level: number, depth: number): Expr {
    if (level === 2) {
      if (this.#take("not")) return { k: "unary", op: "not", arg: this.#level(2, depth) };
      return this.#level(3, depth);
    }
    if (level >= LEVELS.length) return this.#unary(depth);
    let left = this.#level(level + 1, depth);
    for (let op = this.#operator(level); op !== undefined; op = this.#operator(level)) {
      left = { k: "binary", op, left, right: this.#level(level + 1, depth) };
    }
    return left;
  }

  #unary(depth: number): Expr {
    if (this.#take("-")) return { k: "unary", op: "-", arg: this.#unary(depth) };
    const base = this.#postfix(depth);
    return this.#take("**") ? { k: "binary", op: "**", left: base, right: this.#unary(depth) } : base;
  }

  #postfix(depth: number): Expr {
    let found = this.#atom(depth);
    for (;;) {
      if (this.#take(".")) {
        const name = this.tokens[this.at++];
        if (name?.t !== "name") this.#fail();
        found = { k: "attribute", of: found, name: name.v };
      } else if (this.#take("(")) found = this.#call(found, depth);
      else if (this.#take("[")) {
        found = { k: "index", of: found, at: this.choice(depth + 1) };
        if (!this.#take("]")) this.#fail();
      } else return found;
    }
  }

  #call(of: Expr, depth: number): Expr {
    const args: Expr[] = [];
    const named: Record<string, Expr> = {};
    while (!this.#take(")")) {
      const [name, mark] = [this.tokens[this.at], this.tokens[this.at + 1]];
      if (name?.t === "name" && mark?.t === "op" && mark.v === "=") {
        this.at += 2;
        named[name.v] = this.choice(depth + 1);
      } else args.push(this.choice(depth + 1));
      if (!this.#take(",") && !this.#is(")")) this.#fail();
    }
    return { k: "call", of, args, named };
  }

  #atom(depth: number): Expr {
    const token = this.tokens[this.at++];
    if (token === undefined) this.#fail();
    if (token.t === "number")
      return { k: "value", v: Number(token.v), ...(token.v.includes(".") && { isFloat: true as const }) };
    if (token.t === "text") return this.#text(token);
    if (token.t === "name") {
      const constants: Readonly<Record<string, boolean | null>> = { True: true, False: false, None: null };
      return Object.hasOwn(constants, token.v)
        ? { k: "value", v: constants[token.v] ?? null }
        : { k: "name", name: token.v };
    }
    if (token.v === "(") {
      const inner = this.choice(depth + 1);
      if (this.#take(")")) return inner;
      // A tuple is a list here.
      const items = [inner];
      while (this.#take(",") && !this.#is(")")) items.push(this.choice(depth + 1));
      if (!this.#take(")")) this.#fail();
      return { k: "list", items };
    }
    if (token.v !== "[") this.#fail();
    const items: Expr[] = [];
    while (!this.#take("]")) {
      items.push(this.choice(depth + 1));
      if (!this.#take(",") && !this.#is("]")) this.#fail();
    }
    return { k: "list", items };
  }

  #text({ v, prefix = "" }: Token): Expr {
    const raw = v.slice(1, -1);
    const plain = (text: string): string => (prefix.includes("r") ? text : unescaped(text));
    if (!prefix.includes("f")) return { k: "value", v: plain(raw) };
    const parts = raw.split(/(\{\{|\}\}|\{[^{}]*\})/).map((part): Expr => {
      if (part === "{{" || part === "}}") return { k: "value", v: part.slice(1) };
      if (!part.startsWith("{")) return { k: "value", v: plain(part) };
      return expression(part.slice(1, -1), this.line);
    });
    return { k: "format", parts };
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

const unescaped = (text: string): string => text.replace(/\\(.)/gs, (all, char: string) => ESCAPES[char] ?? all);
