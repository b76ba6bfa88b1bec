/**
 * WebSocket as bytes: the handshake's answer, frames, and messages put together from them.
 *
 * Models RFC 6455. Leaves out extensions: nobody is offered one.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { bytesOfText } from "#kernel/runtime/files/bytes";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What is said when an end goes, and why it is cut off. */
export const CLOSE = { normal: 1000, goingAway: 1001, protocol: 1002, none: 1005, large: 1009 } as const;

/** What a server answers to a client's key. */
export function acceptKey(key: string): string {
  return btoaBytes(sha1(bytesOfText(key + GUID)));
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function btoaBytes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += `${ALPHABET[bits >> 18]}${ALPHABET[(bits >> 12) & 63]}`;
    text += `${b === undefined ? "=" : ALPHABET[(bits >> 6) & 63]}${c === undefined ? "=" : ALPHABET[bits & 63]}`;
  }
  return text;
}

export interface Frame {
  readonly isLast: boolean;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly payload: Uint8Array;
  /** Bytes it took. */
  readonly taken: number;
}

/** The first frame of some bytes; "more" while it is not whole, "large" if it is longer than `most`. */
export function takeFrame(bytes: Uint8Array, most: number): Frame | "more" | "bad" | "large" {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return "more";
  const opcode = first & 15;
  if ((first & 0x70) !== 0 || !(Object.values(OPCODE) as readonly number[]).includes(opcode)) return "bad";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const short = second & 127;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  const isMasked = second >= 128;
  const start = 2 + extra + (isMasked ? 4 : 0);
  if (bytes.length < start) return "more";
  const length = extra === 2 ? view.getUint16(2) : extra === 8 ? Number(view.getBigUint64(2)) : short;
  const isControl = opcode >= OPCODE.close;
  if (isControl && (length > 125 || first < 128)) return "bad";
  if (length > most) return "large";
  if (bytes.length < start + length) return "more";
  const payload = bytes.slice(start, start + length);
  if (isMasked) {
    const mask = bytes.subarray(start - 4, start);
    for (let n = 0; n < length; n += 1) payload[n] = (payload[n] ?? 0) ^ (mask[n % 4] ?? 0);
  }
  return { isLast: first >= 128, opcode, isMasked, payload, taken: start + length };
}

/** A whole message, or a control frame, as one frame; a client masks it. */
export function frameBytes(opcode: number, payload: Uint8Array, mask?: Uint8Array): Uint8Array {
  const { length } = payload;
  const extra = length > 65_535 ? 8 : length > 125 ? 2 : 0;
  const start = 2 + extra + (mask === undefined ? 0 : 4);
  const bytes = new Uint8Array(start + length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 128 | opcode;
  bytes[1] = (mask === undefined ? 0 : 128) | (extra === 8 ? 127 : extra === 2 ? 126 : length);
  if (extra === 2) view.setUint16(2, length);
  if (extra === 8) view.setBigUint64(2, BigInt(length));
  bytes.set(payload, start);
  if (mask !== undefined) {
    bytes.set(mask.subarray(0, 4), start - 4);
    for (let n = 0; n < length; n += 1) bytes[start + n] = (payload[n] ?? 0) ^ (mask[n % 4] ?? 0);
  }
  return bytes;
}

/** The payload of a close frame. */
export function closePayload(code: number, reason = ""): Uint8Array {
  if (code === CLOSE.none) return new Uint8Array(0);
  const text = bytesOfText(reason).subarray(0, 123);
  const bytes = new Uint8Array(2 + text.length);
  new DataView(bytes.buffer).setUint16(0, code);
  bytes.set(text, 2);
  return bytes;
}

/** The code of a close frame. */
export const closeCode = (payload: Uint8Array): number =>
  payload.length < 2 ? CLOSE.none : ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
