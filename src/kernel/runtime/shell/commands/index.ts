/**
 * The table of tools, and which of them an image has.
 */
import type { Flavor } from "#kernel/runtime/images/image";
import { cat } from "#kernel/runtime/shell/commands/cat";
import type { Command } from "#kernel/runtime/shell/commands/command";
import { date } from "#kernel/runtime/shell/commands/date";
import { echo } from "#kernel/runtime/shell/commands/echo";
import { env, printenv } from "#kernel/runtime/shell/commands/env";
import { hostname } from "#kernel/runtime/shell/commands/hostname";
import { printf } from "#kernel/runtime/shell/commands/printf";
import { sleep } from "#kernel/runtime/shell/commands/sleep";
import { bracket, test } from "#kernel/runtime/shell/commands/test";
import { noCommand, yesCommand } from "#kernel/runtime/shell/commands/true";

export const commands: readonly Command<never>[] = [
  bracket,
  cat,
  date,
  echo,
  env,
  hostname,
  noCommand,
  printenv,
  printf,
  sleep,
  test,
  yesCommand,
] as readonly Command<never>[];

/** Tools the shell runs in its own process. */
export const builtinCommands: ReadonlyMap<string, Command> = new Map(
  (commands as readonly Command[])
    .filter(({ isBuiltin }) => isBuiltin === true)
    .map((command) => [command.name, command]),
);

const SHELLS: Readonly<Record<Flavor, readonly string[]>> = {
  busybox: ["ash", "sh"],
  gnu: ["bash", "dash", "sh"],
  none: [],
};

/** The names of the tools and shells of an image; `changes` are `+name` and `-name`. */
export function toolNames(flavor: Flavor, changes: readonly string[]): readonly string[] {
  if (flavor === "none") return changes.filter((change) => change.startsWith("+")).map((change) => change.slice(1));
  const names = new Set(SHELLS[flavor]);
  for (const { name, comesWith } of commands) if (comesWith === undefined || comesWith === flavor) names.add(name);
  for (const change of changes) {
    if (change.startsWith("-")) names.delete(change.slice(1));
    else names.add(change.slice(1));
  }
  return [...names];
}
