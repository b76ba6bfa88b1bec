/**
 * tar: makes, lists and extracts archives, as a file or on the standard streams; `kubectl cp` stands on it.
 *
 * Models busybox's and GNU's tar.
 * Leaves out hard links, as no file has two names, and every compression but gzip's.
 */

import { fromBytes, toBytes } from "#kernel/runtime/files/bytes";
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import { absolute, parentOf } from "#kernel/runtime/files/paths";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  complain,
  isBusybox,
  type Options,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { unzipped, zipped } from "#kernel/runtime/shell/commands/gzip";
import {
  BLOCK,
  type Header,
  headerOf,
  type Member,
  padded,
  paxRecords,
  readHeader,
  trailer,
} from "#kernel/runtime/shell/commands/tar.format";
import { LIMITS } from "#kernel/sim/limits";

/** Bytes of a file that are read at once. */
const PIECE_BYTES = 65_536;
/** The longest entry that says something of the next one. */
const NOTE_BYTES = 65_536;

interface State {
  /** Of an archive being made: names still to be added, the last first. */
  todo?: string[];
  written?: number;
  /** An archive that is zipped once it is whole: its bytes, written as characters. */
  unzipped?: string;
  /** Descriptor the archive is written to or read from. */
  fd?: number;
  /** The file that is being added: what of it is in the archive. */
  adding?: { path: string; at: number; size: number };
  /** Of an archive being read: bytes not yet understood, written as characters. */
  rest?: string;
  isOver?: boolean;
  /** Bytes that are still to come and of no use. */
  skip?: number;
  /** The file that is being extracted: where to, and how many bytes are still to come. */
  taking?: { fd: number; left: number; path: string; mode: number; at: number; name: string };
  /** What an entry said of the next one. */
  next?: { name?: string; to?: string };
  status?: number;
  hasStripped?: boolean;
}

const LETTERS = "cxtvmpokOzjJhC:f:N:E:P";
const LONG: Readonly<Record<string, string>> = {
  ...{ create: "c", extract: "x", get: "x", list: "t", verbose: "v", touch: "m", file: "f", directory: "C" },
  ...{ "no-same-owner": "o", "no-same-permissions": "o", "same-permissions": "p", "preserve-permissions": "p" },
  ...{ "numeric-owner": "o", "same-owner": "o", overwrite: "o", "keep-old-files": "k", "to-stdout": "O" },
  ...{ gzip: "z", bzip2: "j", xz: "J", "strip-components": "N", exclude: "E", "absolute-names": "P", dereference: "h" },
};

export const tar: Command<State> = {
  name: "tar",
  step(task) {
    const [name = "tar", first = "", ...others] = task.argv;
    // The oldest way to write options is without a dash.
    const argv = first === "" || first.startsWith("-") ? task.argv : [name, `-${first}`, ...others];
    const options = optionsOf(argv, LETTERS, LONG);
    const { flags, values, problem } = options;
    if (problem !== undefined) return wrongOption(task, problem, isBusybox(task) ? 1 : 2);
    if (flags.has("j") || flags.has("J")) return complain(task, "compression other than gzip's is not simulated", 2);
    const base = task.path(values["C"] ?? ".");
    if (!task.files.isDirectory(base)) {
      const why = errnoText(task.files.exists(base) ? ERRNO.ENOTDIR : ERRNO.ENOENT);
      if (isBusybox(task)) return complain(task, `can't change directory to '${values["C"]}': ${why}`);
      task.complain(`tar: ${values["C"]}: Cannot open: ${why}\ntar: Error is not recoverable: exiting now\n`);
      return 2;
    }
    if (flags.has("c")) return create(task, options, base);
    if (flags.has("x") || flags.has("t")) return read(task, options, base);
    if (isBusybox(task)) return wrongOption(task, "must specify one of -c, -x, -t");
    task.complain("tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\n");
    task.complain("Try 'tar --help' or 'tar --usage' for more information.\n");
    return 2;
  },
};

