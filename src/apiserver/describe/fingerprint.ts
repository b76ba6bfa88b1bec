/**
 * A short text that differs where texts differ: for ETags and for hashes in URLs.
 */

/** A 64-bit FNV-1a style fingerprint in hexadecimal: two 32-bit halves with different primes. */
export function fingerprint(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let n = 0; n < text.length; n += 1) {
    low = Math.imul(low ^ text.charCodeAt(n), 0x01000193) >>> 0;
    high = Math.imul(high ^ text.charCodeAt(n), 0x85ebca6b) >>> 0;
  }
  return (high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0")).toUpperCase();
}
