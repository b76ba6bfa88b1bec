/**
 * The sockets of a cluster: streams that the Worker holds for clients and the cluster feeds, while it may hibernate.
 *
 * A message is `<state>\n<text>`: the state lets the Worker resume when the object has been restarted.
 */
import { ENCODE_HEADER } from "#apiserver/codec/protobuf/transcode";
import { type Progress, STREAMS, type StreamState } from "#apiserver/streams/stream";
import type { Cluster } from "#kernel/cluster/cluster";
import type { Change } from "#kernel/store/object";

/** The header in which the Worker hands back the state of a stream it wants to resume, percent-encoded. */
export const STATE_HEADER = "x-drydock-stream";
/** Set by the Worker alone as well: the socket leads in from outside the cluster. */
export const OUTSIDE_HEADER = "x-drydock-outside";

/** Closed by us because nothing more will come, as opposed to a connection that broke. */
export const STREAM_OVER = 4000;

const TAG = "stream";
/** How far the stored position may lag behind what has been considered. */
const LAG_MAX = 500;

export class Sockets {
  readonly #ctx: DurableObjectState;
  /** The state of each socket as of the last turn; the attachment may lag behind. */
  readonly #states = new Map<WebSocket, StreamState>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  get count(): number {
    return this.#ctx.getWebSockets(TAG).length;
  }

  /** Accepts a stream that has been opened and sends what it begins with. */
  accept(progress: Progress): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [TAG]);
    this.#deliver(server, progress);
    const { encoding } = progress;
    const headers: Record<string, string> = encoding === undefined ? {} : { [ENCODE_HEADER]: encoding };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** Gives every stream what a turn has for it; without changes, what it may have missed. */
  show(cluster: Cluster, changes: readonly Change[]): void {
    for (const socket of this.#ctx.getWebSockets(TAG)) {
      const state = this.#stateOf(socket);
      const progress = STREAMS[state.kind].advance(cluster, state, changes);
      if (progress !== undefined) this.#deliver(socket, progress);
      else if (state.kind === "watch") this.#consider(socket, state, cluster.store.revision);
    }
  }

  forget(socket: WebSocket): void {
    this.#states.delete(socket);
  }

  /** Ends every stream: the cluster is gone. */
  closeAll(): void {
    for (const socket of this.#ctx.getWebSockets(TAG)) socket.close(STREAM_OVER, "cluster gone");
    this.#states.clear();
  }

  #stateOf(socket: WebSocket): StreamState {
    return this.#states.get(socket) ?? (socket.deserializeAttachment() as StreamState);
  }

  #consider(socket: WebSocket, state: StreamState, revision: number): void {
    const next = { ...state, position: revision };
    this.#states.set(socket, next);
    const stored = socket.deserializeAttachment() as StreamState;
    if (revision - stored.position > LAG_MAX) socket.serializeAttachment(next);
  }

  #deliver(socket: WebSocket, { text, state, isOver }: Progress): void {
    try {
      socket.send(`${JSON.stringify(state)}\n${text}`);
      this.#states.set(socket, state);
      socket.serializeAttachment(state);
      if (isOver) socket.close(STREAM_OVER, "over");
    } catch {
      // The client went away between two turns; its close event follows.
      this.#states.delete(socket);
    }
  }
}

/** Codes of RFC 6455: a farewell, and two that stand for none and may not be sent. */
const NORMAL = 1000;
const NO_STATUS = 1005;
const ABNORMAL = 1006;

/** Closes a socket that the other end has closed: it waits for that, or its connection counts as broken. */
export function answerFarewell(socket: WebSocket, code: number): void {
  socket.close(code >= NORMAL && code !== NO_STATUS && code !== ABNORMAL ? code : NORMAL);
}
