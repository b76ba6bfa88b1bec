/**
 * The sockets of exec and attach: they end in the cluster's Durable Object and let it hibernate while nobody types.
 *
 * A socket's attachment is its session's state; all else is in the containers, which are cells. What a turn makes the
 * sessions say is said after the turn has been saved.
 */
import { requestInfo } from "#apiserver/request-info";
import {
  COMMAND_PROTOCOLS,
  chosenProtocol,
  decodeFrame,
  encodeFrame,
  type Frame,
  statusFrame,
} from "#apiserver/streams/channels";
import {
  closeSession,
  feedSession,
  groupOf,
  hasNews,
  openSession,
  type SessionNews,
  type SessionState,
  takeNews,
} from "#apiserver/streams/session";
import { pathNotFound } from "#kernel/apimachinery/errors";
import type { Cluster } from "#kernel/cluster/cluster";
import type { Client } from "#kernel/registry/client";

const TAG = "session";
/** The longest message, as the real server's buffers; a socket takes it whole or not at all. */
const MESSAGE_BYTES = 32 * 1024;
/** From this much input on we wait a moment for more: a file that is copied costs fewer turns then. */
const BULK_BYTES = 16 * 1024;
const BULK_WAIT_MS = 5;

type Message = ArrayBuffer | string;

export class Sessions {
  readonly #ctx: DurableObjectState;
  /** Said by the turn that is under way, to be sent once it is saved. */
  #unsent: [WebSocket, SessionNews][] = [];
  /** Input on its way to a turn. */
  readonly #input = new Map<WebSocket, Message[]>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  get count(): number {
    return this.#ctx.getWebSockets(TAG).length;
  }

  /** Whether a socket is one of ours. */
  owns(socket: WebSocket): boolean {
    return this.#ctx.getTags(socket).includes(TAG);
  }

  /** Opens a session as part of a turn. @throws StatusError if the request is refused */
  open(cluster: Cluster, client: Client, request: Request): Response {
    const url = new URL(request.url);
    const info = requestInfo(request.method, url);
    if (info === undefined) throw pathNotFound();
    const protocol = chosenProtocol(request.headers.get("sec-websocket-protocol"), COMMAND_PROTOCOLS);
    const news = openSession(cluster, client, url, { info, protocol });
    const { 0: outer, 1: inner } = new WebSocketPair();
    this.#ctx.acceptWebSocket(inner, [TAG]);
    this.#keep(inner, news.state);
    this.#unsent.push([inner, news]);
    const headers = new Headers(protocol === "" ? {} : { "sec-websocket-protocol": protocol });
    return new Response(null, { status: 101, webSocket: outer, headers });
  }

  /** Takes a message; true if the caller is the one to bring what has gathered into a turn, when it gets there. */
  async gather(socket: WebSocket, message: Message): Promise<boolean> {
    const waiting = this.#input.get(socket);
    if (waiting !== undefined) {
      waiting.push(message);
      return false;
    }
    this.#input.set(socket, [message]);
    const size = typeof message === "string" ? message.length : message.byteLength;
    if (size >= BULK_BYTES) await scheduler.wait(BULK_WAIT_MS);
    return true;
  }

  /** Brings what a client has said into its session, as part of a turn. */
  feed(cluster: Cluster, socket: WebSocket): void {
    const messages = this.#input.get(socket) ?? [];
    this.#input.delete(socket);
    const state = this.#stateOf(socket);
    if (state === undefined) return;
    const frames = messages.flatMap((message) => decodeFrame(state.protocol, message) ?? []);
    for (const news of feedSession(cluster, state, frames)) {
      // Whoever shares the terminal sees what is typed there.
      for (const other of this.#group(news.state)) {
        if (other === socket) this.#keep(socket, news.state);
        this.#unsent.push([other, { ...news, state: this.#stateOf(other) ?? news.state }]);
      }
    }
  }

  /** The client went away: its session ends, as part of a turn. */
  close(cluster: Cluster, socket: WebSocket): void {
    const state = this.#stateOf(socket);
    this.forget(socket);
    if (state !== undefined) closeSession(cluster, state);
  }

  /** Forgets what was on its way to a socket's session, and that it has one. */
  forget(socket: WebSocket): void {
    this.#input.delete(socket);
    try {
      socket.serializeAttachment(null);
    } catch {
      // It is gone for good.
    }
  }

  /** Whether some session has something to say. */
  hasNews(cluster: Cluster): boolean {
    return this.#states().some(([, state]) => hasNews(cluster, state));
  }

  /** Takes what the sessions have to say, as part of a turn. */
  take(cluster: Cluster): void {
    const groups = Map.groupBy(
      this.#states().filter(([, state]) => hasNews(cluster, state)),
      ([, state]) => groupOf(state),
    );
    for (const members of groups.values()) {
      const news = takeNews(
        cluster,
        members.map(([, state]) => state),
      );
      news.forEach((one, n) => {
        const socket = members[n]?.[0];
        if (socket !== undefined) this.#unsent.push([socket, one]);
      });
    }
  }

  /** Sends what the turn that has been saved made the sessions say. */
  send(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const [socket, news] of unsent) this.#deliver(socket, news);
  }

  /** Drops what the turn said that will not be saved. */
  drop(): void {
    this.#unsent = [];
  }

  /** Ends every session: the cluster is gone. */
  closeAll(): void {
    for (const socket of this.#ctx.getWebSockets(TAG)) {
      this.forget(socket);
      socket.close(1001, "cluster gone");
    }
  }

  #states(): [WebSocket, SessionState][] {
    return this.#ctx.getWebSockets(TAG).flatMap((socket): [WebSocket, SessionState][] => {
      const state = this.#stateOf(socket);
      return state === undefined || this.#unsent.some(([other, { end }]) => other === socket && end !== undefined)
        ? []
        : [[socket, state]];
    });
  }

  #group(state: SessionState): WebSocket[] {
    const group = groupOf(state);
    return this.#states().flatMap(([socket, other]) => (groupOf(other) === group ? [socket] : []));
  }

  /** The session of a socket; undefined once it is over. */
  #stateOf(socket: WebSocket): SessionState | undefined {
    return (socket.deserializeAttachment() as SessionState | null) ?? undefined;
  }

  #keep(socket: WebSocket, state: SessionState): void {
    socket.serializeAttachment(state);
  }

  #deliver(socket: WebSocket, { state, frames, end }: SessionNews): void {
    if (this.#stateOf(socket) === undefined) return;
    try {
      this.#keep(socket, state);
      for (const frame of frames) this.#write(socket, state.protocol, frame);
      if (end === undefined) return;
      this.#write(socket, state.protocol, statusFrame(state.protocol, end));
      this.forget(socket);
      socket.close(1000, "");
    } catch {
      // The client went away between two turns; its close event follows.
    }
  }

  #write(socket: WebSocket, protocol: string, { channel, bytes }: Frame): void {
    for (let at = 0; at === 0 || at < bytes.length; at += MESSAGE_BYTES) {
      socket.send(encodeFrame(protocol, { channel, bytes: bytes.subarray(at, at + MESSAGE_BYTES) }));
    }
  }
}
