/**
 * The contract of a command: what flags it takes, and what it does over the API. It gives what it would print.
 */
import { usageError } from "#kubectl/error";
import type { FlagSet, Parsed } from "#kubectl/flags";
import type { Kind, KubeObject, Server } from "#kubectl/server";

/** What a command is given. */
export interface Call extends Parsed {
  readonly server: Server;
  /** The namespace of the line, or "default". */
  readonly namespace: string;
  /** Standard input; absent if there is none. */
  readonly stdin: string | undefined;
  /** The present, RFC 3339. */
  readonly now: string;
}

/** One command, or one below another (`rollout undo`). */
export interface Command extends FlagSet {
  readonly name: string;
  readonly aliases?: readonly string[];
  run(call: Call): Promise<string>;
}

/** `deployment.apps/hello-world`, as commands begin what they print. */
export const printed = ({ singular, group }: Kind, name: string): string =>
  `${singular}${group === "" ? "" : `.${group}`}/${name}`;

/** An object that a command names: its kind and its name. */
export interface Named {
  readonly kind: Kind;
  readonly name: string;
}

/** Flags with which objects are chosen rather than named. */
export const SELECTION: FlagSet = {
  flags: { selector: "value", all: "switch" },
  short: { l: "selector" },
};

/** The objects that `TYPE NAME...`, `TYPE/NAME ...`, `TYPE -l SELECTOR` or `TYPE --all` mean. @throws KubectlError */
export async function chosen(call: Call, args: readonly string[]): Promise<readonly Named[]> {
  const { server, namespace } = call;
  const [first, ...names] = args;
  if (first === undefined) throw usageError("You must provide one or more resources by argument or filename.");
  if (first.includes("/")) return Promise.all(args.map((arg) => typed(call, arg)));
  const selector = call.value("selector");
  const found: Named[] = [];
  for (const type of first.split(",")) {
    const kind = await server.kindNamed(type);
    if (selector !== undefined || call.has("all")) {
      const objects = await server.list({ kind, namespace }, selector);
      found.push(...objects.map(({ metadata: { name } }) => ({ kind, name })));
    } else if (names.length === 0) {
      throw usageError("resource(s) were provided, but no name was specified");
    } else found.push(...names.map((name) => ({ kind, name })));
  }
  return found;
}

async function typed({ server }: Call, arg: string): Promise<Named> {
  const [type = "", name = "", ...more] = arg.split("/");
  if (name === "" || more.length > 0) {
    throw usageError("arguments in resource/name form must have a single resource and name");
  }
  return { kind: await server.kindNamed(type), name };
}

/** Reads the objects a command names. @throws KubectlError if one is not there */
export function fetched({ server, namespace }: Call, named: readonly Named[]): Promise<readonly KubeObject[]> {
  return Promise.all(named.map(({ kind, name }) => server.get({ kind, namespace, name })));
}

/** A non-negative whole number of a flag. @throws KubectlError */
export function numberOf(flag: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const said = JSON.stringify(text);
  throw usageError(`invalid argument ${said} for "--${flag}" flag: strconv.ParseInt: parsing ${said}: invalid syntax`);
}
