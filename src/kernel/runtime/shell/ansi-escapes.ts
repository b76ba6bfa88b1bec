/**
 * The escapes of C in `$'...'`.
 */
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\u0007",
  b: "\b",
  e: "\u001b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** What stands after a backslash, and how many characters of it make one. */
export function ansiEscape(rest: string): { readonly text: string; readonly length: number } {
  const code = /^(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3}))/.exec(rest);
  if (code === null) return { text: ESCAPES[rest[0] ?? ""] ?? `\\${rest[0] ?? ""}`, length: 1 };
  const hex = code[1] ?? code[2];
  const value = Number.parseInt(hex ?? code[3] ?? "0", hex === undefined ? 8 : 16);
  return { text: String.fromCodePoint(value), length: code[0].length };
}
