/**
 * The words of a CEL expression.
 *
 * Models cel-go/parser/gen/CEL.g4 and parser/unescape.go.
 */
import type { Problem } from "#kernel/cel/errors";
import { Uint } from "#kernel/cel/values";

export interface Token {
  /** `ident`, `quoted` (an identifier in backticks), `literal`, `end`, or the symbol itself. */
  readonly type: string;
  readonly text: string;
  readonly at: number;
  readonly value?: unknown;
}

const SYMBOLS = /^(?:&&|\|\||[=!<>]=|[-+*/%<>!?:.,()[\]{}])/;
const NUMBER =
  /^(?:0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\.\d+(?:[eE][-+]?\d+)?)|\d+[uU]?)/;
const WORD = /^[A-Za-z_][A-Za-z0-9_]*/;
const STRING_START = /^(?:[rR][bB]?|[bB][rR]?)?("""|'''|"|')/;
const QUOTED = /^`([A-Za-z0-9_.\-/ ]+)`/;

const INT_MIN = -(1n << 63n);
const UINT_MAX = (1n << 64n) - 1n;

/** The tokens of a text, ending with one of type `end`; what is none is told in `problems`. */
export function tokensOf(text: string, problems: Problem[]): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 256);
    const space = /^(?:[ \t\r\n\f]+|\/\/[^\n]*)/.exec(text.slice(at));
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const token = stringToken(text, at, problems) ?? wordToken(text, rest, at, problems);
    if (token === undefined) {
      problems.push({ at, message: `Syntax error: token recognition error at: '${text.slice(at, at + 2)}'` });
      at += text.codePointAt(at) === text.charCodeAt(at) ? 1 : 2;
      continue;
    }
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ type: "end", text: "<EOF>", at: text.length });
  return tokens;
}

function wordToken(text: string, rest: string, at: number, problems: Problem[]): Token | undefined {
  const number = NUMBER.exec(text.slice(at, at + 1_100));
  // `.5` is a number only where no operand stands before the dot, and `x.5` is none: upstream's lexer takes it anyway.
  if (number !== null) return numberToken(number[0], at, problems);
  const word = WORD.exec(text.slice(at));
  if (word !== null) return keywordToken(word[0], at);
  const quoted = QUOTED.exec(text.slice(at));
  if (quoted !== null) return { type: "quoted", text: quoted[0], at, value: quoted[1] };
  const symbol = SYMBOLS.exec(rest);
  return symbol === null ? undefined : { type: symbol[0], text: symbol[0], at };
}

function keywordToken(text: string, at: number): Token {
  if (text === "true" || text === "false") return { type: "literal", text, at, value: text === "true" };
  if (text === "null") return { type: "literal", text, at, value: null };
  return { type: text === "in" ? "in" : "ident", text, at };
}

function numberToken(text: string, at: number, problems: Problem[]): Token {
  const isHex = /^0[xX]/.test(text);
  if (!isHex && /[.eE]/.test(text)) {
    const value = Number(text);
    if (!Number.isFinite(value)) problems.push({ at, message: "invalid double literal" });
    return { type: "literal", text, at, value };
  }
  if (/[uU]$/.test(text)) {
    const value = BigInt(text.slice(0, -1));
    if (value > UINT_MAX) problems.push({ at, message: "invalid uint literal" });
    return { type: "literal", text, at, value: new Uint(value) };
  }
  const value = BigInt(text);
  // The one value whose positive twin is too large is taken with its sign: see the parser.
  if (value > -INT_MIN) problems.push({ at, message: "invalid int literal" });
  return { type: "literal", text, at, value };
}

function stringToken(text: string, at: number, problems: Problem[]): Token | undefined {
  const start = STRING_START.exec(text.slice(at, at + 5));
  if (start === null) return undefined;
  const quote = start[1] ?? "";
  const prefix = start[0].slice(0, -quote.length).toLowerCase();
  const isRaw = prefix.includes("r");
  let end = at + start[0].length;
  const bodyStart = end;
  for (;;) {
    if (end >= text.length) return undefined;
    if (text.startsWith(quote, end)) break;
    if (quote.length === 1 && (text[end] === "\n" || text[end] === "\r")) return undefined;
    end += text[end] === "\\" && !isRaw ? 2 : 1;
  }
  const body = text.slice(bodyStart, end);
  const token = { type: "literal", text: text.slice(at, end + quote.length), at };
  if (prefix.includes("b")) return { ...token, value: bytesOf(body, isRaw, bodyStart, problems) };
  return { ...token, value: isRaw ? body : unescaped(body, bodyStart, problems) };
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
  ...{ "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?" },
};
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[xX]([0-9a-fA-F]{2})|([0-3][0-7]{2})|([\s\S]))/g;

function unescaped(body: string, at: number, problems: Problem[]): string {
  return body.replace(ESCAPE, (whole, u, long, x, octal, one) => {
    const code = u ?? long ?? x;
    if (code !== undefined || octal !== undefined) {
      const point = code === undefined ? Number.parseInt(octal, 8) : Number.parseInt(code, 16);
      if (point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)) return String.fromCodePoint(point);
    } else if (ESCAPES[one] !== undefined) return ESCAPES[one];
    problems.push({ at, message: "Syntax error: token recognition error: unable to unescape string" });
    return whole;
  });
}

function bytesOf(body: string, isRaw: boolean, at: number, problems: Problem[]): Uint8Array {
  const bytes: number[] = [];
  const pieces = isRaw ? [body] : body.split(/(\\(?:[xX][0-9a-fA-F]{2}|[0-3][0-7]{2}|[\s\S]))/);
  for (const piece of pieces) {
    if (isRaw || !piece.startsWith("\\")) {
      bytes.push(...utf8(piece));
      continue;
    }
    const [, hex, octal] = /^\\(?:[xX]([0-9a-fA-F]{2})|([0-3][0-7]{2}))$/.exec(piece) ?? [];
    const known = ESCAPES[piece.slice(1)];
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (known !== undefined) bytes.push(...utf8(known));
    else problems.push({ at, message: "Syntax error: unable to unescape bytes" });
  }
  return Uint8Array.from(bytes);
}

/** The UTF-8 bytes of a text. */
export function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else {
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
  }
  return bytes;
}

/** The text of UTF-8 bytes; undefined if they are none. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  let encoded = "";
  for (const byte of bytes) encoded += `%${byte.toString(16).padStart(2, "0")}`;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
