/**
 * hostname: the name of the pod; `-i` its address.
 */
import { type Command, complain, isBusybox, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";

export const hostname: Command = {
  name: "hostname",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "ifsdIA");
    if (problem !== undefined) return wrongOption(task, problem);
    if (operands.length > 0) {
      return complain(
        task,
        isBusybox(task) ? "sethostname: Operation not permitted" : "you must be root to change the host name",
      );
    }
    const name = task.record.hostname;
    if (flags.has("i") || flags.has("I")) task.print(`${task.record.podIP}\n`);
    else if (flags.has("d")) task.print("\n");
    else task.print(`${flags.has("s") ? name.split(".")[0] : name}\n`);
    return 0;
  },
};
