/**
 * cat: files one after another, or the standard input as it comes.
 */
import { ERRNO } from "#kernel/runtime/files/errno";
import type { Wait } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, cannotOpen, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";

interface State {
  files: string[];
  status: number;
  /** Number of the next line, for -n. */
  line: number;
  flags: string;
  /** Descriptor of the first file, once it is open. */
  fd?: number;
}

export const cat: Command<State> = {
  name: "cat",
  step(task) {
    if (task.state === undefined) {
      const { flags, operands, problem } = optionsOf(task.argv, "nbveAtsuET");
      if (problem !== undefined) return wrongOption(task, problem);
      task.state = {
        files: operands.length === 0 ? ["-"] : [...operands],
        status: 0,
        line: 1,
        flags: [...flags].join(""),
      };
    }
    const { state } = task;
    for (let file = state.files[0]; file !== undefined; file = state.files[0]) {
      state.fd ??= file === "-" ? 0 : task.open(file, "read");
      const failure = state.fd < 0 ? -state.fd : task.isFolder(state.fd) ? ERRNO.EISDIR : 0;
      const text = failure === 0 ? read(task, state.fd) : "";
      if (typeof text === "object" || text === undefined) return text;
      if (failure !== 0) state.status = cannotOpen(task, file, failure);
      task.print(state.flags === "" ? text : decorated(state, text));
      if (text !== "") {
        if (!task.spend(1 + text.length / 256)) return undefined;
        continue;
      }
      if (state.fd > 2) task.close(state.fd);
      delete state.fd;
      state.files.shift();
    }
    return state.status;
  },
};

/** The next piece of a file, or what to wait for. */
function read(task: Task, fd: number): string | Wait | undefined {
  if (task.isFull(1)) return { write: 1 };
  return task.read(fd) ?? { read: fd };
}

function decorated(state: State, text: string): string {
  const shows = (letters: string): boolean => [...letters].some((letter) => state.flags.includes(letter));
  return text.replace(/([^\n]*)(\n|$)/g, (all, body: string, feed: string) => {
    if (all === "") return "";
    const shown = shows("tAT") ? body.replaceAll("\t", "^I") : body;
    const isNumbered = shows("n") || (shows("b") && body !== "");
    const number = isNumbered ? `${String(state.line).padStart(6)}\t` : "";
    if (isNumbered) state.line += 1;
    return number + shown + (shows("eAE") && feed !== "" ? "$" : "") + feed;
  });
}
