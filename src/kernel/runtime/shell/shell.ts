/**
 * The shell as a program: `sh`, `ash`, `dash` and `bash`, from their command line to their end.
 *
 * Models busybox ash and dash; of bash what scripts in lessons use.
 * Leaves out line editing, history and job control: a terminal here edits whole lines.
 */
import type { Program } from "#kernel/runtime/process/program";
import { signalNumber } from "#kernel/runtime/process/signals";
import type { Task } from "#kernel/runtime/process/task";
import { OPTION_LETTERS } from "#kernel/runtime/shell/builtins/variables";
import { Evaluator } from "#kernel/runtime/shell/evaluator";
import { freshState, type ShellState } from "#kernel/runtime/shell/state";

export const shell: Program<ShellState> = {
  name: "sh",

  step(task) {
    if (task.state === undefined) {
      const started = start(task);
      if (typeof started === "number") return started;
      task.state = started;
    }
    return new Evaluator(task, task.state).step();
  },

  /** A trap runs between commands; an interactive shell does not die of what would end a script. */
  signal(task, signal) {
    const { state } = task;
    if (state === undefined) return false;
    const name = signal.replace(/^SIG/, "");
    const command = state.traps[name];
    if (command === "") return true;
    if (command === undefined) {
      if (state.isInteractive !== true) return false;
      if (name !== "INT") return ["TERM", "QUIT"].includes(name);
    }
    const changed = task.sandbox.computer.processes[task.pid]?.state as ShellState;
    changed.pending = [...(changed.pending ?? []), name];
    const top = changed.frames.at(-1);
    if (top?.k === "wait") top.isInterrupted = signalNumber(signal);
    return true;
  },
};

/** Reads the command line; a number if the shell ends at once. */
function start(task: Task<ShellState>): ShellState | number {
  const [zero = "sh", ...args] = task.argv;
  const name = zero.slice(zero.lastIndexOf("/") + 1).replace(/^-/, "");
  const state = freshState(name === "busybox" ? "sh" : zero, task.pid);
  if (name === "bash") state.isBash = true;
  let command: string | undefined;
  let readsInput = false;
  for (let arg = args[0]; arg !== undefined && /^[-+]./.test(arg); arg = args[0]) {
    args.shift();
    if (arg === "--") break;
    if (arg === "-") break;
    if (arg.startsWith("--")) continue;
    if (arg.includes("c")) command = "";
    if (arg.includes("s")) readsInput = true;
    if (arg.includes("i")) state.isInteractive = true;
    for (const letter of arg.slice(1)) if ("aefuxnvC".includes(letter)) state.options += letter;
    if (arg.includes("o")) state.options += OPTION_LETTERS[args.shift() ?? ""] ?? "";
  }
  if (command !== undefined) {
    command = args.shift();
    if (command === undefined) {
      task.complain(
        `${state.name}: ${state.isBash === true ? "-c: option requires an argument" : "-c requires an argument"}\n`,
      );
      return 2;
    }
    if (args[0] !== undefined) state.name = args.shift() ?? state.name;
    state.isTransient = true;
    return begin(state, command, args);
  }
  const [path] = args;
  if (path !== undefined && !readsInput) return script(task, state, path, args.slice(1));
  state.params = args;
  if (task.isTerminal(0) && task.isTerminal(2)) state.isInteractive = true;
  state.frames = [{ k: "input", s: 0, n: 0, pc: 0 }];
  return state;
}

function script(
  task: Task<ShellState>,
  state: ShellState,
  path: string,
  params: readonly string[],
): ShellState | number {
  const text = task.readFile(path);
  if (typeof text === "number") {
    if (state.isBash === true) task.complain(`${state.name}: ${path}: No such file or directory\n`);
    else if (task.sandbox.content.flavor === "gnu")
      task.complain(`${state.name}: 0: cannot open ${path}: No such file\n`);
    else task.complain(`${state.name}: can't open '${path}': No such file or directory\n`);
    return task.sandbox.content.flavor === "gnu" && state.isBash !== true ? 2 : 127;
  }
  state.name = path;
  return begin(state, text, params);
}

function begin(state: ShellState, text: string, params: readonly string[]): ShellState {
  state.params = [...params];
  state.scripts = { 1: text };
  state.nextScript = 2;
  state.frames = [{ k: "script", s: 1, n: 0, pc: 0, end: "main" }];
  return state;
}
