/**
 * Packets of bytes: written field by field and read field by field, as the protocols of databases have them.
 */
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import type { TcpInput, TcpOutput } from "#kernel/runtime/process/program";

/** Writes big-endian fields (`isLittle`: little-endian ones). */
export class PacketWriter {
  readonly #bytes: number[] = [];

  constructor(readonly isLittle = false) {}

  /** A whole number of so many bytes. */
  number(value: number | bigint, size: 1 | 2 | 3 | 4 | 8): this {
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    const digits: number[] = [];
    for (let n = 0; n < size; n += 1) {
      digits.push(Number(rest & 255n));
      rest >>= 8n;
    }
    this.#bytes.push(...(this.isLittle ? digits : digits.reverse()));
    return this;
  }

  bytes(bytes: Uint8Array | readonly number[]): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  text(text: string): this {
    return this.bytes(bytesOfText(text));
  }

  /** A text with a zero after it. */
  cstring(text: string): this {
    return this.text(text).number(0, 1);
  }

  get length(): number {
    return this.#bytes.length;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** Reads what a PacketWriter writes; beyond the end everything is zero or empty, and `isShort` says so. */
export class PacketReader {
  at = 0;
  isShort = false;

  constructor(
    readonly source: Uint8Array,
    readonly isLittle = false,
  ) {}

  number(size: 1 | 2 | 3 | 4): number {
    const bytes = this.bytes(size);
    let value = 0;
    for (let n = 0; n < size; n += 1) value = value * 256 + (bytes[this.isLittle ? size - 1 - n : n] ?? 0);
    return value;
  }

  /** A whole number that may be negative. */
  signed(size: 2 | 4): number {
    const value = this.number(size);
    return value >= 2 ** (size * 8 - 1) ? value - 2 ** (size * 8) : value;
  }

  bytes(count: number): Uint8Array {
    const found = this.source.slice(this.at, this.at + Math.max(0, count));
    if (found.length < count) this.isShort = true;
    this.at += found.length;
    return found;
  }

  /** Bytes up to a zero, which goes too. */
  cbytes(): Uint8Array {
    const end = this.source.indexOf(0, this.at);
    if (end < 0) {
      this.isShort = true;
      return this.rest();
    }
    const found = this.source.slice(this.at, end);
    this.at = end + 1;
    return found;
  }

  rest(): Uint8Array {
    const found = this.source.slice(this.at);
    this.at = this.source.length;
    return found;
  }

  get isAtEnd(): boolean {
    return this.at >= this.source.length;
  }
}

/** What came of bytes: what is said, how many of them were taken, what is remembered. */
export interface Taken<S> {
  readonly said: Uint8Array;
  readonly taken: number;
  readonly state: S;
  readonly isOver: boolean;
}

/** Answers what came on a connection by a step over its bytes. */
export function answeredBytes<S>({ text, isOver }: TcpInput, step: (bytes: Uint8Array) => Taken<S>): TcpOutput {
  const bytes = bytesOfText(text);
  const turn = step(bytes);
  return {
    text: textOfBytes(turn.said),
    taken: textOfBytes(bytes.subarray(0, turn.taken)).length,
    state: turn.state,
    isOver: turn.isOver || isOver,
  };
}

/** Several pieces as one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
