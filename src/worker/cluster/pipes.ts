/**
 * The sockets of port-forwards, and of WebSockets from outside: the Worker holds the client's, and talks to the
 * cluster's object over one of these, which lets the object hibernate while nothing is said. The connections themselves
 * are cells of the cluster.
 */
import type { Cluster } from "#kernel/cluster/cluster";
import { openPodPort } from "#kernel/network/pod-port";
import { outsideUpgrade } from "#kernel/network/upgrade";
import { worldOf } from "#kernel/network/world-of";
import { closeEnd, heldBy, received, send, shut, takeReceived } from "#kernel/runtime/connections";
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import type { HttpRequest, World } from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";
import { decodePipeFrame, encodePipeFrame, type PipeFrame, type PipeVerb } from "#worker/cluster/pipe-frames";

const TAG = "pipe";
/** Connections one port-forward may have open at once. */
const CONNECTIONS_MAX = 100;
/** The longest message to the Worker. */
const MESSAGE_BYTES = 256 * 1024;

/** What a socket carries through the object's sleep. */
interface PipeState {
  readonly pipe: string;
  /** The pod whose ports it leads to; absent: it comes from outside the cluster. */
  readonly pod?: { readonly namespace: string; readonly name: string };
}

/** A request from outside for another protocol. */
export interface OutsideCall {
  readonly host: string;
  readonly port: number;
  readonly request: HttpRequest;
}

export class Pipes {
  readonly #ctx: DurableObjectState;
  /** Said by the turn that is under way, to be sent once it is saved. */
  #unsent: [WebSocket, Uint8Array][] = [];

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  get count(): number {
    return this.#ctx.getWebSockets(TAG).length;
  }

  owns(socket: WebSocket): boolean {
    return this.#ctx.getTags(socket).includes(TAG);
  }

  /** Opens the way to a pod's ports, as part of a turn. */
  open({ entropy }: Cluster, pod?: PipeState["pod"]): Response {
    if (this.count >= LIMITS.outsideSockets) return new Response("too many sockets", { status: 503 });
    const { 0: outer, 1: inner } = new WebSocketPair();
    this.#ctx.acceptWebSocket(inner, [TAG]);
    inner.serializeAttachment({ pipe: entropy.hex(16), ...(pod !== undefined && { pod }) } satisfies PipeState);
    return new Response(null, { status: 101, webSocket: outer });
  }

  /** Does what the Worker says, as part of a turn. */
  feed(cluster: Cluster, socket: WebSocket, message: ArrayBuffer | string): void {
    const state = this.#stateOf(socket);
    const frame = decodePipeFrame(message);
    if (state === undefined || frame === undefined) return;
    const world = worldIn(cluster);
    if (frame.verb === "open") this.#dial(world, socket, state, frame);
    const id = heldBy(world.cells, state.pipe).find(({ name }) => Number(name) === frame.connection)?.id;
    if (id !== undefined) {
      if (frame.verb === "data") send(world, id, "client", textOfBytes(frame.bytes));
      else if (frame.verb === "end") shut(world, id, "client");
      else if (frame.verb === "closed") closeEnd(world, id, "client");
    }
    this.#fetch(world, socket, state);
  }

  #dial(world: World, socket: WebSocket, { pipe, pod }: PipeState, { connection, bytes }: PipeFrame): void {
    const isFull = heldBy(world.cells, pipe).length >= CONNECTIONS_MAX;
    const holder = `${pipe}/${connection}`;
    if (pod === undefined) {
      const { host, port, request } = JSON.parse(textOfBytes(bytes)) as OutsideCall;
      const outcome = outsideUpgrade(world, { host, port }, request, holder);
      this.#say(socket, connection, "opened", bytesOfText(JSON.stringify(outcome)));
      return;
    }
    const port = Number(textOfBytes(bytes));
    const problem = isFull ? { failure: "timeout", sandbox: "" } : openPodPort(world, { ...pod, port, holder });
    if (problem !== undefined) this.#say(socket, connection, "failed", bytesOfText(JSON.stringify(problem)));
  }

  /** Whether something came on a connection. */
  hasNews({ cells }: Cluster): boolean {
    return this.#ctx.getWebSockets(TAG).some((socket) => {
      const state = this.#stateOf(socket);
      const held = state === undefined ? [] : heldBy(cells, state.pipe);
      return held.some(({ id }) => received(cells, id, "client") !== undefined);
    });
  }

  /** Takes what came on all connections, as part of a turn. */
  take(cluster: Cluster): void {
    for (const socket of this.#ctx.getWebSockets(TAG)) {
      const state = this.#stateOf(socket);
      if (state !== undefined) this.#fetch(worldIn(cluster), socket, state);
    }
  }

  #fetch(world: World, socket: WebSocket, { pipe }: PipeState): void {
    for (const { id, name } of heldBy(world.cells, pipe)) {
      const text = received(world.cells, id, "client");
      if (text === undefined) continue;
      takeReceived(world.cells, id, "client", text.length);
      if (text !== "") this.#say(socket, Number(name), "data", bytesOfText(text));
      if (received(world.cells, id, "client") !== "") continue;
      closeEnd(world, id, "client");
      this.#say(socket, Number(name), "closed");
    }
  }

  #say(socket: WebSocket, connection: number, verb: PipeVerb, bytes: Uint8Array = new Uint8Array(0)): void {
    for (let at = 0; at === 0 || at < bytes.length; at += MESSAGE_BYTES) {
      const part = bytes.subarray(at, at + MESSAGE_BYTES);
      this.#unsent.push([socket, encodePipeFrame({ connection, verb, bytes: part })]);
    }
  }

  /** The client went away: its connections close, as part of a turn. */
  close(cluster: Cluster, socket: WebSocket): void {
    const state = this.#stateOf(socket);
    this.#forget(socket);
    if (state === undefined) return;
    const world = worldIn(cluster);
    for (const { id } of heldBy(world.cells, state.pipe)) closeEnd(world, id, "client");
  }

  /** Sends what the turn that has been saved made the connections say. */
  send(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const [socket, message] of unsent) {
      try {
        socket.send(message);
      } catch {
        // The Worker went away between two turns; its close event follows.
      }
    }
  }

  /** Drops what the turn said that will not be saved. */
  drop(): void {
    this.#unsent = [];
  }

  /** Ends every forward: the cluster is gone. */
  closeAll(): void {
    for (const socket of this.#ctx.getWebSockets(TAG)) {
      this.#forget(socket);
      socket.close(1001, "cluster gone");
    }
  }

  #stateOf(socket: WebSocket): PipeState | undefined {
    return (socket.deserializeAttachment() as PipeState | null) ?? undefined;
  }

  #forget(socket: WebSocket): void {
    try {
      socket.serializeAttachment(null);
    } catch {
      // It is gone for good.
    }
  }
}

const worldIn = ({ admin, now, entropy, cells }: Cluster): World => worldOf({ client: admin, now, entropy, cells });
