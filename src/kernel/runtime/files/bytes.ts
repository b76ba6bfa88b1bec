/**
 * Texts as bytes: everything in a container is text, and a byte that is no UTF-8 is a code point U+DC80 to U+DCFF.
 */

/** The bytes of a text in UTF-8; a code point that stands for a single byte is that byte. */
export function bytesOfText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (let n = 0; n < text.length; n += 1) {
    const unit = text.charCodeAt(n);
    if (unit < 0x80) bytes[at++] = unit;
    else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 63);
    } else if (unit < 0xd800 || unit > 0xdfff) at = putThree(bytes, at, unit);
    else if (unit >= 0xdc80 && unit <= 0xdcff) bytes[at++] = unit - 0xdc00;
    else {
      const code = text.codePointAt(n) ?? 0;
      // Half of a pair is no character.
      if (code < 0x10000) at = putThree(bytes, at, 0xfffd);
      else {
        bytes[at++] = 0xf0 | (code >> 18);
        bytes[at++] = 0x80 | ((code >> 12) & 63);
        bytes[at++] = 0x80 | ((code >> 6) & 63);
        bytes[at++] = 0x80 | (code & 63);
        n += 1;
      }
    }
  }
  return bytes.slice(0, at);
}

function putThree(bytes: Uint8Array, at: number, code: number): number {
  bytes[at] = 0xe0 | (code >> 12);
  bytes[at + 1] = 0x80 | ((code >> 6) & 63);
  bytes[at + 2] = 0x80 | (code & 63);
  return at + 3;
}

/** Units of a text made at once. */
const PIECE = 8_192;

/** The text of units of UTF-16, or of bytes as characters. */
function textOfUnits(units: Uint16Array | Uint8Array): string {
  if (units.length <= PIECE) return String.fromCharCode.apply(null, units as unknown as number[]);
  const parts: string[] = [];
  for (let at = 0; at < units.length; at += PIECE) {
    parts.push(String.fromCharCode.apply(null, units.subarray(at, at + PIECE) as unknown as number[]));
  }
  return parts.join("");
}

/** The text of bytes in UTF-8. */
export function textOfBytes(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  let count = 0;
  for (let n = 0; n < bytes.length; ) {
    const first = bytes[n] ?? 0;
    if (first < 0x80) {
      units[count++] = first;
      n += 1;
      continue;
    }
    const length = sequenceLength(first);
    const code = codeAt(bytes, n, length);
    if (code === undefined) {
      units[count++] = 0xdc00 + first;
      n += 1;
      continue;
    }
    if (code >= 0x10000) units[count++] = 0xd800 + ((code - 0x10000) >> 10);
    units[count++] = code < 0x10000 ? code : 0xdc00 + ((code - 0x10000) & 0x3ff);
    n += length;
  }
  return textOfUnits(units.subarray(0, count));
}

/** Bytes at the end that begin a character whose rest may still come: 0 to 3. */
export function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

/** Bytes of the character that begins with this one; 0 if none does. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

function codeAt(bytes: Uint8Array, at: number, length: number): number | undefined {
  if (length === 0 || at + length > bytes.length) return undefined;
  let code = (bytes[at] ?? 0) & (0xff >> (length + 1));
  for (let n = 1; n < length; n += 1) {
    const byte = bytes[at + n] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    code = (code << 6) | (byte & 63);
  }
  // Longer than needed, half of a pair, or beyond the last character: no character at all.
  const isCharacter =
    (length !== 3 || code >= 0x800) &&
    (length !== 4 || (code >= 0x10000 && code <= 0x10ffff)) &&
    (code & ~0x7ff) !== 0xd800;
  return isCharacter ? code : undefined;
}

const ASCII = /^[\0-\x7f]*$/;

/** The bytes of a text, written as characters U+0000 to U+00FF. */
export function toBytes(text: string): string {
  if (ASCII.test(text)) return text;
  return textOfUnits(bytesOfText(text));
}

/** The text of bytes that are written as characters. */
export function fromBytes(chars: string): string {
  return ASCII.test(chars) ? chars : textOfBytes(rawBytes(chars));
}

/** The bytes that are written as characters. */
export function rawBytes(chars: string): Uint8Array {
  const bytes = new Uint8Array(chars.length);
  for (let n = 0; n < chars.length; n += 1) bytes[n] = chars.charCodeAt(n);
  return bytes;
}

/** Bytes of a text in UTF-8; the code points U+DC80 to U+DCFF stand for single bytes. */
export function utf8Length(text: string): number {
  if (ASCII.test(text)) return text.length;
  let bytes = 0;
  for (let n = 0; n < text.length; n += 1) {
    const code = text.charCodeAt(n);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800 || (code >= 0xd800 && code < 0xdc00)) bytes += 2;
    else if (code >= 0xdc00 && code < 0xe000) bytes += (text.charCodeAt(n - 1) & 0xfc00) === 0xd800 ? 2 : 1;
    else bytes += 3;
  }
  return bytes;
}
