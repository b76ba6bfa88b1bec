/**
 * Backslash escapes as echo and printf read them.
 */
const PLAIN: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  e: "\u001b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** The text with its escapes replaced; `isCut`: `\c` ended it. `needsZero`: octals begin with 0 (echo, %b). */
export function withEscapes(text: string, needsZero = true): { readonly text: string; readonly isCut: boolean } {
  let result = "";
  for (let n = 0; n < text.length; n += 1) {
    const char = text[n] ?? "";
    if (char !== "\\") {
      result += char;
      continue;
    }
    const rest = text.slice(n + 1, n + 6);
    const number = (
      needsZero ? /^(?:0([0-7]{0,3})|x([0-9a-fA-F]{1,2})|([1-7][0-7]{0,2}))/ : /^(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2}))/
    ).exec(rest);
    if (number !== null) {
      const octal = number[1] ?? number[3];
      const code =
        octal === undefined ? Number.parseInt(number[2] ?? "0", 16) : Number.parseInt(octal || "0", 8) & 0xff;
      result += code < 0x80 ? String.fromCharCode(code) : String.fromCharCode(0xdc00 + code);
      n += number[0].length;
      continue;
    }
    const next = rest[0] ?? "";
    if (next === "c") return { text: result, isCut: true };
    const plain = PLAIN[next];
    result += plain ?? `\\${next}`;
    n += 1;
  }
  return { text: result, isCut: false };
}
