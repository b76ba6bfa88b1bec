/**
 * The table of the shell's built-ins. Those that only read their arguments and write are commands (commands/).
 */
import type { Builtin } from "#kernel/runtime/shell/builtins/builtin";
import * as control from "#kernel/runtime/shell/builtins/control";
import * as jobs from "#kernel/runtime/shell/builtins/jobs";
import { ulimit } from "#kernel/runtime/shell/builtins/limits";
import * as variables from "#kernel/runtime/shell/builtins/variables";

export type { Builtin } from "#kernel/runtime/shell/builtins/builtin";

export const builtins: Readonly<Record<string, Builtin>> = {
  ":": control.nothing,
  ".": control.dot,
  alias: jobs.alias,
  bg: control.nothing,
  break: control.breakLoop,
  builtin: control.command,
  cd: jobs.changeDirectory,
  chdir: jobs.changeDirectory,
  command: control.command,
  continue: control.continueLoop,
  declare: variables.local,
  eval: control.evaluateText,
  exec: control.exec,
  exit: control.exit,
  export: variables.exportVariables,
  fg: jobs.foreground,
  getopts: variables.getopts,
  hash: control.nothing,
  jobs: jobs.jobs,
  kill: jobs.kill,
  let: variables.letArithmetic,
  local: variables.local,
  mapfile: variables.mapfile,
  pwd: jobs.workingDirectory,
  read: variables.read,
  readarray: variables.mapfile,
  readonly: variables.readonlyVariables,
  return: control.returnFrom,
  set: variables.set,
  shift: variables.shift,
  shopt: control.nothing,
  source: control.dot,
  times: jobs.times,
  trap: control.trap,
  type: control.type,
  typeset: variables.local,
  ulimit,
  umask: jobs.umask,
  unalias: control.nothing,
  unset: variables.unset,
  wait: jobs.wait,
};

const SPECIAL = [
  ":",
  ".",
  "break",
  "continue",
  "eval",
  "exec",
  "exit",
  "export",
  "readonly",
  "return",
  "set",
  "shift",
  "times",
  "trap",
  "unset",
];

/** Whether a name is one of the special built-ins, whose errors end a script. */
export function isSpecial(name: string): boolean {
  return SPECIAL.includes(name);
}
