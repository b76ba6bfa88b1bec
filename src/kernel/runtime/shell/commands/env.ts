/**
 * env and printenv: the environment, or a command in a changed one.
 */
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import { type Command, complain, isBusybox } from "#kernel/runtime/shell/commands/command";

export const env: Command = {
  name: "env",
  step(task) {
    const args = task.argv.slice(1);
    let variables: Record<string, string> = { ...task.environ() };
    for (let arg = args[0]; arg !== undefined && /^-/.test(arg); arg = args[0]) {
      args.shift();
      if (arg === "--") break;
      if (arg === "-" || arg === "-i") variables = {};
      else if (arg === "-u") delete variables[args.shift() ?? ""];
      else return complain(task, `unrecognized option '${arg}'`, isBusybox(task) ? 1 : 125);
    }
    for (let arg = args[0]; arg?.includes("=") === true; arg = args[0]) {
      const cut = arg.indexOf("=");
      variables[arg.slice(0, cut)] = arg.slice(cut + 1);
      args.shift();
    }
    const [name] = args;
    if (name !== undefined) {
      const failure = task.replace(args, variables);
      if (failure === 0) return undefined;
      const shown = isBusybox(task) ? `can't execute '${name}'` : `'${name}'`;
      return complain(task, `${shown}: ${errnoText(failure)}`, failure === ERRNO.ENOENT ? 127 : 126);
    }
    for (const [key, value] of Object.entries(variables)) task.print(`${key}=${value}\n`);
    return 0;
  },
};

export const printenv: Command = {
  name: "printenv",
  step(task) {
    const names = task.argv.slice(1);
    if (names.length === 0) {
      for (const [key, value] of Object.entries(task.environ())) task.print(`${key}=${value}\n`);
      return 0;
    }
    let status = 0;
    for (const name of names) {
      const value = task.env(name);
      if (value === undefined) status = 1;
      else task.print(`${value}\n`);
    }
    return status;
  },
};
