/**
 * The grammar of jq filters.
 *
 * Models the parser of jq 1.7. Leaves out modules, destructuring, labels and formats other than @base64, @json, ...
 */

export type Filter =
  | { readonly k: "identity" }
  | { readonly k: "deep" }
  | { readonly k: "literal"; readonly value: unknown }
  | { readonly k: "format"; readonly name: string; readonly text?: Filter }
  | { readonly k: "text"; readonly parts: readonly (string | Filter)[]; readonly format: string | undefined }
  | { readonly k: "index"; readonly of: Filter; readonly by: Filter }
  | { readonly k: "slice"; readonly of: Filter; readonly from?: Filter; readonly to?: Filter }
  | { readonly k: "each"; readonly of: Filter }
  | { readonly k: "try"; readonly body: Filter; readonly otherwise?: Filter }
  | { readonly k: "binary"; readonly op: string; readonly left: Filter; readonly right: Filter }
  | { readonly k: "negate"; readonly of: Filter }
  | { readonly k: "array"; readonly of?: Filter }
  | { readonly k: "object"; readonly fields: readonly { readonly key: Filter; readonly value: Filter }[] }
  | { readonly k: "if"; readonly test: Filter; readonly then: Filter; readonly otherwise: Filter }
  | { readonly k: "call"; readonly name: string; readonly args: readonly Filter[] }
  | { readonly k: "variable"; readonly name: string }
  | { readonly k: "as"; readonly source: Filter; readonly name: string; readonly body: Filter }
  | {
      readonly k: "reduce" | "foreach";
      readonly source: Filter;
      readonly name: string;
      readonly first: Filter;
      readonly step: Filter;
      readonly extract?: Filter;
    }
  | {
      readonly k: "define";
      readonly name: string;
      readonly params: readonly string[];
      readonly means: Filter;
      readonly body: Filter;
    };

/** A filter that cannot be read. */
export class JqSyntaxError extends Error {}

const TOKEN =
  /\s+|#[^\n]*|(\?\/\/=?|\|=|\/\/=|\+=|-=|\*=|\/=|%=|==|!=|<=|>=|\/\/|\.\.|[-+*/%<>=|,.:;()[\]{}?])|(\$?[A-Za-z_]\w*(?:::\w+)*)|(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)|(@\w+)|"/y;

type Token =
  | { readonly t: "op" | "word" | "number" | "format"; readonly v: string }
  | { readonly t: "text"; readonly parts: readonly (string | Filter)[] };

/** Tokens, and where a parenthesis closed that was open at their beginning. */
type Tokens = Token[] & { end?: number };

/** Infix operators from the loosest on, with the side they lean to. */
const LEVELS: readonly { readonly ops: readonly string[]; readonly isRight?: true }[] = [
  { ops: ["//"], isRight: true },
  { ops: ["=", "|=", "+=", "-=", "*=", "/=", "%=", "//="] },
  { ops: ["or"] },
  { ops: ["and"] },
  { ops: ["==", "!=", "<", "<=", ">", ">="] },
  { ops: ["+", "-"] },
  { ops: ["*", "/", "%"] },
];

const IDENTITY: Filter = { k: "identity" };
const MAX_DEPTH = 200;

/** Reads a filter. @throws JqSyntaxError */
export function parseJq(text: string): Filter {
  const parser = new Parser(tokensOf(text));
  return parser.whole();
}

function tokensOf(text: string, from = 0, end?: string): Tokens {
  const tokens: Tokens = [];
  let depth = 0;
  for (let at = from; at < text.length; ) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw new JqSyntaxError(`syntax error, unexpected INVALID_CHARACTER`);
    const [all, op, word, number, format] = match;
    at += all.length;
    if (op !== undefined) {
      if (op === "(") depth += 1;
      else if (op === ")" && depth === 0 && end === ")") {
        tokens.end = at;
        return tokens;
      } else if (op === ")") depth -= 1;
      tokens.push({ t: "op", v: op });
    } else if (word !== undefined) tokens.push({ t: "word", v: word });
    else if (number !== undefined) tokens.push({ t: "number", v: number });
    else if (format !== undefined) tokens.push({ t: "format", v: format });
    else if (all === '"') at = readText(text, at, tokens);
  }
  if (end !== undefined) throw new JqSyntaxError("syntax error, unexpected end of file");
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

