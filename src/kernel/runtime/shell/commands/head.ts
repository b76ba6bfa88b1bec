/**
 * head: the first lines or bytes.
 */
import type { Task } from "#kernel/runtime/process/task";
import {
  type Command,
  cannotOpen,
  type Gathering,
  linesOf,
  optionsOf,
  wholeInput,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";

interface State {
  left: number;
}

export const head: Command<State> = {
  name: "head",
  step(task) {
    const argv = task.argv.map((arg, n) =>
      n > 0 && /^-\d+$/.test(arg) && !/^-[nc]$/.test(task.argv[n - 1] ?? "") ? `-n${arg.slice(1)}` : arg,
    );
    const { values, flags, operands, problem } = optionsOf(argv, "n:c:qv", { lines: "n", bytes: "c" });
    if (problem !== undefined) return wrongOption(task, problem);
    const count = Number(values["c"] ?? values["n"] ?? "10");
    if (operands.length === 0 || operands[0] === "-") return fromInput();
    let status = 0;
    for (const [n, name] of operands.entries()) {
      const text = task.readFile(name);
      if (typeof text === "number") {
        status = cannotOpen(task, name, text);
        continue;
      }
      if ((operands.length > 1 || flags.has("v")) && !flags.has("q"))
        task.print(`${n > 0 ? "\n" : ""}==> ${name} <==\n`);
      task.print(first(text));
    }
    return status;

    function first(text: string): string {
      if (values["c"] !== undefined) return count < 0 ? text.slice(0, count) : text.slice(0, count);
      const lines = linesOf(text);
      const kept = count < 0 ? lines.slice(0, count) : lines.slice(0, count);
      const isWhole = kept.length === lines.length && !text.endsWith("\n");
      return kept.length === 0 ? "" : kept.join("\n") + (isWhole ? "" : "\n");
    }

    function fromInput(): number | { read: number } | { line: number } | undefined {
      if (count < 0) {
        const text = wholeInput(task as Task<Gathering>);
        if (typeof text !== "string") return { read: 0 };
        task.print(first(text));
        return 0;
      }
      task.state ??= { left: count };
      const { state } = task;
      while (state.left > 0) {
        const text = values["c"] === undefined ? task.readLine(0) : task.readUntil(0, "\u0001", state.left);
        if (text === undefined) return values["c"] === undefined ? { line: 0 } : { read: 0 };
        if (text === "") break;
        task.print(text);
        state.left -= values["c"] === undefined ? 1 : text.length;
        if (!task.spend(1 + text.length / 256)) return undefined;
      }
      return 0;
    }
  },
};
