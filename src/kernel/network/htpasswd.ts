/**
 * Passwords as htpasswd writes them: `$apr1$` (its default) and plain text.
 *
 * Models APR's apr_md5_encode over RFC 1321.
 * Leaves out bcrypt, SHA and crypt(3): an entry of those lets nobody in, and the controller says so.
 */
import { bytesOfText } from "#kernel/runtime/files/bytes";

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const TABLE = Array.from({ length: 64 }, (_, n) => Math.floor(Math.abs(Math.sin(n + 1)) * 0x1_0000_0000));

/** The MD5 of bytes: 16 bytes. */
export function md5(message: Uint8Array): Uint8Array {
  const blocks = ((message.length + 8) >> 6) + 1;
  const padded = new Uint8Array(blocks * 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, message.length << 3, true);
  view.setUint32(padded.length - 4, Math.floor(message.length / 0x2000_0000), true);
  const sum = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let at = 0; at < padded.length; at += 64) mixBlock(sum, view, at);
  const digest = new DataView(new ArrayBuffer(16));
  for (const [n, word] of sum.entries()) digest.setUint32(4 * n, word, true);
  return new Uint8Array(digest.buffer);
}

function mixBlock(sum: number[], view: DataView, at: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = sum;
  for (let n = 0; n < 64; n += 1) {
    const round = n >> 4;
    const [mixed, word] = ROUNDS[round]?.(b, c, d, n) ?? [0, 0];
    const total = (a + mixed + (TABLE[n] ?? 0) + view.getUint32(at + 4 * word, true)) | 0;
    const shift = SHIFTS[round * 4 + (n & 3)] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((total << shift) | (total >>> (32 - shift)))) | 0];
  }
  for (const [n, word] of [a, b, c, d].entries()) sum[n] = ((sum[n] ?? 0) + word) | 0;
}

type Round = (b: number, c: number, d: number, n: number) => readonly [mixed: number, word: number];

const ROUNDS: readonly Round[] = [
  (b, c, d, n) => [(b & c) | (~b & d), n & 15],
  (b, c, d, n) => [(d & b) | (~d & c), (5 * n + 1) & 15],
  (b, c, d, n) => [b ^ c ^ d, (3 * n + 5) & 15],
  (b, c, d, n) => [c ^ (b | ~d), (7 * n) & 15],
];

const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const MAGIC = "$apr1$";

function apr1(password: string, salt: string): string {
  const key = bytesOfText(password);
  const grain = bytesOfText(salt);
  const all = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
  const first = md5(all(key, grain, key));
  const parts = [key, bytesOfText(MAGIC), grain];
  for (let left = key.length; left > 0; left -= 16) parts.push(first.subarray(0, Math.min(16, left)));
  for (let n = key.length; n > 0; n >>= 1) parts.push((n & 1) === 1 ? Uint8Array.of(0) : key.subarray(0, 1));
  let sum = md5(all(...parts));
  for (let n = 0; n < 1_000; n += 1) {
    const isOdd = (n & 1) === 1;
    const none = new Uint8Array(0);
    sum = md5(all(isOdd ? key : sum, n % 3 === 0 ? none : grain, n % 7 === 0 ? none : key, isOdd ? sum : key));
  }
  let text = "";
  const write = (value: number, count: number): void => {
    for (let n = 0, left = value; n < count; n += 1, left >>= 6) text += ALPHABET[left & 63];
  };
  const byte = (n: number): number => sum[n] ?? 0;
  for (const [x, y, z] of [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
  ] as const) {
    write((byte(x) << 16) | (byte(y) << 8) | byte(z), 4);
  }
  write(byte(11), 2);
  return `${MAGIC}${salt}$${text}`;
}

const MEMO_ENTRIES = 1_000;
/** What was found out before: a thousand rounds for every request would be a lot. */
const memo = new Map<string, boolean>();

/** Whether a password is that of an entry's hash. */
export function isPassword(password: string, hash: string): boolean {
  if (!hash.startsWith("$") && !hash.startsWith("{")) return hash === password;
  if (!hash.startsWith(MAGIC) || password.length > 256) return false;
  const key = `${hash} ${password}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  const isRight = apr1(password, hash.slice(MAGIC.length).split("$")[0]?.slice(0, 8) ?? "") === hash;
  if (memo.size >= MEMO_ENTRIES) memo.clear();
  memo.set(key, isRight);
  return isRight;
}
