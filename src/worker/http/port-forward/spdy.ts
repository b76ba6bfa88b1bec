/**
 * A SPDY/3.1 server over whatever carries its bytes: kubectl's port-forward speaks it inside a WebSocket.
 *
 * Models the server's half of github.com/moby/spdystream.
 * Leaves out flow control, priorities and pushed streams: that library does without them too.
 */
import { Unzlib } from "fflate";
import { SPDY_DICTIONARY } from "#worker/http/port-forward/spdy-dictionary";

const FRAME = { synStream: 1, synReply: 2, rstStream: 3, ping: 6 } as const;
const FIN = 1;
const VERSION = 0x8003;
/** The longest data frame we send. */
const DATA_BYTES = 64 * 1024;
/** The longest frame we take: what is longer is no port-forward. */
const FRAME_BYTES_MAX = 1024 * 1024;

/** A stream the client opened. */
export interface SpdyStream {
  readonly headers: Readonly<Record<string, string>>;
  write(bytes: Uint8Array): void;
  /** Nothing more will be written. */
  end(): void;
  onData: (bytes: Uint8Array) => void;
  /** The client will write nothing more, or has given up. */
  onEnd: () => void;
}

export class SpdyServer {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #opened: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #inflated: Uint8Array[] = [];
  readonly #inflater: Unzlib;
  #buffer: Uint8Array = new Uint8Array(0);
  #hasReplied = false;

  constructor(send: (bytes: Uint8Array) => void, opened: (stream: SpdyStream) => void) {
    this.#send = send;
    this.#opened = opened;
    this.#inflater = new Unzlib({ dictionary: SPDY_DICTIONARY }, (chunk) => this.#inflated.push(chunk.slice()));
  }

  /** Takes bytes of the connection. @throws if they are no SPDY */
  push(bytes: Uint8Array): void {
    const all = joined([this.#buffer, bytes]);
    let at = 0;
    while (all.length - at >= 8) {
      const view = new DataView(all.buffer, all.byteOffset + at);
      const length = view.getUint32(4) & 0xffffff;
      if (length > FRAME_BYTES_MAX) throw new Error("a SPDY frame is too long");
      if (all.length - at < 8 + length) break;
      this.#take(view.getUint32(0), view.getUint8(4), all.subarray(at + 8, at + 8 + length));
      at += 8 + length;
    }
    this.#buffer = all.slice(at);
  }

  #take(word: number, flags: number, body: Uint8Array): void {
    if (word < 0x8000_0000) this.#takeData(word, flags, body);
    else if ((word & 0xffff) === FRAME.synStream) this.#takeStream(flags, body);
    else if ((word & 0xffff) === FRAME.ping) this.#control(FRAME.ping, body);
    else if ((word & 0xffff) === FRAME.rstStream) {
      const id = idAt(body);
      this.#streams.get(id)?.onEnd();
      this.#streams.delete(id);
    }
  }

  #takeData(id: number, flags: number, body: Uint8Array): void {
    const stream = this.#streams.get(id);
    if (body.length > 0) stream?.onData(body.slice());
    if ((flags & FIN) !== 0) stream?.onEnd();
  }

  #takeStream(flags: number, body: Uint8Array): void {
    const id = idAt(body);
    let isEnded = false;
    const stream: SpdyStream = {
      headers: this.#headers(body.subarray(10)),
      write: (bytes) => {
        for (let at = 0; at < bytes.length && !isEnded; at += DATA_BYTES) {
          this.#data(id, bytes.subarray(at, at + DATA_BYTES), false);
        }
      },
      end: () => {
        if (!isEnded) this.#data(id, new Uint8Array(0), true);
        isEnded = true;
      },
      onData: () => {},
      onEnd: () => {},
    };
    this.#streams.set(id, stream);
    this.#reply(id);
    this.#opened(stream);
    if ((flags & FIN) !== 0) stream.onEnd();
  }

  #headers(block: Uint8Array): Record<string, string> {
    this.#inflated.length = 0;
    this.#inflater.push(block);
    const bytes = joined(this.#inflated);
    const view = new DataView(bytes.buffer);
    const decoder = new TextDecoder();
    let at = 4;
    const text = (): string => {
      const length = view.getUint32(at);
      at += 4 + length;
      return decoder.decode(bytes.subarray(at - length, at));
    };
    const headers: Record<string, string> = {};
    for (let n = view.getUint32(0); n > 0; n -= 1) {
      const name = text();
      headers[name] = text();
    }
    return headers;
  }

  /** No headers, as a stored block; an empty one follows it, or Go's reader would wait for more. */
  #reply(id: number): void {
    const none = [0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0];
    const zlib = [...(this.#hasReplied ? [] : [0x78, 0x01]), ...none, 0, 0, 0, 0xff, 0xff];
    this.#hasReplied = true;
    const body = new Uint8Array(4 + zlib.length);
    new DataView(body.buffer).setUint32(0, id);
    body.set(zlib, 4);
    this.#control(FRAME.synReply, body);
  }

  #control(type: number, body: Uint8Array): void {
    const frame = new Uint8Array(8 + body.length);
    const view = new DataView(frame.buffer);
    view.setUint16(0, VERSION);
    view.setUint16(2, type);
    view.setUint32(4, body.length);
    frame.set(body, 8);
    this.#send(frame);
  }

  #data(id: number, bytes: Uint8Array, isLast: boolean): void {
    const frame = new Uint8Array(8 + bytes.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, id);
    view.setUint32(4, bytes.length);
    if (isLast) frame[4] = FIN;
    frame.set(bytes, 8);
    this.#send(frame);
  }
}

function idAt(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset).getUint32(0) & 0x7fff_ffff;
}

/** The bytes of all chunks in one. */
function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
