/**
 * sed: edits a stream by a script of addresses and commands.
 *
 * Models POSIX sed with GNU's `-i`, `-E`, `I`, `M~N` left out.
 */
import { errnoText } from "#kernel/runtime/files/errno";
import {
  type Command,
  complain,
  type Gathering,
  gather,
  isBusybox,
  isWait,
  optionsOf,
  wrongOption,
} from "#kernel/runtime/shell/commands/command";
import { RegexFault } from "#kernel/runtime/shell/commands/regex";
import { parseSed, SedFault } from "#kernel/runtime/shell/commands/sed/parse";
import { SedRun } from "#kernel/runtime/shell/commands/sed/run";

export const sed: Command<Gathering> = {
  name: "sed",
  step(task) {
    const suffix = task.argv.flatMap((arg) => /^(?:-i|--in-place=)(.+)/.exec(arg)?.[1] ?? []).at(-1);
    const argv = task.argv.map((arg) => (/^(?:-i.|--in-place=)/.test(arg) ? "-i" : arg));
    const {
      flags,
      values,
      operands: given,
      problem,
    } = optionsOf(argv, "nEriszue:f:", {
      quiet: "n",
      silent: "n",
      expression: "e",
      "regexp-extended": "E",
      "in-place": "i",
    });
    if (problem !== undefined) return wrongOption(task, problem);
    const scripts = argv.flatMap((arg, n) => (arg === "-e" ? [argv[n + 1] ?? ""] : []));
    const operands = [...given];
    if (values["f"] !== undefined) {
      const text = task.readFile(values["f"]);
      scripts.push(typeof text === "number" ? "" : text);
    } else if (scripts.length === 0) scripts.push(values["e"] ?? operands.shift() ?? "");
    try {
      const program = parseSed(scripts.join("\n"), flags.has("E") || flags.has("r"));
      const sources = gather(task, operands);
      if (isWait(sources)) return sources;
      let status = 0;
      for (const { name, errno } of sources) {
        if (errno !== undefined)
          status = complain(
            task,
            isBusybox(task) ? `${name}: ${errnoText(errno)}` : `can't read ${name}: ${errnoText(errno)}`,
            isBusybox(task) ? 1 : 2,
          );
      }
      const groups = flags.has("i") ? sources.map((one) => [one]) : [sources];
      for (const group of groups) {
        const run = new SedRun(task, program, flags.has("n"));
        const { text, code } = run.edit(group.map((one) => one.text).join(""));
        const [only] = group;
        if (flags.has("i") && only !== undefined && only.errno === undefined) {
          if (suffix !== undefined) task.files.write(task.path(only.name + suffix), only.text, { uid: task.uid });
          task.files.write(task.path(only.name), text, { uid: task.uid });
        } else task.print(text);
        if (code !== undefined) return code;
      }
      return status;
    } catch (fault) {
      if (fault instanceof SedFault) return complain(task, fault.message);
      if (fault instanceof RegexFault) return complain(task, `bad regex '${fault.message}'`);
      throw fault;
    }
  },
};
