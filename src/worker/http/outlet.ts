/**
 * Outlets: where a held stream leaves the Worker, as the body of an answer or over a WebSocket of the client's.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/watch.go and k8s.io/apimachinery/pkg/util/httpstream/wsstream.
 */
import { framesOf } from "#apiserver/codec/protobuf/transcode";

/** Where a stream goes. What it is told once the client is gone leads nowhere. */
export interface Outlet {
  /** Lines of JSON, or a piece of a log. A blank line is a mere sign of life. */
  write(text: string): void;
  close(): void;
  onGone(gone: () => void): void;
}

/** The body of an answer: lines of JSON, length-delimited frames of protobuf, or text. */
export class BodyOutlet implements Outlet {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #gone: () => void = () => {};

  constructor(readonly isProtobuf: boolean) {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.readable = readable;
    this.#writer = writable.getWriter();
  }

  write(text: string): void {
    const chunks = this.isProtobuf ? framesOf(text) : [this.#encoder.encode(text)];
    for (const chunk of chunks) this.#writer.write(chunk).catch(() => this.#gone());
  }

  close(): void {
    this.#writer.close().catch(() => {});
  }

  onGone(gone: () => void): void {
    this.#gone = gone;
    this.#writer.closed.then(gone, gone);
  }
}

/** In a body a frame's length stands before it; a message needs none. */
const LENGTH_BYTES = 4;

/** A WebSocket: a message an event, text for JSON and bytes for protobuf; a log comes in pieces of bytes. */
export class SocketOutlet implements Outlet {
  /** The client's end, to be handed over with status 101. */
  readonly client: WebSocket;
  readonly #socket: WebSocket;
  readonly #encoder = new TextEncoder();

  constructor(
    readonly isWatch: boolean,
    readonly isProtobuf: boolean,
  ) {
    const pair = new WebSocketPair();
    this.client = pair[0];
    this.#socket = pair[1];
    this.#socket.accept();
  }

  write(text: string): void {
    if (!this.isWatch) this.#socket.send(this.#encoder.encode(text));
    else if (this.isProtobuf) for (const frame of framesOf(text)) this.#socket.send(frame.subarray(LENGTH_BYTES));
    else for (const line of text.split("\n")) if (line !== "") this.#socket.send(`${line}\n`);
  }

  close(): void {
    try {
      this.#socket.close(1000);
    } catch {
      // It was closed from the other side.
    }
  }

  onGone(gone: () => void): void {
    this.#socket.addEventListener("close", gone);
    this.#socket.addEventListener("error", gone);
  }
}
