/**
 * The grammar of CEL: a text becomes a syntax tree.
 *
 * Models cel-go/parser/parser.go with optional syntax and quoted identifiers.
 * Leaves out recovery after an error: the first one in the grammar is told alone.
 */
import type { Call, Expr, ListExpr, MapExpr, Struct } from "#kernel/cel/ast";
import { CompileError, type Problem } from "#kernel/cel/errors";
import { type Token, tokensOf } from "#kernel/cel/lexer";
import { expandMacro } from "#kernel/cel/macros";

/** Deepest nesting, and longest chain of operators. */
const DEPTH_MAX = 250;
/** Largest text, as cel-go's. */
const CHARACTERS_MAX = 100_000;

const BINARY: Readonly<Record<string, { readonly level: number; readonly fn: string }>> = {
  "==": { level: 1, fn: "_==_" },
  "!=": { level: 1, fn: "_!=_" },
  "<": { level: 1, fn: "_<_" },
  "<=": { level: 1, fn: "_<=_" },
  ">": { level: 1, fn: "_>_" },
  ">=": { level: 1, fn: "_>=_" },
  in: { level: 1, fn: "@in" },
  "+": { level: 2, fn: "_+_" },
  "-": { level: 2, fn: "_-_" },
  "*": { level: 3, fn: "_*_" },
  "/": { level: 3, fn: "_/_" },
  "%": { level: 3, fn: "_%_" },
};

const RESERVED: ReadonlySet<string> = new Set([
  ...["as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package"],
  ...["namespace", "return", "var", "void", "while"],
]);

const EXPECTED =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

class GrammarError extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** The tree of an expression. @throws CompileError */
export function parse(text: string): Expr {
  const problems: Problem[] = [];
  if (text.length > CHARACTERS_MAX) {
    const message = `expression code point size exceeds limit: size: ${text.length}, limit ${CHARACTERS_MAX}`;
    throw new CompileError("", [{ at: 0, message }]);
  }
  const tokens = tokensOf(text, problems);
  try {
    const tree = new Parser(tokens, problems).whole();
    if (problems.length === 0) return tree;
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    problems.push({ at: error.at, message: error.message });
  }
  throw new CompileError(text, problems);
}

class Parser {
  #next = 0;
  #depth = 0;

  readonly tokens: readonly Token[];
  readonly problems: Problem[];

  constructor(tokens: readonly Token[], problems: Problem[]) {
    this.tokens = tokens;
    this.problems = problems;
  }

  whole(): Expr {
    const tree = this.#expression();
    const { type, text, at } = this.#peek();
    if (type !== "end") throw new GrammarError(at, `Syntax error: extraneous input '${text}' expecting <EOF>`);
    return tree;
  }

  #peek(ahead = 0): Token {
    return this.tokens[Math.min(this.#next + ahead, this.tokens.length - 1)] as Token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next += 1;
    return token;
  }

  #accept(type: string): Token | undefined {
    return this.#peek().type === type ? this.#take() : undefined;
  }

