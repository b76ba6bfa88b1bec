/**
 * The server's half of SCRAM-SHA-256, by which a client shows that it knows a password without saying it.
 *
 * Models RFC 5802, RFC 7677 and src/backend/libpq/auth-scram.c.
 * Leaves out channel binding: there is no TLS to bind to.
 */
import { hmacSha256, sha256 } from "#kernel/apimachinery/jwt/sha256";
import { decodeBytes, encodeBytes } from "#kernel/resources/core/base64";
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import type { Entropy } from "#kernel/sim/entropy";

/** As PostgreSQL asks for; some clients take no fewer. */
const ITERATIONS = 4096;

/** What the server remembers between the client's two messages. */
export interface ScramState {
  readonly firstBare: string;
  readonly serverFirst: string;
  readonly salt: string;
  readonly nonce: string;
}

const base64 = encodeBytes;
const unbase64 = (text: string): Uint8Array => Uint8Array.from(decodeBytes(text));
const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, n) => byte ^ (b[n] ?? 0));

/** Answers the client's first message; undefined if it is none. */
export function scramFirst(message: Uint8Array, entropy: Entropy): ScramState | undefined {
  const [, bare = "", own] = /^[nyp][^,]*,[^,]*,(n=[^,]*,r=([^,]+).*)$/s.exec(textOfBytes(message)) ?? [];
  if (own === undefined) return undefined;
  const nonce = own + entropy.hex(24);
  const salt = base64(Uint8Array.from({ length: 16 }, () => entropy.int(256)));
  return { firstBare: bare, salt, nonce, serverFirst: `r=${nonce},s=${salt},i=${ITERATIONS}` };
}

/** Checks the client's proof: the server's own, or undefined if the password was another. */
export function scramFinal(message: Uint8Array, state: ScramState, password: string): string | undefined {
  const text = textOfBytes(message);
  const [, withoutProof = "", binding = "", nonce, proof] = /^(c=([^,]*),r=([^,]*)[^p]*),p=(.+)$/s.exec(text) ?? [];
  if (proof === undefined || nonce !== state.nonce || binding === "") return undefined;
  const salted = saltedPassword(bytesOfText(password), unbase64(state.salt));
  const clientKey = hmacSha256(salted, bytesOfText("Client Key"));
  const storedKey = sha256(clientKey);
  const auth = bytesOfText(`${state.firstBare},${state.serverFirst},${withoutProof}`);
  const claimed = xor(unbase64(proof), hmacSha256(storedKey, auth));
  if (base64(sha256(claimed)) !== base64(storedKey)) return undefined;
  return `v=${base64(hmacSha256(hmacSha256(salted, bytesOfText("Server Key")), auth))}`;
}

/** PBKDF2 of one block. */
function saltedPassword(password: Uint8Array, salt: Uint8Array): Uint8Array {
  let last = hmacSha256(password, salt, Uint8Array.of(0, 0, 0, 1));
  let sum = last;
  for (let n = 1; n < ITERATIONS; n += 1) {
    last = hmacSha256(password, last);
    sum = xor(sum, last);
  }
  return sum;
}
