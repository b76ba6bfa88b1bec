/**
 * The contract of a command: what flags it takes, and what it does over the API. It gives what it would print.
 */
import { usageError } from "#kernel/kubectl/error";
import type { FlagSet, Parsed } from "#kernel/kubectl/flags";
import type { Asking, Kind, KubeObject, Server } from "#kernel/kubectl/server";

/** What a command is given. */
export interface Call extends Parsed {
  readonly server: Server;
  /** The namespace of the line, or "default". */
  readonly namespace: string;
  /** Standard input; absent if there is none. */
  readonly stdin: string | undefined;
  /** The present, RFC 3339. */
  readonly now: string;
  /** What a path holds: files by their paths, of a directory those in it; undefined if it is not there. */
  readonly files?: (path: string) => Readonly<Record<string, string>> | undefined;
  /** What the last look of a command that waits left behind, and when it began, ms since the epoch. */
  readonly memory?: unknown;
  readonly since?: number;
}

/** What a command says, where that is more than the text of a success. */
export interface Said {
  readonly out: string;
  readonly err?: string;
  readonly exitCode?: number;
  /** It waits for something: it is to be run again so much later, with what it remembers. */
  readonly againMs?: number;
  readonly memory?: unknown;
}

/** One command, or one below another (`rollout undo`). */
export interface Command extends FlagSet {
  readonly name: string;
  readonly aliases?: readonly string[];
  run(call: Call): Asking<string | Said>;
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
  flags: { selector: "value", all: "switch", "field-selector": "value" },
  short: { l: "selector" },
};

/** The flag of what is only tried. */
export const DRY_RUN: FlagSet["flags"] = { "dry-run": "value" };

/** The query of a write that is only tried on the server; undefined if nothing is to be sent at all. */
export function dryRun(call: Call): Readonly<Record<string, string>> | undefined {
  const mode = call.value("dry-run") ?? "none";
  if (mode === "client" || mode === "true") return undefined;
  return mode === "server" ? { dryRun: "All" } : {};
}

/** ` (dry run)`, ` (server dry run)` or nothing. */
export function dryRunText(call: Call): string {
  const query = dryRun(call);
  return query === undefined ? " (dry run)" : query["dryRun"] === undefined ? "" : " (server dry run)";
}

/** The objects that `TYPE NAME...`, `TYPE/NAME ...`, `TYPE -l SELECTOR` or `TYPE --all` mean. @throws KubectlError */
export function* chosen(call: Call, args: readonly string[]): Asking<readonly Named[]> {
  const { server, namespace } = call;
  const [first, ...names] = args;
  if (first === undefined) throw usageError("You must provide one or more resources by argument or filename.");
  const found: Named[] = [];
  if (first.includes("/")) {
    for (const arg of args) found.push(yield* typed(call, arg));
    return found;
  }
  const selector = call.value("selector");
  const fields = call.value("field-selector");
  for (const type of first.split(",")) {
    for (const kind of yield* server.kindsNamed(type)) {
      if (selector !== undefined || fields !== undefined || call.has("all")) {
        const objects = yield* server.list({ kind, namespace }, selector, fields);
        found.push(...objects.map(({ metadata: { name } }) => ({ kind, name })));
      } else if (names.length === 0) {
        throw usageError("resource(s) were provided, but no name was specified");
      } else found.push(...names.map((name) => ({ kind, name })));
    }
  }
  return found;
}

/** The object `TYPE/NAME` means. @throws KubectlError */
export function* typed({ server }: Call, arg: string): Asking<Named> {
  const [type = "", name = "", ...more] = arg.split("/");
  if (name === "" || more.length > 0) {
    throw usageError("arguments in resource/name form must have a single resource and name");
  }
  return { kind: yield* server.kindNamed(type), name };
}

/** Reads the objects a command names. @throws KubectlError if one is not there */
export function* fetched({ server, namespace }: Call, named: readonly Named[]): Asking<readonly KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const { kind, name } of named) objects.push(yield* server.get({ kind, namespace, name }));
  return objects;
}

/** A non-negative whole number of a flag. @throws KubectlError */
export function numberOf(flag: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const said = JSON.stringify(text);
  throw usageError(`invalid argument ${said} for "--${flag}" flag: strconv.ParseInt: parsing ${said}: invalid syntax`);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration of a flag (`30s`, `5m`, `0`), in ms; negative ones are a week. @throws KubectlError */
export function durationOf(flag: string, text: string): number {
  if (text.startsWith("-")) return 7 * 24 * 3_600_000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (text === "0") return 0;
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    const said = JSON.stringify(text);
    throw usageError(`invalid argument ${said} for "--${flag}" flag: time: invalid duration ${said}`);
  }
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ""] ?? 0), 0);
}
