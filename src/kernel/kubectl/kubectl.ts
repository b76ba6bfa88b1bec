/**
 * kubectl as a function of its words: what it would print, everything over the API.
 */
import type { Call, Command, Said } from "#kernel/kubectl/command";
import { COMMANDS } from "#kernel/kubectl/commands/index";
import { UnsupportedError } from "#kernel/kubectl/error";
import { GLOBAL, parseFlags } from "#kernel/kubectl/flags";
import { type Asking, Server } from "#kernel/kubectl/server";

/** Where kubectl stands. */
export interface Surroundings extends Pick<Call, "stdin" | "now" | "files" | "memory" | "since"> {
  /** The namespace where the line names none. */
  readonly namespace?: string | undefined;
}

/** Runs the words after `kubectl`. @throws KubectlError, in kubectl's words */
export function* kubectl(words: readonly string[], { namespace, ...surroundings }: Surroundings): Asking<Said> {
  if (words.length === 0 || HELP.has(words[0] ?? "")) return { out: USAGE };
  const { command, args } = commandIn(words);
  const parsed = parseFlags(args, command);
  const said = yield* command.run({
    ...parsed,
    ...surroundings,
    server: new Server(),
    namespace: parsed.value("namespace") ?? namespace ?? "default",
  });
  return typeof said === "string" ? { out: said === "" ? "" : `${said}\n` } : said;
}

const HELP: ReadonlySet<string> = new Set(["--help", "-h", "help"]);

const USAGE = `kubectl controls the Kubernetes cluster manager.

Here it has these commands: ${COMMANDS.map(({ name }) => name).join(", ")}.

Usage:
  kubectl [flags] [options]
`;

interface Found {
  readonly command: Command;
  readonly args: readonly string[];
}

/** The command that words begin with, flags before it passed over. @throws UnsupportedError if there is none */
export function commandIn(words: readonly string[]): Found {
  const rest = [...words];
  const before: string[] = [];
  while (rest[0]?.startsWith("-") === true) {
    const flag = rest.shift() ?? "";
    before.push(flag);
    const name = flag.startsWith("--") ? flag.slice(2) : GLOBAL.short?.[flag.slice(1)];
    if (name !== undefined && GLOBAL.flags[name] === "value") before.push(rest.shift() ?? "");
  }
  const first = rest.shift() ?? "";
  const command = COMMANDS.find(({ name, aliases = [] }) => name === first || aliases.includes(first));
  if (command === undefined) {
    const known = COMMANDS.map(({ name }) => name).join(", ");
    throw new UnsupportedError(`error: ${JSON.stringify(first)} is not supported here; there are ${known}`);
  }
  return { command, args: [...before, ...rest] };
}
