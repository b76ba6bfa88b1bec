/**
 * WebSockets below `/x/`: the Worker holds the browser's, and speaks to the server in the cluster as a client does, in
 * frames, over a way of its own to the cluster's object.
 */
import type { OutsideUpgrade } from "#kernel/network/upgrade";
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import { CLOSE, closeCode, closePayload, frameBytes, OPCODE, takeFrame } from "#kernel/runtime/websocket";
import { LIMITS } from "#kernel/sim/limits";
import { decodePipeFrame, encodePipeFrame, type PipeVerb } from "#worker/cluster/pipe-frames";
import type { OutsideCall } from "#worker/cluster/pipes";
import { OUTSIDE_HEADER } from "#worker/cluster/sockets";
import type { ClusterObject } from "#worker/cluster-object";

const CONNECTION = 1;

/** The socket for the browser and the protocol it was given, or what the server said instead. */
export type OutsideSocket = { readonly webSocket: WebSocket; readonly protocol: string | undefined } | OutsideUpgrade;

/** Asks for a WebSocket at an address of the cluster. */
export async function outsideSocket(
  stub: DurableObjectStub<ClusterObject>,
  { host, port, request }: OutsideCall,
): Promise<OutsideSocket> {
  const headers = { upgrade: "websocket", [OUTSIDE_HEADER]: "true" };
  const { webSocket } = await stub.fetch(new Request("https://cluster/", { headers }));
  if (webSocket === null) return { reason: "too many sockets are open" };
  const inner = new Inner(webSocket);
  const asked = {
    ...request.headers,
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": newKey(),
  };
  const outcome = await inner.ask({ host, port, request: { ...request, headers: asked } });
  if ("reason" in outcome || outcome.connection === undefined) {
    inner.close();
    return outcome;
  }
  const { 0: client, 1: server } = new WebSocketPair();
  server.binaryType = "arraybuffer";
  server.accept();
  join(server, inner);
  return { webSocket: client, protocol: outcome.answer.headers["sec-websocket-protocol"] };
}

const newKey = (): string => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));

/** The way to the cluster's object. */
class Inner {
  readonly #socket: WebSocket;
  #answered: (outcome: OutsideUpgrade) => void = () => {};
  #onBytes: (bytes: Uint8Array) => void;
  #onClosed: () => void = () => {};
  /** What came before anybody listened. */
  readonly #early: Uint8Array[] = [];
  #isOver = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#onBytes = (bytes) => void this.#early.push(bytes);
    socket.binaryType = "arraybuffer";
    socket.accept();
    socket.addEventListener("message", ({ data }) => this.#take(data as ArrayBuffer | string));
    socket.addEventListener("close", () => this.#end());
  }

  ask(call: OutsideCall): Promise<OutsideUpgrade> {
    const outcome = new Promise<OutsideUpgrade>((resolve) => {
      this.#answered = resolve;
    });
    this.say("open", bytesOfText(JSON.stringify(call)));
    return outcome;
  }

  say(verb: PipeVerb, bytes: Uint8Array = new Uint8Array(0)): void {
    try {
      this.#socket.send(encodePipeFrame({ connection: CONNECTION, verb, bytes }));
    } catch {
      // The cluster is gone; its close event follows.
    }
  }

  /** From now on what comes is given away. */
  listen(onBytes: (bytes: Uint8Array) => void, onClosed: () => void): void {
    this.#onBytes = onBytes;
    this.#onClosed = onClosed;
    for (const bytes of this.#early) onBytes(bytes);
    if (this.#isOver) onClosed();
  }

  close(): void {
    this.say("closed");
    this.#socket.close(1000, "");
  }

  #end(): void {
    this.#isOver = true;
    this.#answered({ reason: "the cluster went away" });
    this.#onClosed();
  }

  #take(message: ArrayBuffer | string): void {
    const frame = decodePipeFrame(message);
    if (frame?.verb === "opened") this.#answered(JSON.parse(textOfBytes(frame.bytes)) as OutsideUpgrade);
    else if (frame?.verb === "failed") this.#answered({ reason: "too many connections" });
    else if (frame?.verb === "data") this.#onBytes(frame.bytes);
    else if (frame?.verb === "closed") this.#end();
  }
}

/** Carries messages both ways; each end goes with the other. */
function join(outer: WebSocket, inner: Inner): void {
  let rest = new Uint8Array(0);
  let parts: { readonly opcode: number; readonly bytes: Uint8Array[] } | undefined;
  let isOver = false;
  const mask = (): Uint8Array => crypto.getRandomValues(new Uint8Array(4));
  const finish = (code: number): void => {
    if (isOver) return;
    isOver = true;
    inner.close();
    outer.close(mayBeSaid(code) ? code : CLOSE.goingAway, "");
  };
  outer.addEventListener("message", ({ data }) => {
    const isText = typeof data === "string";
    const bytes = isText ? new TextEncoder().encode(data) : new Uint8Array(data as ArrayBuffer);
    if (bytes.length > LIMITS.requestBytes) finish(CLOSE.large);
    else inner.say("data", frameBytes(isText ? OPCODE.text : OPCODE.binary, bytes, mask()));
  });
  outer.addEventListener("close", ({ code }) => {
    inner.say("data", frameBytes(OPCODE.close, closePayload(code), mask()));
    finish(code);
  });
  const show = (opcode: number, bytes: Uint8Array): void => {
    try {
      outer.send(opcode === OPCODE.text ? new TextDecoder().decode(bytes) : bytes);
    } catch {
      // The browser is gone; its close event follows.
    }
  };
  inner.listen(
    (bytes) => {
      rest = joined([rest, bytes]);
      while (!isOver) {
        const frame = takeFrame(rest, LIMITS.connectionChars);
        if (frame === "more") return;
        if (typeof frame === "string" || frame.isMasked) return finish(CLOSE.protocol);
        rest = rest.slice(frame.taken);
        const { opcode, payload, isLast } = frame;
        if (opcode === OPCODE.close) finish(closeCode(payload));
        else if (opcode === OPCODE.ping) inner.say("data", frameBytes(OPCODE.pong, payload, mask()));
        else if (opcode !== OPCODE.pong) {
          const before: { readonly opcode: number; readonly bytes: Uint8Array[] } = parts ?? { opcode, bytes: [] };
          before.bytes.push(payload);
          parts = isLast ? undefined : before;
          if (isLast) show(before.opcode, joined(before.bytes));
        }
      }
    },
    () => finish(CLOSE.goingAway),
  );
}

/** Some codes tell of an end that was never said (RFC 6455, 7.4). */
const mayBeSaid = (code: number): boolean =>
  (code >= 3_000 && code < 5_000) || (code >= 1_000 && code <= 1_014 && ![1_004, 1_005, 1_006].includes(code));

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
