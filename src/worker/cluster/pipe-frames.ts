/**
 * What the Worker and the cluster's object say to each other about forwarded connections: one message a frame.
 */

/** `open` names a port (or, JSON, a request from outside, `opened` what became of it), `failed` tells why it cannot be reached (JSON); `end` is half a close, `closed` the whole. */
export type PipeVerb = "data" | "end" | "open" | "failed" | "closed" | "opened";

const VERBS: readonly PipeVerb[] = ["data", "end", "open", "failed", "closed", "opened"];

export interface PipeFrame {
  /** The Worker's number of the connection. */
  readonly connection: number;
  readonly verb: PipeVerb;
  readonly bytes: Uint8Array;
}

const HEAD_BYTES = 5;

/** A frame as bytes. */
export function encodePipeFrame({ connection, verb, bytes }: PipeFrame): Uint8Array {
  const message = new Uint8Array(HEAD_BYTES + bytes.length);
  new DataView(message.buffer).setUint32(0, connection);
  message[4] = VERBS.indexOf(verb);
  message.set(bytes, HEAD_BYTES);
  return message;
}

/** A frame of bytes; undefined if it is none. */
export function decodePipeFrame(message: ArrayBuffer | string): PipeFrame | undefined {
  if (typeof message === "string" || message.byteLength < HEAD_BYTES) return undefined;
  const verb = VERBS[new Uint8Array(message)[4] ?? -1];
  if (verb === undefined) return undefined;
  return { connection: new DataView(message).getUint32(0), verb, bytes: new Uint8Array(message, HEAD_BYTES) };
}
