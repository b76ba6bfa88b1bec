/**
 * SHA-256 and HMAC-SHA-256 of bytes, without the platform's help: the kernel is synchronous, WebCrypto is not.
 *
 * Models FIPS 180-4 and RFC 2104.
 */

const BLOCK_BYTES = 64;

/** The first 32 bits of the fractions of the cube roots of the first 64 primes, and of the square roots of eight. */
const { ROUNDS, START } = constants();

function constants(): { ROUNDS: Uint32Array; START: Uint32Array } {
  const rounds = new Uint32Array(64);
  const start = new Uint32Array(8);
  let found = 0;
  for (let candidate = 2n; found < 64; candidate += 1n) {
    if (!isPrime(candidate)) continue;
    if (found < 8) start[found] = Number(root(candidate << 64n, 2n) & 0xffff_ffffn);
    rounds[found] = Number(root(candidate << 96n, 3n) & 0xffff_ffffn);
    found += 1;
  }
  return { ROUNDS: rounds, START: start };
}

function isPrime(candidate: bigint): boolean {
  for (let divisor = 2n; divisor * divisor <= candidate; divisor += 1n) if (candidate % divisor === 0n) return false;
  return true;
}

/** The whole part of the n-th root. */
function root(value: bigint, n: bigint): bigint {
  let low = 0n;
  let high = 1n << 40n;
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** n <= value) low = middle;
    else high = middle - 1n;
  }
  return low;
}

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** The 32 bytes of a message's digest. */
export function sha256(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29));
  view.setUint32(padded.length - 4, (message.length << 3) >>> 0);
  const state = START.slice();
  const words = new Uint32Array(64);
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) compress(state, words, view, at);
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  state.forEach((word, n) => {
    out.setUint32(n * 4, word);
  });
  return digest;
}

function compress(state: Uint32Array, words: Uint32Array, view: DataView, at: number): void {
  const word = (n: number): number => words[n] as number;
  for (let n = 0; n < 16; n += 1) words[n] = view.getUint32(at + n * 4);
  for (let n = 16; n < 64; n += 1) {
    const s0 = rotate(word(n - 15), 7) ^ rotate(word(n - 15), 18) ^ (word(n - 15) >>> 3);
    const s1 = rotate(word(n - 2), 17) ^ rotate(word(n - 2), 19) ^ (word(n - 2) >>> 10);
    words[n] = word(n - 16) + s0 + word(n - 7) + s1;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let n = 0; n < 64; n += 1) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (ROUNDS[n] as number) + word(n)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, n) => {
    state[n] = (state[n] as number) + value;
  });
}

/** The HMAC-SHA-256 of a message; the key has at most 64 bytes. */
export function hmacSha256(key: Uint8Array, ...message: readonly Uint8Array[]): Uint8Array {
  const padded = (mask: number): Uint8Array => {
    const block = new Uint8Array(BLOCK_BYTES).fill(mask);
    key.forEach((byte, n) => {
      block[n] = byte ^ mask;
    });
    return block;
  };
  return sha256(joined(padded(0x5c), sha256(joined(padded(0x36), ...message))));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
