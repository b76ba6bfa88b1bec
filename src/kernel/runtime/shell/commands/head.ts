/**
 * head: the first lines or bytes.
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
  /** Descriptor of the first file, once it is open, and how many lines or bytes of it are still to come. */
  fd?: number;
  left?: number;
  /** Of all but the last: what was read so far. */
  held?: string;
}

interface Wanted {
  readonly count: number;
  readonly isBytes: boolean;
}

export const head: Command<State> = {
  name: "head",
  step(task) {
    const argv = task.argv.map((arg, n) =>
      n > 0 && /^-\d+$/.test(arg) && !/^-[nc]$/.test(task.argv[n - 1] ?? "") ? `-n${arg.slice(1)}` : arg,
    );
    const { values, flags, operands, problem } = optionsOf(argv, "n:c:qv", { lines: "n", bytes: "c" });
    if (problem !== undefined) return wrongOption(task, problem);
    const isBytes = values["c"] !== undefined;
    const count = sizeNamed(values["c"] ?? values["n"] ?? "10");
    if (count === undefined) {
      return complain(task, `invalid number of ${isBytes ? "bytes" : "lines"}: '${values["c"] ?? values["n"]}'`);
    }
    task.state ??= { files: operands.length === 0 ? ["-"] : [...operands], status: 0, isFirst: true };
    const { state } = task;
    const isTitled = (operands.length > 1 || flags.has("v")) && !flags.has("q");
    for (let file = state.files[0]; file !== undefined; file = state.files[0]) {
      if (state.fd === undefined) begin(task, state, file, isTitled);
      const step = count < 0 ? allBut(task, state, { count: -count, isBytes }) : first(task, state, { count, isBytes });
      if (step !== 0) return step;
      if ((state.fd ?? 0) > 2) task.close(state.fd ?? 0);
      state.files.shift();
      for (const done of ["fd", "left", "held"] as const) delete state[done];
    }
    return state.status;
  },
};

function begin(task: Task, state: State, file: string, isTitled: boolean): void {
  state.fd = file === "-" ? 0 : task.open(file, "read");
  const failure = state.fd < 0 ? -state.fd : task.isFolder(state.fd) ? ERRNO.EISDIR : 0;
  if (failure !== 0) {
    state.status = cannotOpen(task, file, failure);
    state.left = 0;
    return;
  }
  const title = file === "-" ? "standard input" : file;
  if (isTitled) task.print(`${state.isFirst ? "" : "\n"}==> ${title} <==\n`);
  state.isFirst = false;
}

/** The first so many; 0 once they are through. */
function first(task: Task, state: State, { count, isBytes }: Wanted): Step {
  state.left ??= count;
  const fd = state.fd ?? 0;
  while (state.left > 0) {
    if (task.isFull(1)) return { write: 1 };
    const text = isBytes ? task.readBytes(fd, state.left) : task.readLine(fd);
    if (text === undefined) return isBytes ? { read: fd } : { line: fd };
    if (text === "") break;
    if (!task.print(text)) return 1;
    state.left -= isBytes ? toBytes(text).length : 1;
    if (!task.spend(1 + text.length / 256)) return undefined;
  }
  return 0;
}

/** All but the last so many: the file is read to its end first. */
function allBut(task: Task, state: State, { count, isBytes }: Wanted): Step {
  const fd = state.fd ?? 0;
  for (let isOver = state.left === 0; !isOver; ) {
    const text = task.read(fd);
    if (text === undefined) return { read: fd };
    isOver = text === "";
    state.held = (state.held ?? "") + text;
    if (state.held.length > LIMITS.textHeldChars && !task.holdMemory(Number.MAX_SAFE_INTEGER)) return {};
    if (!task.spend(1 + text.length / 256) && !isOver) return undefined;
  }
  const held = state.held ?? "";
  if (isBytes) task.print(fromBytes(toBytes(held).slice(0, -count)));
  else
    task.print(
      linesOf(held)
        .slice(0, -count)
        .map((line) => `${line}\n`)
        .join(""),
    );
  return 0;
}
