/**
 * cat: files one after another, or the standard input as it comes.
 */
import { type Command, cannotOpen, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";

interface State {
  files: string[];
  status: number;
  /** Number of the next line, for -n. */
  line: number;
  flags: string;
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
      if (task.isFull(1)) return { write: 1 };
      const text = file === "-" ? task.read(0) : task.readFile(file);
      if (text === undefined) return { read: 0 };
      if (typeof text === "number") state.status = cannotOpen(task, file, text);
      else {
        task.print(state.flags === "" ? text : decorated(state, text));
        if (file === "-" && text !== "") {
          if (!task.spend(1 + text.length / 256)) return undefined;
          continue;
        }
      }
      state.files.shift();
    }
    return state.status;
  },
};

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
