/**
 * tar: makes, lists and extracts archives, as a file or on the standard streams; `kubectl cp` stands on it.
 *
 * Models busybox's and GNU's tar.
 * Leaves out compression and hard links: an archive is text here, and no file has two names.
 */
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import { utf8Length } from "#kernel/runtime/files/filesystem";
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
import {
  BLOCK,
  fromBytes,
  type Header,
  headerOf,
  type Member,
  padded,
  paxRecords,
  readHeader,
  toBytes,
  trailer,
} from "#kernel/runtime/shell/commands/tar.format";

/** The largest member that is extracted: it is kept as JSON until it is whole, and a row of it has 2 MB at most. */
const MEMBER_BYTES = 900_000;
/** The largest file as it is kept: a byte that is no text takes six. */
const KEPT_BYTES = 1_900_000;

interface State {
  /** Of an archive being made: names still to be added, the last first. */
  todo?: string[];
  written?: number;
  /** An archive that goes to a file. */
  made?: string;
  /** Of an archive being read: bytes not yet understood, written as characters. */
  rest?: string;
  isOver?: boolean;
  /** Bytes of a member too large to be kept that are still to come. */
  skip?: number;
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
    if (["z", "j", "J"].some((letter) => flags.has(letter))) return complain(task, "compression is not simulated", 2);
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
  const state = task.state ?? { todo: operands.toReversed(), written: 0, made: "" };
  const out = (text: string): void => {
    state.written = (state.written ?? 0) + utf8Length(text);
    if (file === "-") task.print(text);
    else state.made = (state.made ?? "") + text;
  };
  for (let name = state.todo?.pop(); name !== undefined; name = state.todo?.pop()) {
    if ((file === "-" && task.isFull(1)) || !task.spend()) {
      state.todo?.push(name);
      task.state = state;
      return file === "-" && task.isFull(1) ? { write: 1 } : undefined;
    }
    if (values["E"] === name || values["E"] === name.split("/").at(-1)) continue;
    add(task, { state, base, out }, name);
    if (flags.has("v")) (file === "-" ? task.complain : task.print).call(task, `${stripped(name)}\n`);
  }
  out(trailer(state.written ?? 0));
  if (file !== "-") {
    const failure = task.files.write(task.path(file), state.made ?? "", { uid: task.uid });
    if (failure !== 0) return complain(task, `can't open '${file}': ${errnoText(failure)}`);
  }
  if (state.status === undefined) return 0;
  if (isBusybox(task)) task.complain("tar: error exit delayed from previous errors\n");
  else task.complain("tar: Exiting with failure status due to previous errors\n");
  return isBusybox(task) ? 1 : 2;
}

interface Making {
  readonly state: State;
  readonly base: string;
  out(text: string): void;
}

/** Adds one file, or a directory and then what is in it. */
function add(task: Task<State>, { state, base, out }: Making, name: string): void {
  const path = absolute(name, base);
  const stat = task.files.stat(path, false);
  if (name.startsWith("/") && state.hasStripped !== true) {
    state.hasStripped = true;
    if (isBusybox(task)) task.complain("tar: removing leading '/' from member names\n");
    else task.complain("tar: Removing leading `/' from member names\n");
  }
  const text = typeof stat === "number" || stat.kind !== "file" ? "" : task.files.read(path, task.uid);
  const failure = typeof stat === "number" ? stat : typeof text === "number" ? text : 0;
  if (typeof stat === "number" || typeof text === "number") {
    state.status = 1;
    const what = typeof stat === "number" ? "Cannot stat" : "Cannot open";
    task.complain(`tar: ${name}: ${isBusybox(task) ? "" : `${what}: `}${errnoText(failure)}\n`);
    return;
  }
  if (stat.kind === "device") return;
  const size = utf8Length(text);
  const { kind, mode, uid, at, to = "" } = stat;
  out(headerOf({ name: stripped(name) || "./", kind, mode, uid, mtime: Math.floor(at / 1000), size, to }));
  if (kind === "file") out(padded(text, size));
  if (kind !== "dir") return;
  const inside = task.files.list(path, task.uid);
  if (typeof inside === "number") return;
  for (const child of inside.toReversed()) state.todo?.push(`${name.replace(/\/+$/, "")}/${child}`);
}

const stripped = (name: string): string => name.replace(/^(\.\.\/|\/)+/, "");

