/**
 * Base64 as the kubelet needs it: the bytes of Secrets as the text of files.
 */
import { decodeBytes } from "#kernel/resources/core/base64";

/** The text behind base64. Bytes that are no UTF-8 become the code points U+DC80 to U+DCFF, as files keep them. */
export function decodeBase64(encoded: string): string {
  return textOf(decodeBytes(encoded));
}

function textOf(bytes: readonly number[]): string {
  let text = "";
  for (let n = 0; n < bytes.length; ) {
    const first = bytes[n] ?? 0;
    const length = lengthAfter(first);
    const rest = bytes.slice(n + 1, n + length);
    const isWhole = length > 0 && rest.length === length - 1 && rest.every((byte) => byte >> 6 === 2);
    const lead = length === 1 ? first : first & (0xff >> (length + 1));
    const code = rest.reduce((sum, byte) => (sum << 6) | (byte & 63), lead);
    const isValid = isWhole && code <= 0x10ffff;
    text += isValid ? String.fromCodePoint(code) : String.fromCharCode(0xdc00 + first);
    n += isValid ? length : 1;
  }
  return text;
}

/** How many bytes a character takes that begins with this one; 0 if none does. */
function lengthAfter(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
