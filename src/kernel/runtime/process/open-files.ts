/**
 * File descriptors: opening, reading, writing and sharing what stands behind them.
 *
 * Leaves out blocking modes and offsets of pipes: a pipe is a text on its way, a read takes what is there.
 */
import { closeEnd, isCongested, received, send, takeReceived } from "#kernel/runtime/connections";
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import { absolute } from "#kernel/runtime/files/paths";
import { appendLog } from "#kernel/runtime/logs";
import type { OpenFile, Process } from "#kernel/runtime/process/process";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import { LIMITS } from "#kernel/sim/limits";

/** How a file is opened, as a shell's redirections do. */
export type OpenMode = "read" | "write" | "append" | "both";

type NewFile = OpenFile extends infer F ? (F extends OpenFile ? Omit<F, "refs"> : never) : never;

/** Registers something new behind a number, with one reference. */
export function register(sandbox: Sandbox, file: NewFile): number {
  const { computer } = sandbox;
  const number = computer.nextOpenFile;
  computer.nextOpenFile += 1;
  computer.openFiles[number] = { ...file, refs: 1 } as OpenFile;
  return number;
}

/** One more descriptor shares it. */
export function share(sandbox: Sandbox, number: number): number {
  const file = sandbox.computer.openFiles[number];
  if (file !== undefined) file.refs += 1;
  return number;
}

/** One descriptor less; with the last the thing itself goes. */
export function release(sandbox: Sandbox, number: number): void {
  const { openFiles, pipes } = sandbox.computer;
  const file = openFiles[number];
  if (file === undefined) return;
  file.refs -= 1;
  if (file.refs > 0) return;
  delete openFiles[number];
  if (file.kind === "socket") closeEnd(sandbox.world, file.connection, file.side);
  if (file.kind === "pipe" && !hasEnd(sandbox, file.pipe)) delete pipes[file.pipe];
}

/** Puts something behind a descriptor, closing what was there. */
export function attach(sandbox: Sandbox, process: Process, fd: number, number: number): void {
  const old = process.fds[fd];
  process.fds[fd] = number;
  if (old !== undefined) release(sandbox, old);
}

/** Closes a descriptor. */
export function closeFd(sandbox: Sandbox, process: Process, fd: number): void {
  const old = process.fds[fd];
  if (old === undefined) return;
  delete process.fds[fd];
  release(sandbox, old);
}

/** A new pipe: the numbers of its ends. */
export function openPipe(sandbox: Sandbox): { read: number; write: number } {
  const pipe = sandbox.computer.nextOpenFile;
  sandbox.computer.pipes[pipe] = "";
  return {
    read: register(sandbox, { kind: "pipe", pipe, end: "read" }),
    write: register(sandbox, { kind: "pipe", pipe, end: "write" }),
  };
}

/** Opens a path for a process: the number of what was opened, or the error as a negative number. */
export function openPath(sandbox: Sandbox, process: Process, path: string, mode: OpenMode): number {
  const found = sandbox.files.resolve(absolute(path, process.cwd));
  if (typeof found === "number") return -found;
  const descriptor = /^\/(?:dev\/fd|proc\/(self|\d+)\/fd)\/(\d+)$/.exec(found);
  const standard = ["/dev/stdin", "/dev/stdout", "/dev/stderr"].indexOf(found);
  if (descriptor !== null || standard >= 0) {
    const pid = descriptor?.[1] === undefined || descriptor[1] === "self" ? process.pid : Number(descriptor[1]);
    const number = sandbox.computer.processes[pid]?.fds[descriptor === null ? standard : Number(descriptor[2])];
    return number === undefined ? -ERRNO.ENOENT : share(sandbox, number);
  }
  if (found === "/dev/null") return register(sandbox, { kind: "null" });
  if (found === "/dev/zero") return register(sandbox, { kind: "zero" });
  if (found === "/dev/random" || found === "/dev/urandom") return register(sandbox, { kind: "random" });
  if (found === "/dev/tty") {
    const number = process.fds[1] ?? process.fds[2];
    return number === undefined ? -ERRNO.ENOENT : share(sandbox, number);
  }
  return openFile(sandbox, process, found, mode);
}

function openFile(sandbox: Sandbox, process: Process, path: string, mode: OpenMode): number {
  const stat = sandbox.files.stat(path);
  if (mode === "read") {
    if (typeof stat === "number") return -stat;
    const text = stat.kind === "dir" ? "" : sandbox.files.read(path, process.uid);
    if (typeof text === "number") return -text;
  } else {
    const old = mode === "write" ? "" : sandbox.files.read(path, process.uid);
    if (typeof old === "number" && old !== ERRNO.ENOENT) return -old;
    const failure = sandbox.files.write(path, typeof old === "number" ? "" : old, { uid: process.uid });
    if (failure !== 0) return -failure;
  }
  return register(sandbox, {
    kind: "file",
    path,
    at: 0,
    isReadable: mode === "read" || mode === "both",
    isWritable: mode !== "read",
    isAppending: mode === "append",
  });
}

