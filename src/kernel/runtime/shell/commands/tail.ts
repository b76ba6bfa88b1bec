/**
 * tail: the last lines or bytes, and with `-f` what is written after them.
 */
import { fromBytes, toBytes } from "#kernel/runtime/files/bytes";
import { ERRNO } from "#kernel/runtime/files/errno";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  cannotOpen,
  complain,
  linesOf,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { sizeNamed } from "#kernel/runtime/shell/commands/size";
import { LIMITS } from "#kernel/sim/limits";

interface State {
  files: string[];
  status: number;
  isFirst: boolean;
  /** Of the first file: its descriptor once it is open, what is kept of it, and whether it is read to its end. */
  fd?: number;
  held?: string;
  /** Of `+N`: lines or bytes still to be passed over. */
  skip?: number;
  /** Bytes shown of each followed file. */
  shown: Record<string, number>;
  /** The file that spoke last. */
  speaker?: string;
}

interface Wanted {
  readonly count: number;
  readonly isBytes: boolean;
  /** Counted from the beginning. */
  readonly isFrom: boolean;
}

/** How often a followed file is looked at. */
const LOOK_MS = 1_000;

export const tail: Command<State> = {
  name: "tail",
  step(task) {
    const argv = task.argv.map((arg, n) =>
      n > 0 && /^[-+]\d+$/.test(arg) && !/^-[nc]$/.test(task.argv[n - 1] ?? "") ? `-n${arg.replace(/^-/, "")}` : arg,
    );
    const { values, flags, operands, problem } = optionsOf(argv, "n:c:fFqvs:", {
      ...{ lines: "n", bytes: "c", follow: "f", retry: "F", "sleep-interval": "s", quiet: "q" },
    });
    if (problem !== undefined) return wrongOption(task, problem);
    const text = values["c"] ?? values["n"] ?? "10";
    const count = sizeNamed(text.replace(/^[-+]/, ""));
    const isBytes = values["c"] !== undefined;
    if (count === undefined) return complain(task, `invalid number of ${isBytes ? "bytes" : "lines"}: '${text}'`);
    const wanted: Wanted = { count, isBytes, isFrom: text.startsWith("+") };
    task.state ??= { files: operands.length === 0 ? ["-"] : [...operands], status: 0, isFirst: true, shown: {} };
    const { state } = task;
    // One that an earlier version began to follow files with has shown them already.
    state.files ??= [];
    state.status ??= 0;
    const isTitled = (operands.length > 1 || flags.has("v")) && !flags.has("q");
    const follows = flags.has("f") || flags.has("F");
    for (let file = state.files[0]; file !== undefined; file = state.files[0]) {
      const isOpen = state.fd !== undefined || begin(task, state, file, isTitled, flags.has("F"));
      const step = isOpen ? show(task, state, wanted) : 0;
      if (step !== 0) return step;
      if (isOpen && file !== "-") state.shown[file] = task.files.size(task.path(file));
      if ((state.fd ?? 0) > 2) task.close(state.fd ?? 0);
      state.files.shift();
      for (const done of ["fd", "held", "skip"] as const) delete state[done];
    }
    if (!follows || Object.keys(state.shown).length === 0) return state.status;
    return follow(task, state, isTitled);
  },
};

/** Opens a file; false if it cannot be read. */
function begin(task: Task, state: State, file: string, isTitled: boolean, retries: boolean): boolean {
  const fd = file === "-" ? 0 : task.open(file, "read");
  const failure = fd < 0 ? -fd : task.isFolder(fd) ? ERRNO.EISDIR : 0;
  if (failure !== 0) {
    if (fd > 2) task.close(fd);
    state.status = cannotOpen(task, file, failure);
    if (retries) state.shown[file] = 0;
    return false;
  }
  state.fd = fd;
  const title = file === "-" ? "standard input" : file;
  if (isTitled) task.print(`${state.isFirst ? "" : "\n"}==> ${title} <==\n`);
  state.isFirst = false;
  state.speaker = file;
  return true;
}

/** Reads a file to its end and shows its last part; 0 once that is done. */
function show(task: Task, state: State, wanted: Wanted): Step {
  const fd = state.fd ?? 0;
  for (;;) {
    if (task.isFull(1)) return { write: 1 };
    const text = task.read(fd);
    if (text === undefined) return { read: fd };
    if (text === "") break;
    if (wanted.isFrom) task.print(beyond(state, wanted, text));
    else state.held = last((state.held ?? "") + text, wanted);
    if ((state.held?.length ?? 0) > LIMITS.textHeldChars && !task.holdMemory(Number.MAX_SAFE_INTEGER)) return {};
    if (!task.spend(1 + text.length / 512)) return undefined;
  }
  task.print(state.held ?? "");
  return 0;
}

/** What of the next piece lies beyond the lines or bytes to be passed over. */
function beyond(state: State, { count, isBytes }: Wanted, text: string): string {
  state.skip ??= Math.max(0, count - 1);
  if (state.skip === 0) return text;
  if (isBytes) {
    const bytes = toBytes(text);
    const passed = Math.min(bytes.length, state.skip);
    state.skip -= passed;
    return fromBytes(bytes.slice(passed));
  }
  let at = 0;
  while (state.skip > 0) {
    const feed = text.indexOf("\n", at);
    if (feed < 0) return "";
    at = feed + 1;
    state.skip -= 1;
  }
  return text.slice(at);
}

function last(text: string, { count, isBytes }: Wanted): string {
  if (count === 0) return "";
  if (isBytes) return text.length <= count / 4 ? text : fromBytes(toBytes(text).slice(-count));
  const lines = linesOf(text);
  return lines.length <= count ? text : lines.slice(-count).join("\n") + (text.endsWith("\n") ? "\n" : "");
}

function follow(task: Task, state: State, isTitled: boolean): Step {
  for (const [name, before] of Object.entries(state.shown)) {
    const path = task.path(name);
    const size = task.files.exists(path) ? task.files.size(path) : 0;
    if (size === before) continue;
    const from = size < before ? 0 : before;
    const bytes = task.files.bytes(path, from, Math.min(size - from, LIMITS.textHeldChars));
    if (typeof bytes === "number") continue;
    if (isTitled && state.speaker !== name) task.print(`\n==> ${name} <==\n`);
    state.speaker = name;
    task.print(fromBytes(bytes));
    state.shown[name] = from + bytes.length;
  }
  if (Object.keys(state.shown).every((name) => name === "/dev/null")) return {};
  return { until: task.now + LOOK_MS };
}