/** Reads a string from after its quote on: where it ends. */
function readText(text: string, from: number, tokens: Token[]): number {
  const parts: (string | Filter)[] = [];
  let literal = "";
  for (let at = from; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (char === '"') {
      tokens.push({ t: "text", parts: literal === "" && parts.length > 0 ? parts : [...parts, literal] });
      return at + 1;
    }
    if (char !== "\\") {
      literal += char;
      continue;
    }
    at += 1;
    const escaped = text[at] ?? "";
    if (escaped === "(") {
      const inside = tokensOf(text, at + 1, ")");
      parts.push(literal, new Parser(inside).whole());
      literal = "";
      at = (inside.end ?? text.length) - 1;
    } else if (escaped === "u") {
      literal += String.fromCharCode(Number.parseInt(text.slice(at + 1, at + 5), 16));
      at += 4;
    } else literal += ESCAPES[escaped] ?? escaped;
  }
  throw new JqSyntaxError("syntax error, unexpected QQSTRING_END");
}

class Parser {
  #at = 0;
  #depth = 0;

  constructor(readonly tokens: readonly Token[]) {}

  whole(): Filter {
    const filter = this.tokens.length === 0 ? IDENTITY : this.#pipe();
    if (this.#at < this.tokens.length) this.#fail();
    return filter;
  }

  get #next(): Token | undefined {
    return this.tokens[this.#at];
  }

  #is(value: string): boolean {
    const token = this.#next;
    return token !== undefined && token.t !== "text" && token.v === value && token.t !== "format";
  }

  #take(value: string): boolean {
    if (!this.#is(value)) return false;
    this.#at += 1;
    return true;
  }

  #need(value: string): void {
    if (!this.#take(value)) this.#fail();
  }