function create(task: Task<State>, { operands, values, flags }: Options, base: string): Step {
  const file = values["f"] ?? "-";
  if (operands.length === 0) {
    if (isBusybox(task)) return complain(task, "empty archive");
    task.complain("tar: Cowardly refusing to create an empty archive\n");
    return 2;
  }
  const state = task.state ?? { todo: operands.toReversed(), written: 0 };
  task.state = state;
  if (flags.has("z")) state.unzipped ??= "";
  state.fd ??= file === "-" ? 1 : task.open(file, "write");
  if (state.fd < 0) return complain(task, `can't open '${file}': ${errnoText(-state.fd)}`);
  const making: Making = { state, base, fd: state.fd };
  for (;;) {
    if (task.isFull(making.fd)) return { write: making.fd };
    if (state.adding === undefined) {
      const name = state.todo?.pop();
      if (name === undefined) break;
      if (values["E"] === name || values["E"] === name.split("/").at(-1)) continue;
      add(task, making, name);
      if (flags.has("v")) (file === "-" ? task.complain : task.print).call(task, `${stripped(name)}\n`);
    } else addPiece(task, making, state.adding);
    if (!task.spend()) return undefined;
  }
  out(task, making, trailer(state.written ?? 0));
  if (state.unzipped !== undefined && !task.write(making.fd, zipped(fromBytes(state.unzipped)))) state.status = 1;
  if (state.status === undefined) return 0;
  if (isBusybox(task)) task.complain("tar: error exit delayed from previous errors\n");
  else task.complain("tar: Exiting with failure status due to previous errors\n");
  return isBusybox(task) ? 1 : 2;
}

interface Making {
  readonly state: State;
  readonly base: string;
  readonly fd: number;
}

function out(task: Task, { state, fd }: Making, text: string): void {
  outBytes(task, { state, fd }, toBytes(text));
}

function outBytes(task: Task, { state, fd }: Pick<Making, "state" | "fd">, bytes: string): void {
  state.written = (state.written ?? 0) + bytes.length;
  if (state.unzipped === undefined) {
    if (!task.writeBytes(fd, bytes)) state.status = 1;
  } else if (state.written <= LIMITS.fileReadBytes) state.unzipped += bytes;
  else task.holdMemory(Number.MAX_SAFE_INTEGER);
}

/** Adds the header of one file; of a directory, what is in it comes next. */
function add(task: Task<State>, making: Making, name: string): void {
  const { state, base } = making;
  const path = absolute(name, base);
  const stat = task.files.stat(path, false);
  if (name.startsWith("/") && state.hasStripped !== true) {
    state.hasStripped = true;
    if (isBusybox(task)) task.complain("tar: removing leading '/' from member names\n");
    else task.complain("tar: Removing leading `/' from member names\n");
  }
  const unreadable = typeof stat === "number" || stat.kind !== "file" ? 0 : task.files.may(path, task.uid, 4);
  if (typeof stat === "number" || unreadable !== 0) {
    state.status = 1;
    const [what, failure] = typeof stat === "number" ? ["Cannot stat", stat] : ["Cannot open", unreadable];
    task.complain(`tar: ${name}: ${isBusybox(task) ? "" : `${what}: `}${errnoText(failure)}\n`);
    return;
  }
  if (stat.kind === "device") return;
  const size = stat.kind === "file" ? task.files.size(path) : 0;
  const { kind, mode, uid, at, to = "" } = stat;
  out(
    task,
    making,
    headerOf({ name: stripped(name) || "./", kind, mode, uid, mtime: Math.floor(at / 1000), size, to }),
  );
  if (kind === "file" && size > 0) state.adding = { path, at: 0, size };
  if (kind !== "dir") return;
  const inside = task.files.list(path, task.uid);
  if (typeof inside === "number") return;
  for (const child of inside.toReversed()) state.todo?.push(`${name.replace(/\/+$/, "")}/${child}`);
}

/** Adds the next piece of a file; one that has become shorter is filled up with zeros. */
function addPiece(task: Task, making: Making, adding: NonNullable<State["adding"]>): void {
  const { state } = making;
  const { path, at, size } = adding;
  const wanted = Math.min(PIECE_BYTES, size - at);
  const read = task.files.bytes(path, at, wanted);
  const piece = (typeof read === "number" ? "" : read).padEnd(wanted, "\0");
  outBytes(task, making, piece);
  adding.at += wanted;
  task.spend(wanted / 512);
  if (adding.at < size) return;
  out(task, making, padded("", size));
  delete state.adding;
}

const stripped = (name: string): string => name.replace(/^(\.\.\/|\/)+/, "");

