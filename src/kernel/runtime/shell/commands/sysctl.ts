/**
 * sysctl: kernel parameters, read, and set by a privileged container; what another may set is the pod's to say.
 */
import { setSysctl, sysctlsOf } from "#kernel/runtime/process/sysctls";
import { type Command, complain, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";

export const sysctl: Command = {
  name: "sysctl",
  step(task) {
    const { flags, operands, problem } = optionsOf(task.argv, "anNewqp", { all: "a", values: "n", names: "N" });
    if (problem !== undefined) return wrongOption(task, problem);
    const { record, world } = task;
    const all = sysctlsOf(record, world.cells);
    const names = flags.has("a") || flags.has("A") ? Object.keys(all).sort() : operands;
    let status = 0;
    for (const written of names) {
      const [name = "", value] = written.replaceAll("/", ".").split(/=(.*)/s);
      const known = all[name];
      if (known === undefined) {
        if (!flags.has("e")) status = complain(task, `error: '${name}' is an unknown key`);
      } else if (value !== undefined && record.isPrivileged === true && task.uid === 0) {
        setSysctl(record, world.cells, name.trim(), value.trim());
        if (!flags.has("q")) task.print(`${name} = ${value.trim()}\n`);
      } else if (value !== undefined) {
        status = complain(task, `error setting key '${name}': Read-only file system`);
      } else if (flags.has("N")) task.print(`${name}\n`);
      else task.print(flags.has("n") ? `${known}\n` : `${name} = ${known}\n`);
    }
    return status;
  },
};
