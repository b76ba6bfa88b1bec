/**
 * Functions: how a library declares them, and the table a compiler looks them up in.
 *
 * Models cel-go/common/decls and the overload tables of cel-go/checker.
 */
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  opaque,
  optionalOf,
  STRING,
  TIMESTAMP,
  typeOf,
  UINT,
} from "#kernel/cel/types";
import { assert } from "#kernel/sim/assert";

/** What a running expression may do, and what it is given besides its variables. */
export interface Run {
  /** Left of the budget. */
  budget: number;
}

export interface Overload {
  readonly name: string;
  readonly isMember: boolean;
  readonly args: readonly CelType[];
  readonly result: CelType;
  /** @throws RunError */
  // biome-ignore lint/suspicious/noExplicitAny: a function is called with what its signature says, checked before.
  readonly run: (...args: any[]) => unknown;
  /** What a call costs beyond its arguments; 1 unless said otherwise. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly cost?: (...args: any[]) => number;
}

/** Declares one form of a function: `define("string.contains(string): bool", (text, part) => ...)`. */
export function define(signature: string, run: Overload["run"], cost?: Overload["cost"]): Overload {
  const match = SIGNATURE.exec(signature);
  assert(match !== null, `a signature reads name(types): type, unlike ${signature}`);
  const [, before = "", name = "", args = "", result = ""] = match;
  const isMember = before.includes("<") || TYPES[before] !== undefined;
  const types = split(args).map(typeNamed);
  return {
    name: isMember || before === "" ? name : `${before}.${name}`,
    isMember,
    args: isMember ? [typeNamed(before), ...types] : types,
    result: typeNamed(result),
    run,
    ...(cost !== undefined && { cost }),
  };
}

const SIGNATURE = /^(?:([\w.@]+(?:<.*?>)?)\.)?([^.\s()]+)\((.*)\): (.+)$/;

const TYPES: Readonly<Record<string, CelType>> = {
  ...{ bool: BOOL, int: INT, uint: UINT, double: DOUBLE, string: STRING, bytes: BYTES, null: NULL, dyn: DYN },
  ...{ timestamp: TIMESTAMP, duration: DURATION, A: { kind: "param", name: "A" }, B: { kind: "param", name: "B" } },
  ...{ Quantity: opaque("kubernetes.Quantity"), URL: opaque("kubernetes.URL"), IP: opaque("net.IP") },
  ...{ CIDR: opaque("net.CIDR"), Format: opaque("kubernetes.NamedFormat"), Semver: opaque("kubernetes.Semver") },
  Authorizer: opaque("kubernetes.authorization.Authorizer"),
  PathCheck: opaque("kubernetes.authorization.PathCheck"),
  GroupCheck: opaque("kubernetes.authorization.GroupCheck"),
  ResourceCheck: opaque("kubernetes.authorization.ResourceCheck"),
  Decision: opaque("kubernetes.authorization.Decision"),
};

function typeNamed(text: string): CelType {
  const generic = /^(\w+)<(.*)>$/.exec(text);
  const [of = DYN, second = DYN] = split(generic?.[2] ?? "").map(typeNamed);
  switch (generic?.[1]) {
    case "list":
      return listOf(of);
    case "map":
      return mapOf(of, second);
    case "optional":
      return optionalOf(of);
    case "type":
      return typeOf(of);
    default: {
      const type = TYPES[text];
      assert(type !== undefined, `a signature names known types, unlike ${text}`);
      return type;
    }
  }
}

/** Parts of a text at the commas outside brackets. */
function split(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let n = 0; n <= text.length; n += 1) {
    const character = text[n];
    if (character === "<") depth += 1;
    if (character === ">") depth -= 1;
    if (n < text.length && (character !== "," || depth > 0)) continue;
    const part = text.slice(start, n).trim();
    if (part !== "") parts.push(part);
    start = n + 1;
  }
  return parts;
}

/** Functions by name. */
export class FunctionTable {
  readonly #byName = new Map<string, Overload[]>();

  constructor(...libraries: readonly (readonly Overload[])[]) {
    for (const overload of libraries.flat()) {
      const known = this.#byName.get(overload.name);
      if (known === undefined) this.#byName.set(overload.name, [overload]);
      else known.push(overload);
    }
  }

  find(name: string): readonly Overload[] | undefined {
    return this.#byName.get(name);
  }
}

/** The cost of reading a text or list once. */
export const traversal = (size: number, factor = 0.1): number => Math.ceil(size * factor);
