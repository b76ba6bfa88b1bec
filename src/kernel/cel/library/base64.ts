/**
 * Base64 of bytes, as it stands in JSON.
 */
import { decodeBase64Url, encodeBase64Url } from "#kernel/apimachinery/jwt/jwt";

/** The padded standard encoding. */
export function toBase64(bytes: Uint8Array): string {
  const text = encodeBase64Url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** The bytes; undefined if it is no base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  return decodeBase64Url(text.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_"));
}
