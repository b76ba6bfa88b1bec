/**
 * kubectl as a function: a line in, what it would print out, everything over HTTP.
 */
import type { Command } from "#kubectl/command";
import { COMMANDS } from "#kubectl/commands/index";
import { UnsupportedError } from "#kubectl/error";
import { parseFlags } from "#kubectl/flags";
import { type Fetch, Server } from "#kubectl/server";
import { splitLine } from "#kubectl/words";

export { KubectlError, UnsupportedError } from "#kubectl/error";
export type { Fetch } from "#kubectl/server";

/** Where kubectl stands: how it reaches the server, what is on its standard input, what time it is. */
export interface Surroundings {
  readonly fetch: Fetch;
  /** Used by `-f -` where the line has no here-document. */
  readonly stdin?: string | undefined;
  /** RFC 3339. */
  readonly now: string;
}

/** Runs a line such as `kubectl scale deploy/web --replicas=3`. @throws KubectlError, in kubectl's words */
export async function runKubectl(line: string, { fetch, stdin, now }: Surroundings): Promise<string> {
  const { command, args, heredoc } = commandOf(line);
  const parsed = parseFlags(args, command);
  const namespace = parsed.value("namespace") ?? "default";
  return command.run({ ...parsed, server: new Server(fetch), namespace, stdin: heredoc ?? stdin, now });
}

interface Found {
  readonly command: Command;
  readonly args: readonly string[];
  readonly heredoc: string | undefined;
}

/** The command of a line and what it is given. @throws UnsupportedError if there is no such command */
export function commandOf(line: string): Found {
  const { words, stdin } = splitLine(line);
  const rest = words[0] === "kubectl" ? words.slice(1) : [...words];
  // A namespace may stand before the command: `kubectl -n web scale ...`.
  const before = /^(-n|--namespace)$/.test(rest[0] ?? "") ? rest.splice(0, 2) : [];
  const first = rest.shift() ?? "";
  const command = COMMANDS.find(({ name, aliases = [] }) => name === first || aliases.includes(first));
  if (command === undefined) {
    const known = COMMANDS.map(({ name }) => name).join(", ");
    throw new UnsupportedError(`error: ${JSON.stringify(first)} is not supported here; there are ${known}`);
  }
  return { command, args: [...before, ...rest], heredoc: stdin };
}
