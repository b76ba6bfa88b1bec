/**
 * What tells of the terminal: tty, stty (its size and usual settings).
 *
 * Leaves out changing settings other than the size: a terminal here always edits lines.
 */
import type { Session } from "#kernel/runtime/process/process";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain } from "#kernel/runtime/shell/commands/command";

/** The session whose terminal the standard input is. */
function terminalOf(task: Task): Session | undefined {
  if (!task.isTerminal(0)) return undefined;
  const { session = "main" } = task.sandbox.look.processes[task.pid] ?? {};
  return task.sandbox.look.sessions[session];
}

export const tty: Command = {
  name: "tty",
  step(task) {
    task.print(task.isTerminal(0) ? "/dev/pts/0\n" : "not a tty\n");
    return task.isTerminal(0) ? 0 : 1;
  },
};

const SETTINGS =
  "intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>;\neol2 = <undef>; swtch = <undef>; " +
  "start = ^Q; stop = ^S; susp = ^Z; rprnt = ^R;\nwerase = ^W; lnext = ^V; flush = ^O; min = 1; time = 0;\n";

export const stty: Command = {
  name: "stty",
  step(task) {
    const terminal = terminalOf(task);
    if (terminal === undefined) return complain(task, "standard input: Inappropriate ioctl for device");
    const { columns = 80, rows = 24 } = terminal.size ?? {};
    const [, word] = task.argv;
    if (word === "size") task.print(`${rows} ${columns}\n`);
    else if (word === undefined) task.print("speed 38400 baud; line = 0;\n-brkint -imaxbel\n");
    else if (word === "-a") task.print(`speed 38400 baud; rows ${rows}; columns ${columns}; line = 0;\n${SETTINGS}`);
    else if (word !== "sane") return complain(task, `changing ${word} is not simulated`);
    return 0;
  },
};
