/**
 * How Go prints values: the quoting and formatting that upstream's messages are made of.
 *
 * Models the verbs %q and %v of Go's fmt and encoding/json's string escaping.
 */

const namedEscapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\u000b": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

// Everything Go's strconv.Quote keeps as it is: letters, marks, numbers, punctuation, symbols and the ASCII space.
const unprintable = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

const hex = (code: number, width: number): string => code.toString(16).padStart(width, "0");

function escaped(char: string): string {
  const named = namedEscapes[char];
  if (named !== undefined) return named;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

/** Gives the text as Go's %q prints it. */
export function quote(text: string): string {
  return `"${text.replace(unprintable, escaped)}"`;
}

/** Orders two texts as Go does: by their UTF-8 bytes, which is by code point. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

// UTF-16 surrogates sort below U+E000..U+FFFF although the code points they stand for are above.
const codePointRank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

/** Gives the length of the text in UTF-8 bytes, as Go's len does. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00) {
      bytes += 4;
      i += 1;
    } else bytes += 3;
  }
  return bytes;
}

/** Gives a decoded JSON value as Go's %v prints it: `map[a:1 b:[x y]]`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goValue).join(" ")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => compareText(a, b));
    return `map[${entries.map(([key, item]) => `${key}:${goValue(item)}`).join(" ")}]`;
  }
  return typeof value === "number" ? goNumber(value) : String(value);
}

/** Gives a number as Go's %v prints it: exponents have at least two digits. */
export function goNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  return String(value).replace(/e([+-])(\d)$/, "e$10$2");
}

const htmlUnsafe = /[<>&\u2028\u2029]/g;

const isTextMap = (value: object): boolean =>
  !(value instanceof GoStruct) && Object.values(value).every((item) => typeof item === "string");

class GoStruct {}

/** Marks fields as those of a Go struct, which `goJson` prints in this order even if all of them are texts. */
export const goStruct = (fields: Readonly<Record<string, unknown>>): object => Object.assign(new GoStruct(), fields);

/**
 * Gives a value as Go's json.Marshal prints it: `<`, `>` and `&` escaped, maps sorted by key.
 * An object of texts alone is taken for a map; any other keeps the order of its fields.
 */
export function goJson(value: unknown): string {
  return marshal(value).replace(htmlUnsafe, (char) => `\\u${hex(char.charCodeAt(0), 4)}`);
}

function marshal(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(marshal).join(",")}]`;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (isTextMap(value)) entries.sort(([a], [b]) => compareText(a, b));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${marshal(item)}`).join(",")}}`;
}

/** Gives the name of a decoded JSON value's type as Go's reflection names it. */
export function goTypeName(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return typeof value === "boolean" ? "bool" : "string";
}
