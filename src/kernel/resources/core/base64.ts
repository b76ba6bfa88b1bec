/**
 * Base64 of texts: what stands in the data of a Secret, without the platform's help.
 *
 * Models the standard encoding of Go's encoding/base64.
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES: Readonly<Record<string, number>> = Object.fromEntries([...ALPHABET].map((char, n) => [char, n]));

/** Gives the base64 of a text's UTF-8 bytes. */
export function encodeText(text: string): string {
  return encodeBytes(utf8(text));
}

/** Gives the base64 of bytes. */
export function encodeBytes(bytes: ArrayLike<number>): string {
  let encoded = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    const word = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    encoded += ALPHABET.charAt(word >> 18) + ALPHABET.charAt((word >> 12) & 63);
    encoded += b === undefined ? "=" : ALPHABET.charAt((word >> 6) & 63);
    encoded += c === undefined ? "=" : ALPHABET.charAt(word & 63);
  }
  return encoded;
}

/** Gives the text whose UTF-8 bytes a base64 stands for; bytes that are no UTF-8 become U+FFFD. */
export function decodeText(encoded: string): string {
  return textOf(decodeBytes(encoded));
}

/** Gives the bytes a well-formed base64 stands for. */
export function decodeBytes(encoded: string): number[] {
  const bytes: number[] = [];
  for (let i = 0; i + 3 < encoded.length; i += 4) {
    const [a = 0, b = 0, c, d] = [0, 1, 2, 3].map((n) => VALUES[encoded.charAt(i + n)]);
    const word = (a << 18) | (b << 12) | ((c ?? 0) << 6) | (d ?? 0);
    bytes.push(word >> 16);
    if (c !== undefined) bytes.push((word >> 8) & 255);
    if (d !== undefined) bytes.push(word & 255);
  }
  return bytes;
}

function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return bytes;
}

function textOf(bytes: readonly number[]): string {
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i] ?? 0;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    const rest = bytes.slice(i + 1, i + length);
    if (length === 0 || rest.length < length - 1 || rest.some((byte) => byte >> 6 !== 2)) {
      text += "\ufffd";
      i += 1;
      continue;
    }
    const lead = length === 1 ? first : first & (0xff >> (length + 1));
    text += String.fromCodePoint(
      Math.min(
        rest.reduce((code, byte) => (code << 6) | (byte & 63), lead),
        0x10ffff,
      ),
    );
    i += length;
  }
  return text;
}