function read(task: Task<State>, options: Options, base: string): Step {
  const file = options.values["f"] ?? "-";
  const state: State = task.state ?? {};
  task.state = state;
  state.fd ??= file === "-" ? 0 : task.open(file, "read");
  if (state.fd < 0) {
    const why = errnoText(-state.fd);
    if (isBusybox(task)) return complain(task, `can't open '${file}': ${why}`);
    task.complain(`tar: ${file}: Cannot open: ${why}\ntar: Error is not recoverable: exiting now\n`);
    return 2;
  }
  if (options.flags.has("z") || isZipped(task, options, state)) {
    const wait = readZipped(task, state);
    if (wait !== undefined) return wait;
  }
  for (;;) {
    const status = takeMembers(task, state, options, base);
    if (status !== undefined) return status;
    if (state.isOver === true) return ended(task, state);
    const more = task.read(state.fd);
    if (more === undefined) return { read: state.fd };
    if (more === "") state.isOver = true;
    else state.rest = (state.rest ?? "") + toBytes(more);
    if (!task.spend(1 + more.length / 512)) return undefined;
  }
}

/** Whether an archive in a file is zipped though nobody said so. */
function isZipped(task: Task, { values }: Options, { isOver }: State): boolean {
  const file = values["f"] ?? "-";
  return file !== "-" && isOver !== true && task.files.bytes(task.path(file), 0, 2) === "\u001f\u008b";
}

/** Reads a zipped archive whole; a step that waits or fails, or nothing once it is there. */
function readZipped(task: Task, state: State): Step {
  while (state.isOver !== true) {
    const more = task.read(state.fd ?? 0);
    if (more === undefined) return { read: state.fd ?? 0 };
    state.unzipped = (state.unzipped ?? "") + more;
    if (state.unzipped.length > LIMITS.fileReadBytes && !task.holdMemory(Number.MAX_SAFE_INTEGER)) return {};
    if (more !== "") continue;
    const text = unzipped(state.unzipped);
    if (text === undefined) return complain(task, isBusybox(task) ? "invalid magic" : "not in gzip format", 1);
    Object.assign(state, { isOver: true, rest: toBytes(text), unzipped: "" });
  }
  return undefined;
}

/** The archive is read to its end. */
function ended(task: Task, { rest = "", taking, status = 0 }: State): number {
  if (rest === "" && taking === undefined) return status;
  return isBusybox(task) ? complain(task, "short read") : complain(task, "Unexpected EOF in archive", 2);
}

/** Takes every member that is there as a whole; gives a status if the archive is none. */
function takeMembers(task: Task<State>, state: State, options: Options, base: string): number | undefined {
  const rest = state.rest ?? "";
  let at = 0;
  for (;;) {
    at += takePiece(task, state, rest, at);
    if (state.taking !== undefined || (state.skip ?? 0) > 0 || rest.length - at < BLOCK) break;
    const header = readHeader(rest.slice(at, at + BLOCK));
    if (header === undefined) {
      if (isBusybox(task)) return complain(task, "invalid tar magic");
      task.complain(
        "tar: This does not look like a tar archive\ntar: Exiting with failure status due to previous errors\n",
      );
      return 2;
    }
    if (header.kind === "end") {
      at = rest.length;
      break;
    }
    const isNote = header.kind !== "file" && header.kind !== "dir" && header.kind !== "link";
    const size = isNote || header.kind === "file" ? header.size : 0;
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (isNote && size <= NOTE_BYTES) {
      if (rest.length - at < BLOCK + size + padding) break;
      takeNote(state, header, rest.slice(at + BLOCK, at + BLOCK + size));
      at += BLOCK + size + padding;
      continue;
    }
    at += BLOCK;
    const isTaken = !isNote && takeMember(task, { state, options, base }, header);
    state.skip = isTaken ? padding : size + padding;
  }
  state.rest = rest.slice(at);
  return undefined;
}

/** Takes what there is of the file that is being extracted, then what is of no use; gives how many bytes that were. */
function takePiece(task: Task, state: State, rest: string, at: number): number {
  const { taking } = state;
  let taken = 0;
  if (taking !== undefined) {
    const piece = rest.slice(at, at + taking.left);
    taken = piece.length;
    taking.left -= taken;
    const isWritten = piece === "" || task.writeBytes(taking.fd, piece);
    if (!isWritten) {
      fail(task, state, taking.name, ERRNO.ENOSPC);
      state.skip = (state.skip ?? 0) + taking.left;
      taking.left = 0;
    }
    if (taking.left > 0) return taken;
    if (taking.fd > 2) task.close(taking.fd);
    if (taking.path !== "") task.files.change(taking.path, { mode: taking.mode, at: taking.at }, 0);
    delete state.taking;
  }
  const skipped = Math.min(state.skip ?? 0, rest.length - at - taken);
  state.skip = (state.skip ?? 0) - skipped;
  return taken + skipped;
}

