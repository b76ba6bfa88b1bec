/**
 * The part of a task that reads and writes: a process and its file descriptors.
 */
import { ERRNO, type Errno, errnoText } from "#kernel/runtime/files/errno";
import type { FileSystem } from "#kernel/runtime/files/filesystem";
import { absolute } from "#kernel/runtime/files/paths";
import {
  attach,
  closeFd,
  consume,
  isFull,
  type OpenMode,
  openPath,
  peek,
  takeBytes,
  writeBytesTo,
  writeTo,
} from "#kernel/runtime/process/open-files";
import type { Process } from "#kernel/runtime/process/process";
import { isInputOver } from "#kernel/runtime/process/readiness";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import { must } from "#kernel/sim/assert";
import { LIMITS } from "#kernel/sim/limits";

/** Bytes of a file that are looked at for a line at first. */
const LINE_BYTES = 1_024;

export class DescriptorTask {
  constructor(
    readonly sandbox: Sandbox,
    readonly pid: number,
    readonly builtin?: readonly string[],
    readonly override?: Readonly<Record<string, string>>,
  ) {}

  /** The process, to be read only. */
  protected get look(): Process {
    return must(this.sandbox.look.processes[this.pid], "a task's process exists");
  }

  protected get own(): Process {
    return must(this.sandbox.computer.processes[this.pid], "a task's process exists");
  }

  get files(): FileSystem {
    return this.sandbox.files;
  }

  get uid(): number {
    return this.look.uid;
  }

  path(path: string): string {
    return absolute(path, this.look.cwd);
  }

  write(fd: number, text: string): boolean {
    if (text === "") return true;
    const failure = writeTo(this.sandbox, this.look.fds[fd], text);
    if (failure === ERRNO.EPIPE) this.sandbox.signal(this.pid, "SIGPIPE");
    else if (failure !== 0 && fd === 1) this.#cannotPrint(failure);
    return failure === 0;
  }

  writeBytes(fd: number, bytes: string): boolean {
    return bytes === "" || writeBytesTo(this.sandbox, this.look.fds[fd], bytes) === 0;
  }

  /** Whose output cannot be kept says so; a tool ends there, a shell goes on. */
  #cannotPrint(failure: Errno): void {
    const name = this.builtin === undefined ? (this.look.argv[0] ?? "") : "sh";
    this.write(2, `${name.slice(name.lastIndexOf("/") + 1)}: write error: ${errnoText(failure)}\n`);
    if (this.builtin === undefined) this.exit(1);
  }

  print(text: string): boolean {
    return this.write(1, text);
  }

  complain(text: string): boolean {
    return this.write(2, text);
  }

  isFull(fd: number): boolean {
    return isFull(this.sandbox, this.look.fds[fd]);
  }

  read(fd: number): string | undefined {
    const number = this.look.fds[fd];
    const text = peek(this.sandbox, number);
    if (text !== undefined && number !== undefined) consume(this.sandbox, number, text);
    return text;
  }

  readLine(fd: number): string | undefined {
    const number = this.look.fds[fd];
    let text = peek(this.sandbox, number, LINE_BYTES);
    if (text === undefined || number === undefined) return text;
    let feed = text.indexOf("\n");
    // Of a file, only a piece was looked at: a longer line needs a longer one.
    for (let bytes = LINE_BYTES * 16; feed < 0 && bytes <= LIMITS.textHeldChars; bytes *= 16) {
      const more: string = peek(this.sandbox, number, bytes) ?? "";
      if (more.length === text.length) break;
      text = more;
      feed = text.indexOf("\n");
    }
    if (feed < 0 && !isInputOver(this.sandbox, number)) return undefined;
    const line = feed < 0 ? text : text.slice(0, feed + 1);
    consume(this.sandbox, number, line);
    return line;
  }

  readUntil(fd: number, delimiter: string, count: number): string | undefined {
    const number = this.look.fds[fd];
    const text = peek(this.sandbox, number);
    if (text === undefined || text === "" || number === undefined) return text;
    const found = delimiter === "" ? text.indexOf("\0") : text.indexOf(delimiter);
    const end = found < 0 ? text.length : found + 1;
    const taken = text.slice(0, Number.isNaN(count) ? end : Math.min(end, count));
    consume(this.sandbox, number, taken);
    return taken;
  }

  readBytes(fd: number, count: number): string | undefined {
    const number = this.look.fds[fd];
    const text = peek(this.sandbox, number);
    if (text === undefined || text === "" || number === undefined) return text;
    return takeBytes(this.sandbox, number, text, count);
  }

  open(path: string, mode: OpenMode): number {
    const process = this.own;
    if (path === "") return -ERRNO.ENOENT;
    const number = openPath(this.sandbox, process, path, mode);
    if (number < 0) return number;
    let fd = 0;
    while (process.fds[fd] !== undefined) fd += 1;
    attach(this.sandbox, process, fd, number);
    return fd;
  }

  seek(fd: number, at: number): void {
    const file = this.sandbox.computer.openFiles[this.look.fds[fd] ?? -1];
    if (file?.kind === "file") file.at = at;
  }

  close(fd: number): void {
    closeFd(this.sandbox, this.own, fd);
  }

  isFolder(fd: number): boolean {
    const number = this.look.fds[fd];
    const file = number === undefined ? undefined : this.sandbox.look.openFiles[number];
    return file?.kind === "file" && this.files.isDirectory(file.path);
  }

  isTerminal(fd: number): boolean {
    const number = this.look.fds[fd];
    const file = number === undefined ? undefined : this.sandbox.look.openFiles[number];
    if (file?.kind === "session") return this.sandbox.look.sessions[file.session]?.isTerminal === true;
    return file?.kind === "log" && this.sandbox.record.tty;
  }

  exit(code: number): void {
    this.sandbox.exit(this.pid, code & 0xff);
  }
}
