/**
 * JSON Web Tokens as an API server signs them: ES256, the key named by the digest of its public half.
 *
 * Models pkg/serviceaccount/jwt.go (key ids) and RFC 7515 to 7519 as far as one issuer needs them.
 * Leaves out every other algorithm: a token that names one was not signed here.
 */
import { bytesOfHex, type KeyPair, type PublicKey, sign, verify } from "#kernel/apimachinery/jwt/p256";
import { sha256 } from "#kernel/apimachinery/jwt/sha256";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Base64 of bytes with the alphabet of URLs and without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (let n = 0; n < bytes.length; n += 3) {
    const [a = 0, b, c] = bytes.subarray(n, n + 3);
    const word = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += ALPHABET.charAt(word >> 18) + ALPHABET.charAt((word >> 12) & 63);
    if (b !== undefined) text += ALPHABET.charAt((word >> 6) & 63);
    if (c !== undefined) text += ALPHABET.charAt(word & 63);
  }
  return text;
}

/** The bytes behind it; undefined if it is none. */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let [word, bits, at] = [0, 0, 0];
  for (const char of text) {
    word = ((word << 6) | ALPHABET.indexOf(char)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = word >> bits;
    at += 1;
  }
  return bytes;
}

/** Bytes of a text of code points below 256. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** JSON in ASCII: what is beyond stands as an escape. */
const ascii = (value: object): string =>
  JSON.stringify(value).replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The DER of a P-256 public key up to its coordinates (RFC 5480). */
const SPKI_PREFIX = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";

/** The id of a key: the digest of its public half. */
export function keyId({ x, y }: PublicKey): string {
  return encodeBase64Url(sha256(bytesOfHex(SPKI_PREFIX + x + y)));
}

/** The header and the claims of a token that is still to be signed. */
export function unsignedToken(claims: object, kid: string): string {
  return [{ alg: "ES256", kid }, claims].map((part) => encodeBase64Url(bytesOf(ascii(part)))).join(".");
}

/** The token with its signature. */
export function signToken(unsigned: string, key: KeyPair): string {
  return `${unsigned}.${encodeBase64Url(sign(bytesOf(unsigned), key))}`;
}

/** Whether the token was signed with the key. */
export function isSignedBy(token: string, key: PublicKey): boolean {
  const end = token.lastIndexOf(".");
  const signature = decodeBase64Url(token.slice(end + 1));
  if (signature === undefined || readToken(token)?.header["alg"] !== "ES256") return false;
  return verify(bytesOf(token.slice(0, end)), signature, key);
}

/** What a token says of itself, whoever signed it; undefined if it is none. */
export function readToken(
  token: string,
): { header: Record<string, unknown>; claims: Record<string, unknown> } | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  const [header, claims] = parts.slice(0, 2).map(jsonOf);
  return header === undefined || claims === undefined ? undefined : { header, claims };
}

function jsonOf(part: string): Record<string, unknown> | undefined {
  const bytes = decodeBase64Url(part);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The public key a JSON Web Key holds; undefined if it is none of ours. */
export function publicKeyOf(jwk: unknown): PublicKey | undefined {
  const { crv, x, y } = (jwk ?? {}) as Readonly<Record<string, unknown>>;
  const coordinate = (text: unknown): string | undefined => {
    const bytes = typeof text === "string" ? decodeBase64Url(text) : undefined;
    if (bytes?.length !== COORDINATE_BYTES) return undefined;
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  const [first, second] = [coordinate(x), coordinate(y)];
  return crv !== "P-256" || first === undefined || second === undefined ? undefined : { x: first, y: second };
}

const COORDINATE_BYTES = 32;

/** The public keys as a JSON Web Key Set. */
export function keySet(keys: readonly PublicKey[]): object {
  return {
    keys: keys.map((key) => ({
      use: "sig",
      kty: "EC",
      kid: keyId(key),
      crv: "P-256",
      alg: "ES256",
      x: encodeBase64Url(bytesOfHex(key.x)),
      y: encodeBase64Url(bytesOfHex(key.y)),
    })),
  };
}
