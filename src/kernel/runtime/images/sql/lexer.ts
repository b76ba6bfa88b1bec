/**
 * Words of SQL: names, texts, numbers and signs, as each dialect writes them.
 */
import type { Dialect } from "#kernel/runtime/images/sql/ast";
import { fail } from "#kernel/runtime/images/sql/errors";

/** One word: where it begins and ends in the text, what it is, and its value. */
export interface Token {
  readonly kind: "word" | "name" | "text" | "number" | "sign" | "var" | "end";
  /** A word in upper case, a name or a text as it is, a sign. */
  readonly value: string;
  readonly at: number;
  readonly end: number;
}

const SIGNS = ["<=>", "->>", "!~*", "<>", "!=", ">=", "<=", "||", "&&", "::", "->", "!~", "~*", ":=", "<<", ">>"];

const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const SPACE = /(?:\s+|--(?=\s|$)[^\n]*|\/\*(?!!)[\s\S]*?\*\/)+/y;
const PG_SPACE = /(?:\s+|--[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const HASH = /#[^\n]*/y;

/** The problem that a text cannot be read at a place. */
export function syntaxAt(text: string, at: number, end: number): never {
  const line = text.slice(0, at).split("\n").length;
  return fail({ kind: "syntax", near: text.slice(at, end), rest: text.slice(at, at + 80), line, at });
}

/** The words of a statement. Raises `syntax`. */
export function tokensOf(text: string, dialect: Dialect): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += match(dialect === "mysql" ? SPACE : PG_SPACE)?.length ?? 0;
    const comment = dialect === "mysql" ? match(HASH) : undefined;
    if (comment !== undefined) {
      at += comment.length;
      continue;
    }
    if (at >= text.length) break;
    const conditional = dialect === "mysql" ? match(/\/\*!\d*|\*\//y) : undefined;
    if (conditional !== undefined) {
      at += conditional.length;
      continue;
    }
    const token = tokenAt(text, at, dialect, match);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "end", value: "", at: text.length, end: text.length });
  return tokens;
}

function tokenAt(text: string, at: number, dialect: Dialect, match: (pattern: RegExp) => string | undefined): Token {
  const char = text[at] ?? "";
  if (char === "'" || (char === '"' && dialect === "mysql")) return textToken(text, at, char, dialect === "mysql");
  if (/^[eE]'/.test(text.slice(at, at + 2)) && dialect === "postgres") {
    const token = textToken(text, at + 1, "'", true);
    return { ...token, at };
  }
  if (char === '"' || (char === "`" && dialect === "mysql")) return nameToken(text, at, char);
  const dollar = dialect === "postgres" && char === "$" ? /\$\w*\$/y : undefined;
  const tag = dollar === undefined ? undefined : match(dollar);
  if (tag !== undefined) {
    const close = text.indexOf(tag, at + tag.length);
    if (close < 0) return syntaxAt(text, at, text.length);
    return { kind: "text", value: text.slice(at + tag.length, close), at, end: close + tag.length };
  }
  const variable = dialect === "mysql" ? match(/@@?(?:[\w$.]+|'[^']*'|`[^`]*`)?/y) : undefined;
  if (variable !== undefined)
    return { kind: "var", value: variable.replace(/['`]/g, ""), at, end: at + variable.length };
  const word = match(WORD);
  if (word !== undefined) return { kind: "word", value: word, at, end: at + word.length };
  const number = match(NUMBER);
  if (number !== undefined) return { kind: "number", value: number, at, end: at + number.length };
  const sign = SIGNS.find((one) => text.startsWith(one, at)) ?? char;
  if (!/^[-+*/%(),.;=<>!|&~^[\]:?{}]/.test(sign)) return syntaxAt(text, at, text.length);
  return { kind: "sign", value: sign, at, end: at + sign.length };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", 0: "\0", b: "\b", Z: "\x1a" };

function textToken(text: string, from: number, quote: string, hasEscapes: boolean): Token {
  let value = "";
  for (let at = from + 1; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (hasEscapes && char === "\\") {
      at += 1;
      const escaped = text[at] ?? "";
      // A pattern keeps its own escapes.
      value += escaped === "%" || escaped === "_" ? `\\${escaped}` : (ESCAPES[escaped] ?? escaped);
    } else if (char !== quote) value += char;
    else if (text[at + 1] === quote) {
      value += quote;
      at += 1;
    } else return { kind: "text", value, at: from, end: at + 1 };
  }
  return syntaxAt(text, from, text.length);
}

function nameToken(text: string, from: number, quote: string): Token {
  let value = "";
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] !== quote) value += text[at];
    else if (text[at + 1] === quote) {
      value += quote;
      at += 1;
    } else return { kind: "name", value, at: from, end: at + 1 };
  }
  return syntaxAt(text, from, text.length);
}

/** What may hold a semicolon that ends nothing, and what ends a statement. */
const MYSQL_PARTS =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`[^`]*`|--(?=\s|$)[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/|;|\\[gG]/g;
const POSTGRES_PARTS = /'(?:[^']|'')*'|"[^"]*"|(\$\w*\$)[\s\S]*?\1|--[^\n]*|\/\*[\s\S]*?\*\/|;/g;

/** The statements of a text, each with what ended it (`;`, `\G`, `\g` or the end) and where it ends. */
export function splitStatements(
  text: string,
  dialect: Dialect,
): { readonly text: string; readonly end: string; readonly to: number }[] {
  const statements: { text: string; end: string; to: number }[] = [];
  let from = 0;
  const skip = dialect === "mysql" ? MYSQL_PARTS : POSTGRES_PARTS;
  for (const match of text.matchAll(skip)) {
    if (match[0] !== ";" && !/^\\[gG]$/.test(match[0])) continue;
    const to = match.index + match[0].length;
    statements.push({ text: text.slice(from, match.index), end: match[0], to });
    from = to;
  }
  if (text.slice(from).trim() !== "") statements.push({ text: text.slice(from), end: "", to: text.length });
  return statements.filter((one) => one.end !== "" || one.text.trim() !== "");
}