interface Reading {
  readonly state: State;
  readonly options: Options;
  readonly base: string;
}

/** An entry that says something of the next one. */
function takeNote(state: State, header: Header, content: string): void {
  const { next = {} } = state;
  if (header.kind === "name") state.next = { ...next, name: fromBytes(content).replace(/\0+$/, "") };
  else if (header.kind === "target") state.next = { ...next, to: fromBytes(content).replace(/\0+$/, "") };
  else if (header.kind === "pax") {
    const { path, linkpath } = paxRecords(content);
    state.next = {
      ...next,
      ...(path !== undefined && { name: path }),
      ...(linkpath !== undefined && { to: linkpath }),
    };
  }
}

/** Begins with a member; whether its content is wanted, which comes next. */
function takeMember(task: Task<State>, reading: Reading, header: Header): boolean {
  const { state, options, base } = reading;
  const { next = {} } = state;
  delete state.next;
  const kind = header.kind as Member["kind"];
  const member: Member = { ...header, kind, name: next.name ?? header.name, to: next.to ?? header.to };
  const { flags, values, operands } = options;
  const plain = member.name.replace(/\/+$/, "");
  if (operands.length > 0 && !operands.some((name) => plain === name || plain.startsWith(`${name}/`))) return false;
  if (flags.has("t") || flags.has("v")) {
    const line = flags.has("t") && flags.has("v") ? longLine(member) : member.name;
    (flags.has("O") ? task.complain : task.print).call(task, `${line}\n`);
  }
  if (flags.has("t")) return false;
  const left = member.kind === "file" ? member.size : 0;
  if (flags.has("O")) {
    state.taking = { fd: 1, left, path: "", mode: 0, at: 0, name: member.name };
    return true;
  }
  const name = plain
    .split("/")
    .slice(Number(values["N"] ?? 0))
    .join("/");
  if (name === "") return false;
  const path = absolute(stripped(name), base);
  const failure = extract(task, member, path);
  if (failure < 0) {
    fail(task, state, member.name, -failure);
    return false;
  }
  const at = flags.has("m") ? task.now : member.mtime * 1000;
  if (member.kind === "file") state.taking = { fd: failure, left, path, mode: member.mode, at, name: member.name };
  else if (member.kind === "dir") task.files.change(path, { mode: member.mode, at }, 0);
  return true;
}

function fail(task: Task, state: State, name: string, errno: number): void {
  state.status = isBusybox(task) ? 1 : 2;
  if (isBusybox(task)) task.complain(`tar: can't open '${name}': ${errnoText(errno)}\n`);
  else task.complain(`tar: ${name}: Cannot open: ${errnoText(errno)}\n`);
}

/** Makes a directory or link, or opens a file to be written: its descriptor. An error is a negative number. */
function extract(task: Task, { kind, to, mode }: Member, path: string): number {
  makeParents(task, parentOf(path));
  if (kind === "dir") return task.files.isDirectory(path) ? 0 : -task.files.makeDirectory(path, task.uid, mode);
  const old = task.files.stat(path, false);
  // A link in the way is replaced, not followed.
  if (typeof old !== "number" && (old.kind === "link" || kind === "link")) task.files.remove(path, task.uid);
  return kind === "link" ? -task.files.link(path, to, task.uid) : task.open(path, "write");
}

function makeParents(task: Task, path: string): void {
  if (path === "/" || task.files.exists(path)) return;
  makeParents(task, parentOf(path));
  task.files.makeDirectory(path, task.uid);
}

const KIND_LETTERS = { file: "-", dir: "d", link: "l" } as const;

/** A line as `tar tv` prints it. */
function longLine({ kind, mode, uid, size, mtime, name, to }: Member): string {
  const bits = Array.from("rwxrwxrwx", (letter, n) => ((mode >> (8 - n)) & 1 ? letter : "-")).join("");
  const owner = uid === 0 ? "root/root" : `${uid}/${uid}`;
  const when = new Date(mtime * 1000).toISOString().slice(0, 19).replace("T", " ");
  return `${KIND_LETTERS[kind]}${bits} ${owner} ${String(size).padStart(9)} ${when} ${name}${to === "" ? "" : ` -> ${to}`}`;
}
