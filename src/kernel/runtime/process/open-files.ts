/**
 * File descriptors: opening, reading, writing and sharing what stands behind them.
 *
 * Offsets count bytes. Leaves out blocking modes and offsets of pipes: a pipe is a text on its way, a read takes
 * what is there.
 */
import { closeEnd, isCongested, received, send, takeReceived } from "#kernel/runtime/connections";
import { fromBytes, toBytes, unfinishedBytes, utf8Length } from "#kernel/runtime/files/bytes";
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
    const refused = typeof stat === "number" ? stat : sandbox.files.may(path, process.uid, 4);
    if (refused !== 0) return -refused;
  } else {
    const isThere = mode !== "write" && typeof stat !== "number";
    const refused = isThere
      ? sandbox.files.may(path, process.uid, 2)
      : sandbox.files.write(path, "", { uid: process.uid });
    if (refused !== 0) return -refused;
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

/** Bytes of a file one read gives. */
const READ_BYTES = 65_536;

/**
 * What a read would give now: text, "" at the end, undefined if it must wait. Nothing is taken. Of a file it is a
 * piece of about `bytes`.
 */
export function peek(sandbox: Sandbox, number: number | undefined, bytes = READ_BYTES): string | undefined {
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
      const read = sandbox.files.bytes(file.path, file.at, bytes);
      if (typeof read === "number") return "";
      // A character the piece cuts in two comes with the next one.
      const cut = read.length < bytes ? 0 : unfinishedAt(read);
      return fromBytes(cut === 0 || cut === read.length ? read : read.slice(0, -cut));
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
  const units: number[] = [];
  for (let n = 0; n < 1_024; n += 1) {
    const word = sandbox.world.entropy.word();
    for (let shift = 0; shift < 32; shift += 8) {
      const byte = (word >>> shift) & 0xff;
      units.push(byte < 0x80 ? byte : 0xdc00 + byte);
    }
  }
  return String.fromCharCode(...units);
}

/** Bytes at the end of some, written as characters, that begin a character whose rest is to come. */
function unfinishedAt(bytes: string): number {
  return unfinishedBytes(Uint8Array.from(bytes.slice(-4), (char) => char.charCodeAt(0)));
}

/** Takes the beginning of what peek gave: `text`. */
export function consume(sandbox: Sandbox, number: number, text: string): void {
  const { openFiles, pipes, sessions } = sandbox.computer;
  const file = openFiles[number];
  const count = text.length;
  if (file === undefined || (count === 0 && file.kind !== "session")) return;
  if (file.kind === "pipe") pipes[file.pipe] = (pipes[file.pipe] ?? "").slice(count);
  else if (file.kind === "file") file.at += utf8Length(text);
  else if (file.kind === "text") file.at += count;
  else if (file.kind === "socket") takeReceived(sandbox.world.cells, file.connection, file.side, count);
  else if (file.kind === "session") {
    const session = sessions[file.session];
    if (session === undefined) return;
    // A read that found the end of input at a terminal takes it away: the next read waits again.
    const isEnd = count === 0 && session.input.startsWith("\u0004");
    session.input = session.input.slice(isEnd ? 1 : count);
  }
}

/** Takes so many bytes at most of what peek gave; a character that is cut in two comes as its bytes. */
export function takeBytes(sandbox: Sandbox, number: number, text: string, count: number): string {
  // So many characters have at least so many bytes; half of a pair is none.
  const isPair = (text.charCodeAt(count - 1) & 0xfc00) === 0xd800;
  const head = text.slice(0, isPair ? count + 1 : count);
  const bytes = toBytes(head);
  const taken = bytes.length <= count ? head : fromBytes(bytes.slice(0, count));
  const file = sandbox.computer.openFiles[number];
  if (file?.kind === "file") {
    file.at += Math.min(bytes.length, count);
    return taken;
  }
  consume(sandbox, number, head);
  const rest = fromBytes(bytes.slice(count));
  const { pipes, sessions } = sandbox.computer;
  if (rest !== "" && file?.kind === "pipe") pipes[file.pipe] = rest + (pipes[file.pipe] ?? "");
  if (rest === "" || file?.kind !== "session") return taken;
  const session = sessions[file.session];
  if (session !== undefined) session.input = rest + session.input;
  return taken;
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

/** Writes bytes, written as characters: as writeTo does text. */
export function writeBytesTo(sandbox: Sandbox, number: number | undefined, bytes: string): 0 | Errno {
  const file = number === undefined ? undefined : sandbox.look.openFiles[number];
  if (number === undefined || file?.kind !== "file") return writeTo(sandbox, number, fromBytes(bytes));
  return file.isWritable ? writeFile(sandbox, number, bytes) : ERRNO.EINVAL;
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
      return file.isWritable ? writeFile(sandbox, number, toBytes(text)) : ERRNO.EINVAL;
    default:
      return 0;
  }
}

function writeFile(sandbox: Sandbox, number: number, bytes: string): 0 | Errno {
  const file = sandbox.computer.openFiles[number];
  if (file?.kind !== "file") return ERRNO.EINVAL;
  const at = sandbox.files.writeAt(file.path, file.isAppending ? "end" : file.at, bytes);
  if (at < 0) return -at as Errno;
  file.at = at;
  return 0;
}