  #expect(type: string): Token {
    const token = this.#take();
    if (token.type === type) return token;
    throw new GrammarError(token.at, `Syntax error: mismatched input '${token.text}' expecting '${type}'`);
  }

  #deeper<T>(at: number, inner: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) this.#tooDeep(at);
    const result = inner();
    this.#depth -= 1;
    return result;
  }

  #tooDeep(at: number): never {
    throw new GrammarError(at, `expression recursion limit exceeded: ${DEPTH_MAX}`);
  }

  #expression(): Expr {
    return this.#deeper(this.#peek().at, () => {
      const condition = this.#logical("||");
      const question = this.#accept("?");
      if (question === undefined) return condition;
      const then = this.#logical("||");
      this.#expect(":");
      return call(question.at, "_?_:_", [condition, then, this.#expression()]);
    });
  }

  /** A chain of one logical operator is one call, so that a long one is not deep. */
  #logical(operator: "||" | "&&"): Expr {
    const operand = (): Expr => (operator === "||" ? this.#logical("&&") : this.#binary(1));
    const first = operand();
    const at = this.#peek().at;
    const terms = [first];
    while (this.#accept(operator) !== undefined) terms.push(operand());
    return terms.length === 1 ? first : call(at, operator === "||" ? "_||_" : "_&&_", terms);
  }

  #binary(level: number): Expr {
    if (level > 3) return this.#unary();
    let left = this.#binary(level + 1);
    for (let length = 1; ; length += 1) {
      const { type, at } = this.#peek();
      const operator = BINARY[type];
      if (operator?.level !== level) return left;
      if (length > DEPTH_MAX) this.#tooDeep(at);
      this.#take();
      left = call(at, operator.fn, [left, this.#binary(level + 1)]);
    }
  }

  #unary(): Expr {
    const { type, at } = this.#peek();
    if (type !== "!" && type !== "-") return this.#member();
    let count = 0;
    while (this.#accept(type) !== undefined) count += 1;
    if (type === "-" && isNumber(this.#peek())) {
      // The sign belongs to the literal.
      const negative = this.#postfix(this.#literal(true));
      return count % 2 === 1 ? negative : call(at, "-_", [negative]);
    }
    const operand = this.#member();
    if (count % 2 === 0) return operand;
    return call(at, type === "!" ? "!_" : "-_", [operand]);
  }

  #literal(isNegative: boolean): Expr {
    const { at, value, text } = this.#take();
    if (typeof value === "bigint" && !isNegative && value > (1n << 63n) - 1n) {
      this.problems.push({ at, message: "invalid int literal" });
    }
    if (!isNegative) return { op: "literal", at, value };
    if (typeof value === "bigint") return { op: "literal", at, value: -value };
    if (typeof value === "number") return { op: "literal", at, value: -value };
    throw new GrammarError(at, `Syntax error: no viable alternative at input '-${text}'`);
  }

  #member(): Expr {
    return this.#postfix(this.#primary());
  }

  #postfix(start: Expr): Expr {
    let expr = start;
    for (let length = 0; ; length += 1) {
      const { type, at } = this.#peek();
      if (length > DEPTH_MAX) this.#tooDeep(at);
      if (type === ".") {
        this.#take();
        expr = this.#selection(expr, at);
      } else if (type === "[") {
        this.#take();
        const isOptional = this.#accept("?") !== undefined;
        const index = this.#expression();
        this.#expect("]");
        expr = call(at, isOptional ? "_[?_]" : "_[_]", [expr, index]);
      } else if (type === "{" && qualifiedName(expr) !== undefined) {
        expr = this.#struct(qualifiedName(expr) ?? "");
      } else return expr;
    }
  }

  #selection(operand: Expr, at: number): Expr {
    const isOptional = this.#accept("?") !== undefined;
    const token = this.#take();
    if (token.type !== "ident" && token.type !== "quoted") {
      const message = `Syntax error: no viable alternative at input '.${token.text === "<EOF>" ? "" : token.text}'`;
      throw new GrammarError(token.at, message);
    }
    const field = token.type === "quoted" ? String(token.value) : token.text;
    const open = this.#peek();
    if (open.type !== "(" || isOptional || token.type === "quoted") {
      return { op: "select", at, operand, field, isTest: false, isOptional };
    }
    this.#take();
    return this.#called(open.at, field, operand);
  }

  #called(at: number, fn: string, target: Expr | undefined): Expr {
    const args = this.#list(")", () => this.#expression());
    const expanded = expandMacro({ at, fn, target, args }, this.problems);
    return expanded ?? { op: "call", at, fn, target, args };
  }

  /** Things parted by commas, up to and with the closing token. A comma may stand behind the last. */
  #list<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    while (this.#accept(close) === undefined) {
      items.push(item());
      if (this.#accept(",") === undefined) {
        this.#expect(close);
        break;
      }
    }
    return items;
  }

  #primary(): Expr {
    const token = this.#peek();
    const { type, at } = token;
    if (type === "literal") return this.#literal(false);
    if (type === "(") {
      this.#take();
      const inner = this.#expression();
      this.#expect(")");
      return inner;
    }
    if (type === "[") return this.#listLiteral();
    if (type === "{") return this.#mapLiteral();
    if (type === ".") {
      this.#take();
      return this.#name(true);
    }
    if (type === "ident") return this.#name(false);
    throw new GrammarError(at, `Syntax error: mismatched input '${token.text}' expecting ${EXPECTED}`);
  }

  #name(isAbsolute: boolean): Expr {
    const { at, text } = this.#expect("ident");
    if (RESERVED.has(text)) this.problems.push({ at, message: `reserved identifier: ${text}` });
    const open = this.#accept("(");
    if (open !== undefined) return this.#called(open.at, text, undefined);
    return { op: "ident", at, name: isAbsolute ? `.${text}` : text };
  }

  #listLiteral(): ListExpr {
    const { at } = this.#expect("[");
    const items = this.#list("]", () => ({ isOptional: this.#accept("?") !== undefined, value: this.#expression() }));
    return { op: "list", at, items };
  }

  #mapLiteral(): MapExpr {
    const { at } = this.#expect("{");
    const entries = this.#list("}", () => {
      const isOptional = this.#accept("?") !== undefined;
      const key = this.#expression();
      const colon = this.#expect(":");
      return { isOptional, key, value: this.#expression(), at: colon.at };
    });
    return { op: "map", at, entries };
  }

  #struct(name: string): Struct {
    const { at } = this.#expect("{");
    const fields = this.#list("}", () => {
      const isOptional = this.#accept("?") !== undefined;
      const token = this.#take();
      if (token.type !== "ident" && token.type !== "quoted") {
        throw new GrammarError(token.at, `Syntax error: mismatched input '${token.text}' expecting IDENTIFIER`);
      }
      const field = token.type === "quoted" ? String(token.value) : token.text;
      const colon = this.#expect(":");
      return { isOptional, name: field, value: this.#expression(), at: colon.at };
    });
    return { op: "struct", at, name, fields };
  }
}

function call(at: number, fn: string, args: readonly Expr[]): Call {
  return { op: "call", at, fn, target: undefined, args };
}

const isNumber = ({ type, value }: Token): boolean =>
  type === "literal" && (typeof value === "bigint" || typeof value === "number");

/** `a.b.c` as one name, if the expression is nothing else. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.op === "ident") return expr.name;
  if (expr.op !== "select" || expr.isTest || expr.isOptional) return undefined;
  const before = qualifiedName(expr.operand);
  return before === undefined ? undefined : `${before}.${expr.field}`;
}
