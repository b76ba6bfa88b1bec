/**
 * tail: the last lines or bytes, and with `-f` what is written after them.
 */
import {
  type Command,
  cannotOpen,
  type Gathering,
  gather,
  isWait,
  linesOf,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";

interface State extends Gathering {
  /** Characters shown of each followed file. */
  shown?: Record<string, number>;
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
      lines: "n",
      bytes: "c",
      follow: "f",
      retry: "F",
    });
    if (problem !== undefined) return wrongOption(task, problem);
    const follows = flags.has("f") || flags.has("F");
    if (task.state?.shown === undefined) {
      const sources = gather(task, follows ? operands.filter((name) => name !== "/dev/null") : operands);
      if (follows && operands[0] === "/dev/null") {
        task.state = { shown: {} };
        return {};
      }
      if (isWait(sources)) return sources;
      let status = 0;
      const shown: Record<string, number> = {};
      for (const [n, { name, text, errno }] of sources.entries()) {
        if (errno !== undefined) {
          status = cannotOpen(task, name, errno);
          if (!flags.has("F")) continue;
        }
        if ((sources.length > 1 || flags.has("v")) && !flags.has("q"))
          task.print(`${n > 0 ? "\n" : ""}==> ${name} <==\n`);
        task.print(last(text, values));
        shown[name] = text.length;
      }
      if (!follows || Object.keys(shown).length === 0) return status;
      task.state = { ...task.state, shown };
    }
    const { shown = {} } = task.state ?? {};
    for (const [name, before] of Object.entries(shown)) {
      const text = task.readFile(name);
      if (typeof text === "number" || text.length === before) continue;
      task.print(text.slice(text.length < before ? 0 : before));
      shown[name] = text.length;
    }
    if (Object.keys(shown).length === 0) return {};
    return { until: task.now + LOOK_MS };
  },
};

function last(text: string, values: Readonly<Record<string, string>>): string {
  const count = values["c"] ?? values["n"] ?? "10";
  const number = Number(count.replace(/^[-+]/, ""));
  if (values["c"] !== undefined)
    return count.startsWith("+") ? text.slice(Math.max(0, number - 1)) : number === 0 ? "" : text.slice(-number);
  const lines = linesOf(text);
  const kept = count.startsWith("+") ? lines.slice(Math.max(0, number - 1)) : number === 0 ? [] : lines.slice(-number);
  return kept.length === 0 ? "" : kept.join("\n") + (text.endsWith("\n") ? "\n" : "");
}
