/**
 * Seeded entropy: every name, uid and choice of a cluster comes from one stored state, so equal seeds repeat.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's Small Fast Counter): 128 bits of state, plain 32-bit arithmetic.
 */

/** Four unsigned 32-bit words. */
export type EntropyState = readonly [number, number, number, number];

/** The alphabet of generated names: no vowels, no digits that look like letters (k8s.io/apimachinery/pkg/util/rand). */
const NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

export class Entropy {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(state: EntropyState) {
    [this.#a, this.#b, this.#c, this.#d] = state;
  }

  /** The state of a fresh generator for a seed: any integer or text. */
  static seeded(seed: number | string): Entropy {
    let hash = 0x811c9dc5;
    for (const char of String(seed)) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    const entropy = new Entropy([hash, 0x9e3779b9, 0x243f6a88, 1]);
    for (let n = 0; n < 15; n += 1) entropy.word();
    return entropy;
  }

  get state(): EntropyState {
    return [this.#a, this.#b, this.#c, this.#d];
  }

  /** Goes back to a state: what is drawn again is the same. */
  restore(state: EntropyState): void {
    [this.#a, this.#b, this.#c, this.#d] = state;
  }

  /** The next unsigned 32-bit word. */
  word(): number {
    const sum = (this.#a + this.#b + this.#d) >>> 0;
    this.#d = (this.#d + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }

  /** A number in [0, 1). */
  fraction(): number {
    return this.word() / 0x1_0000_0000;
  }

  /** An integer in [0, below). */
  int(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  /** One of the items; undefined of none. */
  pick<T>(items: readonly T[]): T | undefined {
    return items[this.int(items.length)];
  }

  /** Lower-case hexadecimal digits. */
  hex(length: number): string {
    let text = "";
    while (text.length < length) text += this.word().toString(16).padStart(8, "0");
    return text.slice(0, length);
  }

  /** A version 4 UUID, as every object's metadata.uid. */
  uid(): string {
    const hex = this.hex(32);
    const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) & 3];
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `${variant}${hex.slice(17, 20)}`,
      hex.slice(20),
    ].join("-");
  }

  /** The random end of a generated name, five characters unless told otherwise. */
  suffix(length = 5): string {
    let text = "";
    for (let n = 0; n < length; n += 1) text += NAME_ALPHABET[this.int(NAME_ALPHABET.length)];
    return text;
  }
}
