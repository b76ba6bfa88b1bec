/**
 * echo: its arguments, separated by spaces.
 *
 * Models busybox and bash `echo` (`-n`, `-e`, `-E`); dash, which always reads escapes.
 */

import type { Command } from "#kernel/runtime/shell/commands/command";
import { withEscapes } from "#kernel/runtime/shell/commands/escapes";

export const echo: Command = {
  name: "echo",
  isBuiltin: true,
  step(task) {
    const args = task.argv.slice(1);
    let feed = "\n";
    let reads = task.sandbox.content.flavor === "gnu" && isDash(task.sandbox.look.processes[task.pid]?.argv[0]);
    for (let arg = args[0]; arg !== undefined && /^-[neE]+$/.test(arg); arg = args[0]) {
      if (reads && arg !== "-n") break;
      args.shift();
      if (arg.includes("n")) feed = "";
      if (arg.includes("e")) reads = true;
      if (arg.includes("E")) reads = false;
    }
    const text = args.join(" ");
    if (!reads) return task.print(text + feed) ? 0 : 1;
    const { text: plain, isCut } = withEscapes(text);
    return task.print(isCut ? plain : plain + feed) ? 0 : 1;
  },
};

function isDash(name = ""): boolean {
  return /(^|\/)(sh|dash)$/.test(name);
}
