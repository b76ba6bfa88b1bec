/**
 * The hash that names the revisions of a pod template: `pod-template-hash`, and the end of a ReplicaSet's name.
 *
 * Models pkg/controller/controller_utils.go (ComputeHash) and apimachinery/pkg/util/rand (SafeEncodeString).
 * Leaves out Go's dump of the template, which no other language can print: canonical JSON is hashed in its place.
 */

import type { PodTemplateSpec } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";

const SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** Gives the hash of a template; `collisionCount` makes another one where a namesake stands in the way. */
export function podTemplateHash(template: PodTemplateSpec, collisionCount?: number): string {
  let hash = fnv32a(0x811c9dc5, new TextBytes(canonicalJson(template)));
  if (collisionCount !== undefined) {
    const bytes = [0, 8, 16, 24].map((shift) => (collisionCount >>> shift) & 0xff);
    hash = fnv32a(hash, [...bytes, 0, 0, 0, 0]);
  }
  return safeEncode(String(hash));
}

/** Replaces each character by one that cannot spell a bad word. */
export function safeEncode(text: string): string {
  let encoded = "";
  for (let n = 0; n < text.length; n += 1) encoded += SAFE_ALPHABET[text.charCodeAt(n) % SAFE_ALPHABET.length];
  return encoded;
}

/** Gives the 32-bit FNV-1 hash of a text's UTF-8 bytes. */
export function fnv32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextBytes(text)) hash = (Math.imul(hash, 0x01000193) ^ byte) >>> 0;
  return hash;
}

function fnv32a(start: number, bytes: Iterable<number>): number {
  let hash = start;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** The UTF-8 bytes of a text. */
class TextBytes implements Iterable<number> {
  constructor(readonly text: string) {}

  *[Symbol.iterator](): Iterator<number> {
    for (const char of this.text) {
      const code = char.codePointAt(0) ?? 0;
      if (code < 0x80) yield code;
      else yield* multibyte(code);
    }
  }
}

function multibyte(code: number): number[] {
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x800) return [0xc0 | (code >> 6), tail(0)];
  if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)];
  return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)];
}

/** JSON with sorted keys and without absent fields: equal templates give equal texts. */
function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => compareText(a, b));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
}
