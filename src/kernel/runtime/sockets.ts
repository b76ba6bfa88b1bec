/**
 * WebSockets of programs: what becomes of a connection once a program has answered 101 to its request.
 */
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import { ProcessTask } from "#kernel/runtime/process/process-task";
import type { SocketEvent, TcpInput, TcpOutput } from "#kernel/runtime/process/program";
import { programNamed } from "#kernel/runtime/process/programs";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import { CLOSE, closeCode, closePayload, frameBytes, OPCODE, takeFrame } from "#kernel/runtime/websocket";
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
  let { socket } = input.state as SocketState;
  const task = new ProcessTask(sandbox, pid);
  const program = programNamed(sandbox.look.processes[pid]?.program ?? "");
  let said = "";
  let isOver = false;
  const tell = (event: Pick<SocketEvent, "kind"> & Partial<SocketEvent>): void => {
    const { path, own } = socket;
    const { port, remoteAddress } = input;
    const answer = program.socket?.(task, {
      text: "",
      isBinary: false,
      path,
      port,
      remoteAddress,
      state: own,
      ...event,
    });
    for (const message of answer?.messages ?? []) said += messageText(message, event.isBinary === true);
    if (answer?.state !== undefined) socket = { ...socket, own: answer.state };
    if (answer?.isOver === true) end(CLOSE.normal);
  };
  const end = (code: number): void => {
    if (isOver) return;
    said += textOfBytes(frameBytes(OPCODE.close, closePayload(code)));
    isOver = true;
  };
  if (isNew) tell({ kind: "open" });
  const bytes = bytesOfText(input.text);
  let at = 0;
  while (!isOver) {
    const frame = takeFrame(bytes.subarray(at), MESSAGE_BYTES);
    if (frame === "more") break;
    if (typeof frame === "string" || !frame.isMasked) {
      end(frame === "large" ? CLOSE.large : CLOSE.protocol);
      break;
    }
    at += frame.taken;
    const { opcode, payload, isLast } = frame;
    if (opcode === OPCODE.ping) said += textOfBytes(frameBytes(OPCODE.pong, payload));
    else if (opcode === OPCODE.close) end(closeCode(payload));
    else if (opcode !== OPCODE.pong) {
      const before = socket.parts;
      if ((opcode === OPCODE.continuation) !== (before !== undefined)) {
        end(CLOSE.protocol);
        break;
      }
      const whole = (before?.text ?? "") + textOfBytes(payload);
      const parts = { opcode: before?.opcode ?? opcode, text: whole };
      if (whole.length > MESSAGE_BYTES) end(CLOSE.large);
      else if (isLast) {
        const { parts: _, ...rest } = socket;
        socket = rest;
        // A character in two pieces is one again.
        tell({ kind: "message", text: textOfBytes(bytesOfText(whole)), isBinary: parts.opcode === OPCODE.binary });
      } else socket = { ...socket, parts };
    }
  }
  if (isOver || input.isOver) tellEnd();
  return {
    text: said,
    taken: at === bytes.length ? input.text.length : textOfBytes(bytes.subarray(0, at)).length,
    ...((isOver || input.isOver) && { isOver: true }),
    state: { socket } satisfies SocketState,
  };

  function tellEnd(): void {
    const { path, own } = socket;
    const { port, remoteAddress } = input;
    program.socket?.(task, { kind: "close", text: "", isBinary: false, path, port, remoteAddress, state: own });
  }
}

/** A message as a server sends it. */
export const messageText = (text: string, isBinary: boolean): string =>
  textOfBytes(frameBytes(isBinary ? OPCODE.binary : OPCODE.text, bytesOfText(text)));