function read(task: Task<State>, options: Options, base: string): Step {
  const file = options.values["f"] ?? "-";
  const state: State = task.state ?? {};
  if (file !== "-" && state.isOver !== true) {
    const text = task.readFile(file);
    if (typeof text === "number") {
      if (isBusybox(task)) return complain(task, `can't open '${file}': ${errnoText(text)}`);
      task.complain(`tar: ${file}: Cannot open: ${errnoText(text)}\ntar: Error is not recoverable: exiting now\n`);
      return 2;
    }
    Object.assign(state, { rest: toBytes(text), isOver: true });
  }
  for (;;) {
    const status = takeMembers(task, state, options, base);
    if (status !== undefined) return status;
    if (state.isOver === true) return ended(task, state);
    task.state = state;
    const more = task.read(0);
    if (more === undefined) return { read: 0 };
    if (more === "") state.isOver = true;
    else state.rest = (state.rest ?? "") + toBytes(more);
  }
}

/** The archive is read to its end. */
function ended(task: Task, { rest = "", status = 0 }: State): number {
  if (rest === "") return status;
  return isBusybox(task) ? complain(task, "short read") : complain(task, "Unexpected EOF in archive", 2);
}

/** Takes every member that is there as a whole; gives a status if the archive is none. */
function takeMembers(task: Task<State>, state: State, options: Options, base: string): number | undefined {
  const rest = state.rest ?? "";
  let at = Math.min(state.skip ?? 0, rest.length);
  state.skip = (state.skip ?? 0) - at;
  while (rest.length - at >= BLOCK) {
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
    const size = header.kind === "dir" || header.kind === "link" ? 0 : header.size;
    const length = BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (size > MEMBER_BYTES) {
      fail(task, state, state.next?.name ?? header.name, ERRNO.ENOSPC);
      delete state.next;
      state.skip = Math.max(0, length - (rest.length - at));
      at = Math.min(rest.length, at + length);
      continue;
    }
    if (rest.length - at < length) break;
    takeMember(task, { state, options, base }, header, rest.slice(at + BLOCK, at + BLOCK + size));
    at += length;
  }
  state.rest = rest.slice(at);
  return undefined;
}

interface Reading {
  readonly state: State;
  readonly options: Options;
  readonly base: string;
}

function takeMember(task: Task<State>, reading: Reading, header: Header, content: string): void {
  const { state } = reading;
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
  } else if (header.kind === "file" || header.kind === "dir" || header.kind === "link") {
    delete state.next;
    const member: Member = { ...header, kind: header.kind, name: next.name ?? header.name, to: next.to ?? header.to };
    takeFile(task, reading, member, content);
  }
}

function takeFile(task: Task<State>, { state, options, base }: Reading, member: Member, content: string): void {
  const { flags, values, operands } = options;
  const plain = member.name.replace(/\/+$/, "");
  if (operands.length > 0 && !operands.some((name) => plain === name || plain.startsWith(`${name}/`))) return;
  if (flags.has("t") || flags.has("v")) {
    const line = flags.has("t") && flags.has("v") ? longLine(member) : member.name;
    (flags.has("O") ? task.complain : task.print).call(task, `${line}\n`);
  }
  if (flags.has("t")) return;
  if (flags.has("O")) {
    task.print(fromBytes(content));
    return;
  }
  const name = plain
    .split("/")
    .slice(Number(values["N"] ?? 0))
    .join("/");
  if (name === "") return;
  const path = absolute(stripped(name), base);
  const failure = extract(task, member, path, content);
  if (failure === 0) {
    const at = flags.has("m") ? task.now : member.mtime * 1000;
    if (member.kind !== "link") task.files.change(path, { mode: member.mode, at }, 0);
    return;
  }
  fail(task, state, member.name, failure);
}

function fail(task: Task, state: State, name: string, errno: number): void {
  state.status = isBusybox(task) ? 1 : 2;
  if (isBusybox(task)) task.complain(`tar: can't open '${name}': ${errnoText(errno)}\n`);
  else task.complain(`tar: ${name}: Cannot open: ${errnoText(errno)}\n`);
}

/** Bytes a text takes where it is kept. */
const keptBytes = (text: string): number => utf8Length(text) + 5 * (text.match(/[\udc80-\udcff]/g)?.length ?? 0);

function extract(task: Task, { kind, to, mode }: Member, path: string, content: string): number {
  makeParents(task, parentOf(path));
  if (kind === "dir") return task.files.isDirectory(path) ? 0 : task.files.makeDirectory(path, task.uid, mode);
  const old = task.files.stat(path, false);
  // A link in the way is replaced, not followed.
  if (typeof old !== "number" && (old.kind === "link" || kind === "link")) task.files.remove(path, task.uid);
  if (kind === "link") return task.files.link(path, to, task.uid);
  const text = fromBytes(content);
  return keptBytes(text) > KEPT_BYTES ? ERRNO.ENOSPC : task.files.write(path, text, { uid: task.uid, mode });
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
