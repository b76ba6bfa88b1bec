/**
 * ECDSA over the curve P-256: keys, signatures, their verification, as JSON Web Signature's ES256 wants them.
 *
 * Models FIPS 186-5 with the nonces of RFC 6979, so that equal messages give equal signatures.
 * Leaves out constant time: the keys open simulated clusters, and the platform's own WebCrypto cannot be asked inside
 * a turn, which is synchronous.
 */
import { hmacSha256, sha256 } from "#kernel/apimachinery/jwt/sha256";

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** A point in Jacobian coordinates; z = 0 is the point at infinity. */
interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
}

const G: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  z: 1n,
};
const INFINITY: Point = { x: 1n, y: 1n, z: 0n };

/** A public key: two coordinates of 64 hexadecimal digits each. */
export interface PublicKey {
  readonly x: string;
  readonly y: string;
}

/** A key pair; `d` is the secret number in 64 hexadecimal digits. */
export interface KeyPair extends PublicKey {
  readonly d: string;
}

const mod = (value: bigint, modulus: bigint): bigint => {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
};

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, u, v] = [mod(value, modulus), modulus, 1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b, u, v] = [b - quotient * a, a, v - quotient * u, u];
  }
  return mod(u, modulus);
}

function double({ x, y, z }: Point): Point {
  if (z === 0n) return INFINITY;
  const delta = (z * z) % P;
  const gamma = (y * y) % P;
  const beta = (x * gamma) % P;
  const alpha = (3n * (x - delta) * (x + delta)) % P;
  const x3 = mod(alpha * alpha - 8n * beta, P);
  return {
    x: x3,
    y: mod(alpha * (4n * beta - x3) - 8n * gamma * gamma, P),
    z: mod((y + z) * (y + z) - gamma - delta, P),
  };
}

function add(p: Point, q: Point): Point {
  if (p.z === 0n) return q;
  if (q.z === 0n) return p;
  const zp = (p.z * p.z) % P;
  const zq = (q.z * q.z) % P;
  const u1 = (p.x * zq) % P;
  const s1 = (p.y * zq * q.z) % P;
  const h = mod(q.x * zp - u1, P);
  const r = mod(q.y * zp * p.z - s1, P);
  if (h === 0n) return r === 0n ? double(p) : INFINITY;
  const hh = (h * h) % P;
  const hhh = (h * hh) % P;
  const v = (u1 * hh) % P;
  const x = mod(r * r - hhh - 2n * v, P);
  return { x, y: mod(r * (v - x) - s1 * hhh, P), z: (p.z * q.z * h) % P };
}

/** A point taken so many times, four bits at a time. */
function multiply(times: bigint, point: Point): Point {
  const table: Point[] = [INFINITY, point];
  for (let n = 2; n < 16; n += 1) table.push(add(table[n - 1] as Point, point));
  let sum = INFINITY;
  for (const digit of hex(times)) {
    sum = double(double(double(double(sum))));
    sum = add(sum, table[Number.parseInt(digit, 16)] as Point);
  }
  return sum;
}

function affine({ x, y, z }: Point): { x: bigint; y: bigint } {
  const once = inverse(z, P);
  const twice = (once * once) % P;
  return { x: (x * twice) % P, y: (y * twice * once) % P };
}

const hex = (value: bigint): string => value.toString(16).padStart(64, "0");

/** The bytes of hexadecimal digits. */
export function bytesOfHex(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, n) => Number.parseInt(digits.slice(n * 2, n * 2 + 2), 16));
}

const numberOf = (bytes: Uint8Array): bigint => {
  let digits = "";
  for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
  return BigInt(`0x${digits}`);
};

/** The key pair that follows from a text: the same text, the same pair. */
export function keyPairFrom(seed: string): KeyPair {
  const bytes = Uint8Array.from(seed, (char) => char.charCodeAt(0) & 255);
  const d = mod(numberOf(sha256(bytes)), N - 1n) + 1n;
  const { x, y } = affine(multiply(d, G));
  return { d: hex(d), x: hex(x), y: hex(y) };
}

/** The signature of a message: r and s, 32 bytes each. */
export function sign(message: Uint8Array, { d }: Pick<KeyPair, "d">): Uint8Array {
  const digest = sha256(message);
  const secret = BigInt(`0x${d}`);
  for (const nonce of nonces(bytesOfHex(d), digest)) {
    const r = mod(affine(multiply(nonce, G)).x, N);
    const s = mod(inverse(nonce, N) * (numberOf(digest) + r * secret), N);
    if (r !== 0n && s !== 0n) return bytesOfHex(hex(r) + hex(s));
  }
  return new Uint8Array();
}

/** The numbers RFC 6979 draws from key and digest, in order. */
function* nonces(key: Uint8Array, digest: Uint8Array): Generator<bigint> {
  const reduced = bytesOfHex(hex(mod(numberOf(digest), N)));
  let k: Uint8Array = new Uint8Array(32);
  let v: Uint8Array = new Uint8Array(32).fill(1);
  for (const mark of [0, 1]) {
    k = hmacSha256(k, v, Uint8Array.of(mark), key, reduced);
    v = hmacSha256(k, v);
  }
  for (;;) {
    v = hmacSha256(k, v);
    const nonce = numberOf(v);
    if (nonce > 0n && nonce < N) yield nonce;
    k = hmacSha256(k, v, Uint8Array.of(0));
    v = hmacSha256(k, v);
  }
}

/** Whether the signature of a message was made with the key. */
export function verify(message: Uint8Array, signature: Uint8Array, { x, y }: PublicKey): boolean {
  if (signature.length !== 64) return false;
  const [r, s] = [numberOf(signature.subarray(0, 32)), numberOf(signature.subarray(32))];
  const key: Point = { x: BigInt(`0x${x}`), y: BigInt(`0x${y}`), z: 1n };
  if (r === 0n || r >= N || s === 0n || s >= N) return false;
  if (mod(key.y * key.y - key.x * key.x * key.x + 3n * key.x - B, P) !== 0n) return false;
  const once = inverse(s, N);
  const sum = add(multiply(mod(numberOf(sha256(message)) * once, N), G), multiply(mod(r * once, N), key));
  return sum.z !== 0n && mod(affine(sum).x, N) === r;
}