function hasEnd(sandbox: Sandbox, pipe: number, end?: "read" | "write"): boolean {
  for (const file of Object.values(sandbox.look.openFiles)) {
    if (file.kind === "pipe" && file.pipe === pipe && (end === undefined || file.end === end)) return true;
  }
  return false;
}

/** What a read would give now: text, "" at the end, undefined if it must wait. Nothing is taken. */
export function peek(sandbox: Sandbox, number: number | undefined): string | undefined {
  const file = number === undefined ? undefined : sandbox.look.openFiles[number];
  if (file === undefined) return "";
  switch (file.kind) {
    case "pipe": {
      const text = sandbox.look.pipes[file.pipe] ?? "";
      return text !== "" || !hasEnd(sandbox, file.pipe, "write") ? text : undefined;
    }
    case "session": {
      const session = sandbox.look.sessions[file.session];
      if (session === undefined || file.stream !== "in") return "";
      const end = session.isTerminal === true ? session.input.indexOf("\u0004") : -1;
      if (end >= 0) return session.input.slice(0, end);
      return session.input !== "" || session.isInputClosed === true ? session.input : undefined;
    }
    case "file": {
      const text = sandbox.files.read(file.path);
      return typeof text === "number" ? "" : text.slice(file.at);
    }
    case "text":
      return file.text.slice(file.at);
    case "socket":
      return received(sandbox.world.cells, file.connection, file.side);
    case "zero":
      return "\0".repeat(4_096);
    case "random":
      return randomText(sandbox);
    default:
      return "";
  }
}

function randomText(sandbox: Sandbox): string {
  let text = "";
  for (let n = 0; n < 512; n += 1) {
    const byte = sandbox.world.entropy.int(256);
    text += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
  }
  return text;
}

/** Takes so many characters of what peek gave. */
export function consume(sandbox: Sandbox, number: number, count: number): void {
  const { openFiles, pipes, sessions } = sandbox.computer;
  const file = openFiles[number];
  if (file === undefined || (count === 0 && file.kind !== "session")) return;
  if (file.kind === "pipe") pipes[file.pipe] = (pipes[file.pipe] ?? "").slice(count);
  else if (file.kind === "file" || file.kind === "text") file.at += count;
  else if (file.kind === "socket") takeReceived(sandbox.world.cells, file.connection, file.side, count);
  else if (file.kind === "session") {
    const session = sessions[file.session];
    if (session === undefined) return;
    // A read that found the end of input at a terminal takes it away: the next read waits again.
    const isEnd = count === 0 && session.input.startsWith("\u0004");
    session.input = session.input.slice(isEnd ? 1 : count);
  }
}

/** Whether a writer should wait until somebody reads. */
export function isFull(sandbox: Sandbox, number: number | undefined): boolean {
  const file = number === undefined ? undefined : sandbox.look.openFiles[number];
  if (file?.kind === "pipe") {
    return (sandbox.look.pipes[file.pipe] ?? "").length >= LIMITS.pipeChars && hasEnd(sandbox, file.pipe, "read");
  }
  if (file?.kind === "socket") return isCongested(sandbox.world.cells, file.connection, file.side);
  if (file?.kind !== "session") return false;
  return (sandbox.look.sessions[file.session]?.output.length ?? 0) >= LIMITS.sessionChars;
}

/** Writes to an open file: 0, or the error. EPIPE: nobody will ever read it. */
export function writeTo(sandbox: Sandbox, number: number | undefined, text: string): 0 | Errno {
  const file = number === undefined ? undefined : sandbox.look.openFiles[number];
  if (file === undefined || number === undefined) return ERRNO.EINVAL;
  switch (file.kind) {
    case "log":
      appendLog(sandbox.world, sandbox.record.id, file.stream, text);
      if (sandbox.look.sessions["main"] !== undefined) sandbox.show("main", "out", text);
      return 0;
    case "pipe":
      if (!hasEnd(sandbox, file.pipe, "read")) return ERRNO.EPIPE;
      sandbox.computer.pipes[file.pipe] = (sandbox.look.pipes[file.pipe] ?? "") + text;
      return 0;
    case "session":
      if (file.stream !== "in") sandbox.show(file.session, file.stream, text);
      else if (sandbox.look.sessions[file.session]?.isTerminal === true) sandbox.show(file.session, "out", text);
      return 0;
    case "socket":
      return send(sandbox.world, file.connection, file.side, text);
    case "file":
      return file.isWritable ? writeFile(sandbox, number, text) : ERRNO.EINVAL;
    default:
      return 0;
  }
}

function writeFile(sandbox: Sandbox, number: number, text: string): 0 | Errno {
  const file = sandbox.computer.openFiles[number];
  if (file?.kind !== "file") return ERRNO.EINVAL;
  const old = sandbox.files.read(file.path);
  const before = typeof old === "number" ? "" : old;
  const at = file.isAppending ? before.length : Math.min(file.at, before.length);
  const failure = sandbox.files.write(
    file.path,
    at === before.length ? before + text : before.slice(0, at) + text + before.slice(at + text.length),
  );
  file.at = at + text.length;
  return failure;
}
