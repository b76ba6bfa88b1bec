/**
 * awk: programs over lines and fields.
 */
import { toBytes } from "#kernel/runtime/files/bytes";
import { AwkFault } from "#kernel/runtime/shell/commands/awk/ast";
import { parseAwk } from "#kernel/runtime/shell/commands/awk/parse";
import { AwkRun } from "#kernel/runtime/shell/commands/awk/run";
import {
  type Command,
  cannotOpen,
  complain,
  type Gathering,
  gather,
  isWait,
  linesOf,
} from "#kernel/runtime/shell/commands/command";
import { withEscapes } from "#kernel/runtime/shell/commands/escapes";
import { RegexFault } from "#kernel/runtime/shell/commands/regex";

/** An operand that sets a variable when it is its turn. */
const ASSIGNMENT = /^([A-Za-z_]\w*)=([\s\S]*)$/;

/** What operands set, by the number of the file before which they stand. */
function assignmentsIn(args: readonly string[]): readonly Readonly<Record<string, string>>[] {
  const sets: Record<string, string>[] = [{}];
  for (const arg of args) {
    const [, name, value = ""] = ASSIGNMENT.exec(arg) ?? [];
    if (name === undefined) sets.push({});
    else Object.assign(sets.at(-1) ?? {}, { [name]: withEscapes(value).text });
  }
  return sets;
}

export const awk: Command<Gathering> = {
  name: "awk",
  step(task) {
    const args = task.argv.slice(1);
    const variables: Record<string, string> = {};
    let source: string | undefined;
    for (let arg = args[0]; arg !== undefined && /^-./.test(arg); arg = args[0]) {
      args.shift();
      if (arg === "--") break;
      const value = arg.length > 2 ? arg.slice(2) : (args.shift() ?? "");
      if (arg.startsWith("-F")) variables["FS"] = value === "t" ? "\t" : withEscapes(value).text;
      else if (arg.startsWith("-v"))
        variables[value.split("=")[0] ?? ""] = withEscapes(value.slice(value.indexOf("=") + 1)).text;
      else if (arg.startsWith("-f")) {
        const text = task.readFile(value);
        if (typeof text === "number") return cannotOpen(task, value, text);
        source = text;
      }
    }
    source ??= args.shift();
    if (source === undefined) return complain(task, "no program given", 2);
    try {
      const program = parseAwk(source);
      const isFilter = program.rules.some(({ when }) => when !== "BEGIN");
      const files = args.filter((arg) => !ASSIGNMENT.test(arg));
      const sources = isFilter ? gather(task, files) : [];
      if (isWait(sources)) return sources;
      const lost = sources.find(({ errno }) => errno !== undefined);
      if (lost?.errno !== undefined) return complain(task, `${lost.name}: No such file or directory`, 2);
      const run = new AwkRun(
        program,
        {
          print: (text) => task.print(text),
          write: (path, text, isAppending) => {
            if (path === "/dev/stderr") task.complain(text);
            else if (path === "/dev/stdout") task.print(text);
            else if (isAppending && task.files.exists(task.path(path)))
              task.files.writeAt(task.path(path), "end", toBytes(text));
            else task.files.write(task.path(path), text, { uid: task.uid });
          },
          random: () => task.world.entropy.fraction(),
          now: () => task.now,
          spend: () => task.spend(),
        },
        variables,
      );
      run.environment(task.environ());
      const inputs = sources.map(({ name, text }) => ({ name: name === "-" ? "" : name, lines: linesOf(text) }));
      return run.run(inputs, assignmentsIn(args));
    } catch (fault) {
      if (fault instanceof AwkFault || fault instanceof RegexFault)
        return complain(task, `cmd. line:1: ${fault.message}`, 2);
      throw fault;
    }
  },
};
