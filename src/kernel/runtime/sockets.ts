/**
 * WebSockets of programs: what becomes of a connection once a program has answered 101 to its request.
 */
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import { ProcessTask } from "#kernel/runtime/process/process-task";
import type { Program, SocketEvent, TcpInput, TcpOutput } from "#kernel/runtime/process/program";
import { programNamed } from "#kernel/runtime/process/programs";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import { CLOSE, closeCode, closePayload, type Frame, frameBytes, OPCODE, takeFrame } from "#kernel/runtime/websocket";
import type { HttpResponse } from "#kernel/runtime/world";

/** Longest message a server takes. */
const MESSAGE_BYTES = 1 << 20;

/** What is remembered of a connection that has become a WebSocket. */
export interface SocketState {
  readonly socket: {
    /** The path it was asked for. */
    readonly path: string;
    /** Pieces of a message that is not whole. */
    readonly parts?: { readonly opcode: number; readonly text: string };
    /** What the program remembers. */
    readonly own?: unknown;
  };
}

/** Whether a connection's state is that of a WebSocket. */
export const isSocket = (state: unknown): state is SocketState =>
  typeof state === "object" && state !== null && "socket" in state;

/** The answer that makes a connection a WebSocket, as it goes over the wire. */
export function switchText({ headers }: HttpResponse): string {
  const lines = Object.entries(headers).map(
    ([name, value]) =>
      `${name.replace(/(^|-)([a-z])/g, (_, dash, letter) => dash + letter.toUpperCase())}: ${value}\r\n`,
  );
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`;
}

/** What a program says to what came on a WebSocket. */
export function speakSocket(sandbox: Sandbox, pid: number, input: TcpInput, isNew = false): TcpOutput {
  const talk = new Talk(sandbox, pid, input);
  if (isNew) talk.tell({ kind: "open" });
  const bytes = bytesOfText(input.text);
  let at = 0;
  while (!talk.isOver) {
    const frame = takeFrame(bytes.subarray(at), MESSAGE_BYTES);
    if (frame === "more") break;
    if (typeof frame === "string" || !frame.isMasked) talk.end(frame === "large" ? CLOSE.large : CLOSE.protocol);
    else {
      at += frame.taken;
      talk.take(frame);
    }
  }
  const isOver = talk.isOver || input.isOver;
  if (isOver) talk.tell({ kind: "close" });
  return {
    text: talk.said,
    taken: at === bytes.length ? input.text.length : textOfBytes(bytes.subarray(0, at)).length,
    ...(isOver && { isOver }),
    state: { socket: talk.socket } satisfies SocketState,
  };
}

/** One end of a WebSocket while its program is asked. */
class Talk {
  readonly #task: ProcessTask;
  readonly #program: Program;
  readonly #input: TcpInput;
  socket: SocketState["socket"];
  said = "";
  isOver = false;

  constructor(sandbox: Sandbox, pid: number, input: TcpInput) {
    this.#task = new ProcessTask(sandbox, pid);
    this.#program = programNamed(sandbox.look.processes[pid]?.program ?? "");
    this.#input = input;
    this.socket = (input.state as SocketState).socket;
  }

  tell(event: Pick<SocketEvent, "kind"> & Partial<SocketEvent>): void {
    const { path, own } = this.socket;
    const { port, remoteAddress } = this.#input;
    const whole = { text: "", isBinary: false, path, port, remoteAddress, state: own, ...event };
    const { messages = [], state, isOver } = this.#program.socket?.(this.#task, whole) ?? {};
    if (event.kind === "close") return;
    for (const message of messages) this.said += messageText(message, event.isBinary === true);
    if (state !== undefined) this.socket = { ...this.socket, own: state };
    if (isOver === true) this.end(CLOSE.normal);
  }

  end(code: number): void {
    if (this.isOver) return;
    this.said += textOfBytes(frameBytes(OPCODE.close, closePayload(code)));
    this.isOver = true;
  }

  take({ opcode, payload, isLast }: Frame): void {
    if (opcode === OPCODE.ping) this.said += textOfBytes(frameBytes(OPCODE.pong, payload));
    else if (opcode === OPCODE.close) this.end(closeCode(payload));
    else if (opcode !== OPCODE.pong) this.#gather(opcode, textOfBytes(payload), isLast);
  }

  #gather(opcode: number, piece: string, isLast: boolean): void {
    const { parts: before, ...rest } = this.socket;
    const parts = { opcode: before?.opcode ?? opcode, text: (before?.text ?? "") + piece };
    const isOrderly = (opcode === OPCODE.continuation) === (before !== undefined);
    if (!isOrderly || parts.text.length > MESSAGE_BYTES) {
      this.end(isOrderly ? CLOSE.large : CLOSE.protocol);
      return;
    }
    this.socket = isLast ? rest : { ...rest, parts };
    if (!isLast) return;
    // A character in two pieces is one again.
    const text = textOfBytes(bytesOfText(parts.text));
    this.tell({ kind: "message", text, isBinary: parts.opcode === OPCODE.binary });
  }
}

/** A message as a server sends it. */
export const messageText = (text: string, isBinary: boolean): string =>
  textOfBytes(frameBytes(isBinary ? OPCODE.binary : OPCODE.text, bytesOfText(text)));
