/**
 * A buffer that is filled from its end: whatever a message holds is written before its length is needed.
 *
 * Models how the generated marshallers of k8s.io/api write.
 */

const encoder = new TextEncoder();

export class BackwardBuffer {
  #bytes: Uint8Array;
  /** The index of the first byte written. */
  #begin: number;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#begin = capacity;
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#bytes.length - this.#begin;
  }

  /** What has been written, in order; shared with the buffer. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(this.#begin);
  }

  byte(value: number): void {
    this.#make(1);
    this.#begin -= 1;
    this.#bytes[this.#begin] = value;
  }

  raw(bytes: Uint8Array): void {
    this.#make(bytes.length);
    this.#begin -= bytes.length;
    this.#bytes.set(bytes, this.#begin);
  }

  /** UTF-8. Gives the number of bytes. */
  text(text: string): number {
    const size = text.length;
    this.#make(size);
    for (let n = 0; n < size; n += 1) {
      const code = text.charCodeAt(n);
      if (code > 127) {
        const bytes = encoder.encode(text);
        this.raw(bytes);
        return bytes.length;
      }
      this.#bytes[this.#begin - size + n] = code;
    }
    this.#begin -= size;
    return size;
  }

  /** An integer of up to 53 bits and a sign; negative ones take ten bytes, as in two's complement of 64 bits. */
  varint(value: number): void {
    if (value >= 0 && value < 0x80) this.byte(value);
    else for (const group of value < 0 ? negativeGroups(value) : groupsOf(value)) this.byte(group);
  }

  double(value: number): void {
    this.#make(8);
    this.#begin -= 8;
    new DataView(this.#bytes.buffer).setFloat64(this.#begin, value, true);
  }

  /** The tag before a field. */
  tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  /** The length and the tag before all that has been written since the buffer was `before` bytes long. */
  delimit(field: number, before: number): void {
    this.varint(this.length - before);
    this.tag(field, 2);
  }

  #make(room: number): void {
    if (this.#begin >= room) return;
    const old = this.bytes;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, old.length + room));
    grown.set(old, grown.length - old.length);
    this.#begin = grown.length - old.length;
    this.#bytes = grown;
  }
}

/** The groups of seven bits of a number, the highest first; all but the highest carry a mark that more follow. */
function groupsOf(value: number): number[] {
  const groups: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) groups.push((rest % 128) | 128);
  groups.push(rest);
  return groups.reverse();
}

function negativeGroups(value: number): number[] {
  const groups: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  for (; rest > 127n; rest >>= 7n) groups.push(Number(rest & 127n) | 128);
  groups.push(Number(rest));
  return groups.reverse();
}
