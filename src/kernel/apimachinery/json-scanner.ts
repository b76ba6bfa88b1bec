/**
 * A reader of JSON texts that makes no values: it says what is malformed in Go's words and which fields stand twice
 * or are unknown.
 *
 * Models Go's encoding/json scanner and the strict mode of sigs.k8s.io/json.
 */
import { byteLength, quote } from "#kernel/apimachinery/go-text";

/** A text that is no JSON; its message is Go's. */
export class JsonSyntaxError extends SyntaxError {}

const depthMax = 1000;
/** Go's decoder remembers no more. */
const problemsMax = 100;
const whitespace = /[ \t\r\n]*/y;
// All but the quote, the backslash and what is below the space.
const plainCharacters = /[ !#-[\]-\uffff]*/y;
const digits = /\d*/y;

export class JsonScanner {
  readonly #text: string;
  #position = 0;
  readonly #path: string[] = [];
  readonly #unknown: ReadonlySet<string>;
  /** How many of the fields around the present place are unknown: what they hold is not looked at. */
  #skipping = 0;
  readonly #problems = new Set<string>();

  /** `unknown` are the paths of fields nobody knows. */
  constructor(text: string, unknown: ReadonlySet<string> = new Set()) {
    this.#text = text;
    this.#unknown = unknown;
  }

  /** Gives the duplicate and the unknown fields in their order. Raises JsonSyntaxError for a malformed text. */
  scan(): string[] {
    this.#value();
    this.#skip(whitespace);
    if (this.#position < this.#text.length) throw this.#unexpected("after top-level value");
    return [...this.#problems];
  }

  #peek(): string {
    return this.#text.charAt(this.#position);
  }

  #skip(pattern: RegExp): number {
    pattern.lastIndex = this.#position;
    pattern.test(this.#text);
    const count = pattern.lastIndex - this.#position;
    this.#position += count;
    return count;
  }

  #unexpected(where: string): JsonSyntaxError {
    const char = this.#peek();
    if (char === "") return new JsonSyntaxError("unexpected end of JSON input");
    return new JsonSyntaxError(`invalid character ${quotedByte(this.#text, this.#position)} ${where}`);
  }

  #value(): void {
    this.#skip(whitespace);
    const char = this.#peek();
    if (char === "{") this.#object();
    else if (char === "[") this.#array();
    else if (char === '"') this.#string();
    else if (char === "-" || isDigit(char)) this.#number();
    else if (char === "t") this.#literal("true");
    else if (char === "f") this.#literal("false");
    else if (char === "n") this.#literal("null");
    else throw this.#unexpected("looking for beginning of value");
  }

  #enter(): void {
    this.#position += 1;
    if (this.#path.length >= depthMax) throw new JsonSyntaxError("exceeded max depth");
    this.#skip(whitespace);
  }

  #object(): void {
    this.#enter();
    if (this.#peek() === "}") {
      this.#position += 1;
      return;
    }
    const seen = new Set<string>();
    for (;;) {
      this.#skip(whitespace);
      if (this.#peek() !== '"') throw this.#unexpected("looking for beginning of object key string");
      const key = this.#string();
      this.#path.push(this.#path.length === 0 ? key : `.${key}`);
      const isUnknown = this.#unknown.size > 0 && this.#unknown.has(this.#path.join(""));
      if (isUnknown) this.#note("unknown");
      else if (seen.has(key)) this.#note("duplicate");
      seen.add(key);
      this.#skip(whitespace);
      if (this.#peek() !== ":") throw this.#unexpected("after object key");
      this.#position += 1;
      if (isUnknown) this.#skipping += 1;
      this.#value();
      if (isUnknown) this.#skipping -= 1;
      this.#path.pop();
      if (this.#isClosed("}", "after object key:value pair")) return;
    }
  }

  #note(what: "unknown" | "duplicate"): void {
    if (this.#skipping > 0 || this.#problems.size >= problemsMax) return;
    this.#problems.add(`${what} field ${JSON.stringify(this.#path.join(""))}`);
  }

  #array(): void {
    this.#enter();
    if (this.#peek() === "]") {
      this.#position += 1;
      return;
    }
    for (let i = 0; ; i += 1) {
      this.#path.push(`[${i}]`);
      this.#value();
      this.#path.pop();
      if (this.#isClosed("]", "after array element")) return;
    }
  }

  #isClosed(close: string, where: string): boolean {
    this.#skip(whitespace);
    const char = this.#peek();
    if (char !== close && char !== ",") throw this.#unexpected(where);
    this.#position += 1;
    return char === close;
  }

  #string(): string {
    const start = this.#position;
    let isEscaped = false;
    this.#position += 1;
    for (;;) {
      this.#skip(plainCharacters);
      const char = this.#peek();
      if (char === '"') break;
      if (char !== "\\") throw this.#unexpected("in string literal");
      isEscaped = true;
      this.#escape();
    }
    this.#position += 1;
    const raw = this.#text.slice(start, this.#position);
    return isEscaped ? (JSON.parse(raw) as string) : raw.slice(1, -1);
  }

  #escape(): void {
    this.#position += 1;
    const char = this.#peek();
    if (char === "" || !'"\\/bfnrtu'.includes(char)) throw this.#unexpected("in string escape code");
    this.#position += 1;
    if (char !== "u") return;
    for (let i = 0; i < 4; i += 1) {
      if (!/^[0-9a-fA-F]$/.test(this.#peek())) throw this.#unexpected("in \\u hexadecimal character escape");
      this.#position += 1;
    }
  }

  #number(): void {
    if (this.#peek() === "-") this.#position += 1;
    if (this.#peek() === "0") this.#position += 1;
    else if (this.#skip(digits) === 0) throw this.#unexpected("in numeric literal");
    if (this.#peek() === ".") {
      this.#position += 1;
      if (this.#skip(digits) === 0) throw this.#unexpected("after decimal point in numeric literal");
    }
    if (this.#peek() !== "e" && this.#peek() !== "E") return;
    this.#position += 1;
    if (this.#peek() === "+" || this.#peek() === "-") this.#position += 1;
    if (this.#skip(digits) === 0) throw this.#unexpected("in exponent of numeric literal");
  }

  #literal(word: string): void {
    for (const char of word) {
      if (this.#peek() !== char) throw this.#unexpected(`in literal ${word} (expecting '${char}')`);
      this.#position += 1;
    }
  }
}

const isDigit = (char: string): boolean => char >= "0" && char <= "9";

/** Gives a character as Go's decoder quotes it, which reads bytes: the first of a longer character stands for it. */
function quotedByte(text: string, position: number): string {
  const char = String.fromCodePoint(text.codePointAt(position) ?? 0);
  if (char === "'") return "'\\''";
  if (char === '"') return "'\"'";
  return `'${quote(firstByteAsCharacter(char)).slice(1, -1)}'`;
}

function firstByteAsCharacter(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const bytes = byteLength(char);
  if (bytes === 1) return char;
  const marker = (0xf00 >> bytes) & 0xff;
  return String.fromCharCode(marker | (code >> (6 * (bytes - 1))));
}
