/**
 * Formats of jq: `@base64`, `@csv`, `@sh` and the like.
 */
import { fromBytes, toBytes } from "#kernel/runtime/files/bytes";
import { JqError, named, show } from "#kernel/runtime/shell/commands/jq/values";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const textOf = (value: unknown): string => (typeof value === "string" ? value : show(value));

function encode(text: string): string {
  const bytes = toBytes(text);
  let encoded = "";
  for (let n = 0; n < bytes.length; n += 3) {
    const [a = 0, b = Number.NaN, c = Number.NaN] = [n, n + 1, n + 2].map((at) => bytes.charCodeAt(at));
    const word = (a << 16) | ((Number.isNaN(b) ? 0 : b) << 8) | (Number.isNaN(c) ? 0 : c);
    const letter = (shift: number): string => LETTERS[(word >> shift) & 63] ?? "";
    encoded += letter(18) + letter(12) + (Number.isNaN(b) ? "=" : letter(6)) + (Number.isNaN(c) ? "=" : letter(0));
  }
  return encoded;
}

function decode(text: string): string {
  let bytes = "";
  let bits = 0;
  let count = 0;
  for (const char of text.replace(/=+$/, "")) {
    const value = LETTERS.indexOf(char);
    if (value < 0) throw new JqError(`${named(text)} is not valid base64 data`);
    bits = ((bits << 6) | value) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += String.fromCharCode((bits >> count) & 255);
  }
  return fromBytes(bytes);
}

function row(value: unknown, shown: (item: unknown) => string, separator: string, what: string): string {
  if (!Array.isArray(value)) throw new JqError(`${named(value)} cannot be ${what}-formatted, only an array can be`);
  return value.map(shown).join(separator);
}

const FORMATS: Readonly<Record<string, (value: unknown) => string>> = {
  "@text": textOf,
  "@json": show,
  "@base64": (value) => encode(textOf(value)),
  "@base64d": (value) => decode(textOf(value)),
  "@uri": (value) =>
    encodeURIComponent(textOf(value)).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
  "@html": (value) =>
    textOf(value).replace(/[<>&'"]/g, (c) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;", "'": "&#39;" })[c] ?? "&quot;"),
  "@sh": (value) =>
    (Array.isArray(value) ? value : [value])
      .map((one) => (typeof one === "string" ? `'${one.replaceAll("'", "'\\''")}'` : show(one)))
      .join(" "),
  "@csv": (value) =>
    row(
      value,
      (one) => (typeof one === "string" ? `"${one.replaceAll('"', '""')}"` : one === null ? "" : show(one)),
      ",",
      "csv",
    ),
  "@tsv": (value) =>
    row(
      value,
      (one) =>
        one === null
          ? ""
          : textOf(one).replace(/[\\\t\n\r]/g, (c) => ({ "\t": "\\t", "\n": "\\n", "\r": "\\r" })[c] ?? "\\\\"),
      "\t",
      "tsv",
    ),
};

/** A value in a format. @throws JqError */
export function formatted(name: string, value: unknown): string {
  const format = FORMATS[name];
  if (format === undefined) throw new JqError(`${name.slice(1)} is not a valid format`);
  return format(value);
}
