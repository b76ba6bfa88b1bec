/**
 * Flags as cobra reads them: `--name value`, `--name=value`, `-n value`, `-nvalue`, `--yes`, and `--` before the rest.
 */
import { usageError } from "#kernel/kubectl/error";

/** How a flag is written: with a value, with several, or alone. */
export type FlagKind = "value" | "list" | "switch";

/** The flags of a command by their long names; `short` gives single letters. */
export interface FlagSet {
  readonly flags: Readonly<Record<string, FlagKind>>;
  readonly short?: Readonly<Record<string, string>>;
}

/** What a command line says. */
export interface Parsed {
  /** The name of the command. */
  readonly command: string;
  readonly args: readonly string[];
  /** What stands after `--`. */
  readonly rest: readonly string[];
  /** The last value of a flag. */
  readonly value: (name: string) => string | undefined;
  /** Every value of a flag. */
  readonly list: (name: string) => readonly string[];
  readonly has: (name: string) => boolean;
}

/** Flags that every command takes. What says how to reach the server is for whoever reaches it. */
export const GLOBAL: FlagSet = {
  flags: {
    namespace: "value",
    kubeconfig: "value",
    context: "value",
    cluster: "value",
    user: "value",
    server: "value",
    token: "value",
    "request-timeout": "value",
    "certificate-authority": "value",
    "insecure-skip-tls-verify": "switch",
    v: "value",
    warningsAsErrors: "switch",
  },
  short: { n: "namespace", s: "server", v: "v" },
};

/** Reads words by the flags of a command. @throws KubectlError for a flag it does not have */
export function parseFlags(words: readonly string[], own: FlagSet & { readonly name?: string }): Parsed {
  const flags = { ...GLOBAL.flags, ...own.flags };
  const short = { ...GLOBAL.short, ...own.short };
  const values = new Map<string, string[]>();
  const args: string[] = [];
  const dashes = words.indexOf("--");
  const before = [...(dashes < 0 ? words : words.slice(0, dashes))];
  for (let word = before.shift(); word !== undefined; word = before.shift()) {
    // A single dash is standard input; `name-` and `key=value` are arguments.
    if (!word.startsWith("-") || word === "-") {
      args.push(word);
      continue;
    }
    const { name, given } = readFlag(word, short);
    const kind = flags[name];
    if (kind === undefined) throw usageError(`unknown flag: --${name}`);
    // A switch stands alone; letters after one are switches too: `-it`.
    if (kind === "switch" && given !== undefined && !word.startsWith("--") && !word.includes("=")) {
      values.set(name, ["true"]);
      before.unshift(`-${given}`);
      continue;
    }
    const value = given ?? (kind === "switch" ? "true" : before.shift());
    if (value === undefined) throw usageError(`flag needs an argument: --${name}`);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return {
    command: own.name ?? "",
    args,
    rest: dashes < 0 ? [] : words.slice(dashes + 1),
    value: (name) => values.get(name)?.at(-1),
    list: (name) => values.get(name) ?? [],
    has: (name) => values.get(name)?.at(-1) === "true",
  };
}

function readFlag(word: string, short: Readonly<Record<string, string>>): { name: string; given: string | undefined } {
  if (word.startsWith("--")) {
    const equals = word.indexOf("=");
    return equals < 0
      ? { name: word.slice(2), given: undefined }
      : { name: word.slice(2, equals), given: word.slice(equals + 1) };
  }
  const letter = word.slice(1, 2);
  const name = short[letter];
  if (name === undefined) throw usageError(`unknown shorthand flag: '${letter}' in ${word}`);
  const given = word.slice(2).replace(/^=/, "");
  return { name, given: given === "" ? undefined : given };
}