  #fail(): never {
    const token = this.#next;
    const what = token === undefined ? "end of file" : token.t === "text" ? "QQSTRING_START" : `'${token.v}'`;
    throw new JqSyntaxError(`syntax error, unexpected ${what}`);
  }

  #pipe(): Filter {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new JqSyntaxError("syntax error, too deep");
    try {
      if (this.#is("def")) return this.#definition();
      const left = this.#comma();
      if (this.#take("as")) {
        const name = this.#variable();
        this.#need("|");
        return { k: "as", source: left, name, body: this.#pipe() };
      }
      return this.#take("|") ? { k: "binary", op: "|", left, right: this.#pipe() } : left;
    } finally {
      this.#depth -= 1;
    }
  }

  #definition(): Filter {
    this.#need("def");
    const name = this.#word();
    const params: string[] = [];
    if (this.#take("(")) {
      do params.push(this.#word());
      while (this.#take(";"));
      this.#need(")");
    }
    this.#need(":");
    const means = this.#pipe();
    this.#need(";");
    return { k: "define", name, params, means, body: this.#next === undefined ? IDENTITY : this.#pipe() };
  }

  #word(): string {
    const token = this.#next;
    if (token?.t !== "word") this.#fail();
    this.#at += 1;
    return token.v;
  }

  #variable(): string {
    const name = this.#word();
    if (!name.startsWith("$")) this.#fail();
    return name.slice(1);
  }

  #comma(): Filter {
    let left = this.#level(0);
    while (this.#take(",")) left = { k: "binary", op: ",", left, right: this.#level(0) };
    return left;
  }

  #level(n: number): Filter {
    const level = LEVELS[n];
    if (level === undefined) return this.#unary();
    let left = this.#level(n + 1);
    for (;;) {
      const op = level.ops.find((one) => this.#is(one));
      if (op === undefined) return left;
      this.#at += 1;
      left = { k: "binary", op, left, right: this.#level(level.isRight === true ? n : n + 1) };
    }
  }

  #unary(): Filter {
    if (this.#take("-")) return { k: "negate", of: this.#postfix() };
    return this.#postfix();
  }

  #postfix(): Filter {
    let filter = this.#term();
    for (;;) {
      if (this.#take("?")) filter = { k: "try", body: filter };
      else if (this.#is(".") && this.#follows()) {
        this.#at += 1;
        filter = this.#is("[") ? this.#brackets(filter) : { k: "index", of: filter, by: this.#field() };
      } else if (this.#is("[")) filter = this.#brackets(filter);
      else return filter;
    }
  }

  /** Whether a field or a bracket comes after the dot here. */
  #follows(): boolean {
    const token = this.tokens[this.#at + 1];
    return token !== undefined && (token.t === "text" || token.t === "word" || (token.t === "op" && token.v === "["));
  }

  #field(): Filter {
    const token = this.#next;
    if (token?.t === "text") {
      this.#at += 1;
      return { k: "text", parts: token.parts, format: undefined };
    }
    return { k: "literal", value: this.#word() };
  }

  #brackets(of: Filter): Filter {
    this.#need("[");
    if (this.#take("]")) return { k: "each", of };
    if (this.#take(":")) {
      const to = this.#pipe();
      this.#need("]");
      return { k: "slice", of, to };
    }
    const by = this.#pipe();
    if (!this.#take(":")) {
      this.#need("]");
      return { k: "index", of, by };
    }
    const to = this.#is("]") ? undefined : this.#pipe();
    this.#need("]");
    return { k: "slice", of, from: by, ...(to !== undefined && { to }) };
  }

  #term(): Filter {
    const token = this.#next;
    if (token === undefined) this.#fail();
    this.#at += 1;
    if (token.t === "number") return { k: "literal", value: Number(token.v) };
    if (token.t === "text") return { k: "text", parts: token.parts, format: undefined };
    if (token.t === "format") {
      const text = this.#next;
      if (text?.t !== "text") return { k: "format", name: token.v };
      this.#at += 1;
      return { k: "text", parts: text.parts, format: token.v };
    }
    return token.t === "word" ? this.#named(token.v) : this.#operator(token.v);
  }

  #operator(op: string): Filter {
    if (op === "..") return { k: "deep" };
    if (op === ".") {
      const next = this.#next;
      if (next?.t === "text" || next?.t === "word") return { k: "index", of: IDENTITY, by: this.#field() };
      return IDENTITY;
    }
    if (op === "(") {
      const inside = this.#pipe();
      this.#need(")");
      return inside;
    }
    if (op === "[") {
      if (this.#take("]")) return { k: "array" };
      const of = this.#pipe();
      this.#need("]");
      return { k: "array", of };
    }
    if (op === "{") return this.#object();
    this.#at -= 1;
    return this.#fail();
  }

  #object(): Filter {
    const fields: { key: Filter; value: Filter }[] = [];
    while (!this.#take("}")) {
      fields.push(this.#entry());
      if (!this.#is("}")) this.#need(",");
    }
    return { k: "object", fields };
  }

  #entry(): { key: Filter; value: Filter } {
    const token = this.#next;
    if (this.#take("(")) {
      const key = this.#pipe();
      this.#need(")");
      this.#need(":");
      return { key, value: this.#level(0) };
    }
    if (token?.t === "word" && token.v.startsWith("$")) {
      this.#at += 1;
      const name = token.v.slice(1);
      return { key: { k: "literal", value: name }, value: { k: "variable", name } };
    }
    const key = token?.t === "format" ? this.#term() : this.#field();
    if (!this.#take(":")) return { key, value: { k: "index", of: IDENTITY, by: key } };
    let value = this.#level(0);
    while (this.#take("|")) value = { k: "binary", op: "|", left: value, right: this.#level(0) };
    return { key, value };
  }

  #named(word: string): Filter {
    if (word.startsWith("$")) return { k: "variable", name: word.slice(1) };
    if (word === "if") return this.#condition();
    if (word === "try") {
      const body = this.#postfix();
      return this.#take("catch") ? { k: "try", body, otherwise: this.#postfix() } : { k: "try", body };
    }
    if (word === "reduce" || word === "foreach") return this.#loop(word);
    if (["then", "else", "elif", "end", "as", "def", "and", "or", "catch"].includes(word)) {
      this.#at -= 1;
      this.#fail();
    }
    const args: Filter[] = [];
    if (this.#take("(")) {
      do args.push(this.#pipe());
      while (this.#take(";"));
      this.#need(")");
    }
    return { k: "call", name: word, args };
  }

  #condition(): Filter {
    const test = this.#pipe();
    this.#need("then");
    const then = this.#pipe();
    if (this.#take("elif")) return { k: "if", test, then, otherwise: this.#condition() };
    const otherwise = this.#take("else") ? this.#pipe() : IDENTITY;
    this.#need("end");
    return { k: "if", test, then, otherwise };
  }

  #loop(k: "reduce" | "foreach"): Filter {
    const source = this.#postfix();
    this.#need("as");
    const name = this.#variable();
    this.#need("(");
    const first = this.#pipe();
    this.#need(";");
    const step = this.#pipe();
    const extract = this.#take(";") ? this.#pipe() : undefined;
    this.#need(")");
    return { k, source, name, first, step, ...(extract !== undefined && { extract }) };
  }
}
