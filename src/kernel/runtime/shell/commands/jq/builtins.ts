/**
 * The functions of jq that are given values, or filters to apply to values.
 */

import type { Filter } from "#kernel/runtime/shell/commands/jq/parse";
import { deletePath, getPath, type Path, setPath } from "#kernel/runtime/shell/commands/jq/paths";
import { calculate, compare, isObject, JqError, named, show, typeOf } from "#kernel/runtime/shell/commands/jq/values";
import { regex } from "#kernel/runtime/shell/commands/regex";

type Apply = (filter: Filter, value: unknown) => unknown[];

/** A function: the values it gives for one. */
type Builtin = (input: unknown, args: readonly Filter[], apply: Apply) => readonly unknown[];

const simple =
  (act: (input: unknown) => unknown): Builtin =>
  (input) => [act(input)];

/** One whose argument is a value. */
const withValue =
  (act: (input: unknown, value: unknown) => unknown): Builtin =>
  (input, [arg], apply) =>
    arg === undefined ? [] : apply(arg, input).map((value) => act(input, value));

function items(value: unknown, what = "iterate over"): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isObject(value) && what === "iterate over") return Object.values(value);
  throw new JqError(
    what === "iterate over"
      ? `Cannot iterate over ${typeOf(value)}`
      : `${named(value)} cannot be ${what}, as it is not an array`,
  );
}

function text(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new JqError(`${named(value)} ${what}`);
}

function keysOf(value: unknown): (string | number)[] {
  if (Array.isArray(value)) return value.map((_, n) => n);
  if (isObject(value)) return Object.keys(value).sort();
  throw new JqError(`${named(value)} has no keys`);
}

function lengthOf(value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (typeof value === "string") return [...value].length;
  if (typeof value === "number") return Math.abs(value);
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  throw new JqError(`${named(value)} has no length`);
}

function has(input: unknown, key: unknown): boolean {
  if (isObject(input) && typeof key === "string") return Object.hasOwn(input, key);
  if (Array.isArray(input) && typeof key === "number") return key >= 0 && key < input.length;
  throw new JqError(`Cannot check whether ${typeOf(input)} has a ${typeof key === "string" ? "string" : "number"} key`);
}

function contains(a: unknown, b: unknown): boolean {
  if (isObject(a) && isObject(b)) return Object.keys(b).every((key) => key in a && contains(a[key], b[key]));
  if (Array.isArray(a) && Array.isArray(b)) return b.every((one) => a.some((other) => contains(other, one)));
  if (typeof a === "string" && typeof b === "string") return a.includes(b);
  if (typeOf(a) === typeOf(b)) return compare(a, b) === 0;
  throw new JqError(`${named(a)} and ${named(b)} cannot have their containment checked`);
}

const entries = (input: unknown): unknown[] => keysOf(input).map((key) => ({ key, value: getPath(input, [key]) }));

function fromEntries(input: unknown): unknown {
  return Object.fromEntries(
    items(input).map((one) => {
      const entry = isObject(one) ? one : {};
      const key = entry["key"] ?? entry["k"] ?? entry["name"] ?? entry["Name"] ?? entry["Key"] ?? null;
      return [typeof key === "string" ? key : show(key), entry["value"] ?? entry["v"] ?? entry["Value"] ?? null];
    }),
  );
}

/** Items by what a filter gives for each, in order. */
function ranked(input: unknown, filter: Filter | undefined, apply: Apply, what: string) {
  return items(input, what)
    .map((value, n) => ({ value, n, rank: filter === undefined ? [value] : apply(filter, value) }))
    .sort((a, b) => compare(a.rank, b.rank) || a.n - b.n);
}

function grouped(input: unknown, filter: Filter | undefined, apply: Apply, what: string): unknown[][] {
  const groups: { rank: unknown; members: unknown[] }[] = [];
  for (const { value, rank } of ranked(input, filter, apply, what)) {
    const last = groups.at(-1);
    if (last !== undefined && compare(last.rank, rank) === 0) last.members.push(value);
    else groups.push({ rank, members: [value] });
  }
  return groups.map(({ members }) => members);
}

const flat = (value: unknown, depth: number): unknown[] => (items(value, "flattened") as unknown[]).flat(depth);

const isTrue = (value: unknown): boolean => value !== false && value !== null && value !== undefined;

function pattern(source: unknown, flags: unknown): RegExp {
  const text = String(source);
  try {
    const found = regex(
      text.replaceAll("\\d", "[0-9]").replaceAll("\\w", "[A-Za-z0-9_]").replaceAll("\\s", "[ \\t\\n]"),
      {
        isExtended: true,
        ignoresCase: typeof flags === "string" && flags.includes("i"),
        isGlobal: true,
      },
    );
    return found;
  } catch {
    throw new JqError(`${text} (at offset 0) is not a valid regex`);
  }
}

function captured(match: RegExpMatchArray): object {
  return {
    offset: match.index ?? 0,
    length: match[0].length,
    string: match[0],
    captures: match
      .slice(1)
      .map((string) => ({ offset: -1, length: (string ?? "").length, string: string ?? null, name: null })),
  };
}

function range(from: number, to: number, by: number): number[] {
  const found: number[] = [];
  for (let n = from; by > 0 ? n < to : n > to; n += by) {
    found.push(n);
    if (found.length > 100_000) throw new JqError("range is too long");
  }
  return found;
}

const numbers = (args: readonly Filter[], input: unknown, apply: Apply): number[] =>
  args.map((arg) => Number(apply(arg, input)[0] ?? 0));

const ofType =
  (...types: readonly string[]): Builtin =>
  (input) =>
    types.includes(typeOf(input)) ? [input] : [];

function tonumber(input: unknown): number {
  if (typeof input === "number") return input;
  if (typeof input === "string" && /^\s*-?\d+(\.\d+)?([eE][-+]?\d+)?\s*$/.test(input)) return Number(input);
  throw new JqError(`Cannot parse '${typeof input === "string" ? input : show(input)}' as JSON`);
}

function parsed(input: unknown): unknown {
  try {
    return JSON.parse(text(input, "only strings can be parsed"));
  } catch (error) {
    if (error instanceof JqError) throw error;
    throw new JqError(`${String(input)} (while parsing '${String(input)}')`);
  }
}

const extreme =
  (sign: 1 | -1): Builtin =>
  (input, [by], apply) => {
    const all = ranked(input, by, apply, "iterated over");
    return [(sign < 0 ? all[0]?.value : all.at(-1)?.value) ?? null];
  };

export const BUILTINS: Readonly<Record<string, Builtin>> = {
  "not/0": simple((input) => !isTrue(input)),
  "length/0": simple(lengthOf),
  "utf8bytelength/0": simple(
    (input) => encodeURIComponent(text(input, "only strings have UTF-8 byte length")).replace(/%../g, "x").length,
  ),
  "keys/0": simple(keysOf),
  "keys_unsorted/0": simple((input) => (isObject(input) ? Object.keys(input) : keysOf(input))),
  "values/0": (input) => (input === null || input === undefined ? [] : [input]),
  "nulls/0": ofType("null"),
  "booleans/0": ofType("boolean"),
  "numbers/0": ofType("number"),
  "strings/0": ofType("string"),
  "arrays/0": ofType("array"),
  "objects/0": ofType("object"),
  "iterables/0": ofType("array", "object"),
  "scalars/0": ofType("null", "boolean", "number", "string"),
  "has/1": withValue(has),
  "in/1": withValue((input, value) => has(value, input)),
  "contains/1": withValue(contains),
  "inside/1": withValue((input, value) => contains(value, input)),
  "add/0": simple((input) => items(input).reduce((sum, one) => calculate("+", sum, one), null as unknown)),
  "add/1": (input, [arg], apply) => [
    (arg === undefined ? [] : apply(arg, input)).reduce((sum, one) => calculate("+", sum, one), null as unknown),
  ],
  "any/0": simple((input) => items(input).some(isTrue)),
  "all/0": simple((input) => items(input).every(isTrue)),
  "any/1": (input, [test], apply) => [items(input).some((one) => test !== undefined && apply(test, one).some(isTrue))],
  "all/1": (input, [test], apply) => [
    items(input).every((one) => test !== undefined && apply(test, one).every(isTrue)),
  ],
  "flatten/0": simple((input) => flat(input, 100)),
  "flatten/1": withValue((input, depth) => flat(input, Number(depth))),
  "range/1": (input, args, apply) => range(0, numbers(args, input, apply)[0] ?? 0, 1),
  "range/2": (input, args, apply) => {
    const [from = 0, to = 0] = numbers(args, input, apply);
    return range(from, to, 1);
  },
  "range/3": (input, args, apply) => {
    const [from = 0, to = 0, by = 1] = numbers(args, input, apply);
    return by === 0 ? [] : range(from, to, by);
  },
  "floor/0": simple((input) => Math.floor(Number(input))),
  "ceil/0": simple((input) => Math.ceil(Number(input))),
  "round/0": simple((input) => Math.round(Number(input))),
  "sqrt/0": simple((input) => Math.sqrt(Number(input))),
  "fabs/0": simple((input) => Math.abs(Number(input))),
  "abs/0": simple((input) => Math.abs(Number(input))),
  "type/0": simple(typeOf),
  "tostring/0": simple((input) => (typeof input === "string" ? input : show(input))),
  "tonumber/0": simple(tonumber),
  "tojson/0": simple(show),
  "fromjson/0": simple(parsed),
  "ascii_downcase/0": simple((input) => text(input, "explode input must be a string").toLowerCase()),
  "ascii_upcase/0": simple((input) => text(input, "explode input must be a string").toUpperCase()),
  "startswith/1": withValue((input, value) =>
    text(input, "startswith() requires string inputs").startsWith(String(value)),
  ),
  "endswith/1": withValue((input, value) => text(input, "endswith() requires string inputs").endsWith(String(value))),
  "ltrimstr/1": withValue((input, value) =>
    typeof input === "string" && typeof value === "string" && input.startsWith(value)
      ? input.slice(value.length)
      : input,
  ),
  "rtrimstr/1": withValue((input, value) =>
    typeof input === "string" && typeof value === "string" && value !== "" && input.endsWith(value)
      ? input.slice(0, -value.length)
      : input,
  ),
  "trim/0": simple((input) => text(input, "cannot be trimmed").trim()),
  "ltrim/0": simple((input) => text(input, "cannot be trimmed").trimStart()),
  "rtrim/0": simple((input) => text(input, "cannot be trimmed").trimEnd()),
  "split/1": withValue((input, by) => (input === "" ? [] : text(input, "cannot be split").split(String(by)))),
  "join/1": withValue((input, by) =>
    items(input)
      .map((one) =>
        one === null || one === undefined ? "" : typeof one === "object" ? text(one, "cannot be joined") : String(one),
      )
      .join(String(by)),
  ),
  "explode/0": simple((input) => [...text(input, "cannot be exploded")].map((char) => char.codePointAt(0))),
  "implode/0": simple((input) => String.fromCodePoint(...items(input).map(Number))),
  "sort/0": (input, _, apply) => [ranked(input, undefined, apply, "sorted").map(({ value }) => value)],
  "sort_by/1": (input, [by], apply) => [ranked(input, by, apply, "sorted").map(({ value }) => value)],
  "group_by/1": (input, [by], apply) => [grouped(input, by, apply, "grouped")],
  "unique/0": (input, _, apply) => [grouped(input, undefined, apply, "grouped").map(([first]) => first)],
  "unique_by/1": (input, [by], apply) => [grouped(input, by, apply, "grouped").map(([first]) => first)],
  "min/0": extreme(-1),
  "max/0": extreme(1),
  "min_by/1": extreme(-1),
  "max_by/1": extreme(1),
  "reverse/0": simple((input) =>
    typeof input === "string" ? [...input].reverse().join("") : [...items(input ?? [])].reverse(),
  ),
  "first/0": simple((input) => getPath(input, [0])),
  "last/0": simple((input) => getPath(input, [-1])),
  "last/1": (input, [arg], apply) => (arg === undefined ? [] : apply(arg, input).slice(-1)),
  "nth/1": withValue((input, n) => getPath(input, [Number(n)])),
  "index/1": withValue((input, value) => {
    const at =
      typeof input === "string"
        ? input.indexOf(String(value))
        : items(input ?? []).findIndex((one) => compare(one, value) === 0);
    return at < 0 ? null : at;
  }),
  "rindex/1": withValue((input, value) => {
    const at =
      typeof input === "string"
        ? input.lastIndexOf(String(value))
        : items(input ?? []).findLastIndex((one) => compare(one, value) === 0);
    return at < 0 ? null : at;
  }),
  "to_entries/0": simple(entries),
  "from_entries/0": simple(fromEntries),
  "with_entries/1": (input, [by], apply) => [
    fromEntries(entries(input).flatMap((entry) => (by === undefined ? [entry] : apply(by, entry)))),
  ],
  "map_values/1": (input, [by], apply) => {
    const act = (value: unknown): unknown[] => (by === undefined ? [] : apply(by, value).slice(0, 1));
    if (Array.isArray(input)) return [input.flatMap(act)];
    const pairs = Object.entries(isObject(input) ? input : {}).flatMap(([key, value]) =>
      act(value).map((one) => [key, one]),
    );
    return [Object.fromEntries(pairs)];
  },
  "getpath/1": withValue((input, path) => getPath(input, items(path) as Path)),
  "setpath/2": (input, [path, value], apply) =>
    path === undefined || value === undefined
      ? []
      : [setPath(input, items(apply(path, input)[0]) as Path, apply(value, input)[0])],
  "delpaths/1": withValue((input, paths) =>
    [...(items(paths) as Path[])].sort(compare).reverse().reduce(deletePath, input),
  ),
  "test/1": withValue((input, source) =>
    pattern(source, "").test(text(input, "cannot be matched, as it is not a string")),
  ),
  "test/2": (input, [source, flags], apply) =>
    source === undefined || flags === undefined
      ? []
      : [
          pattern(apply(source, input)[0], apply(flags, input)[0]).test(
            text(input, "cannot be matched, as it is not a string"),
          ),
        ],
  "match/1": (input, [source], apply) => {
    if (source === undefined) return [];
    const found = pattern(apply(source, input)[0], "").exec(text(input, "cannot be matched, as it is not a string"));
    return found === null ? [] : [captured(found)];
  },
  "scan/1": (input, [source], apply) => {
    if (source === undefined) return [];
    const all = text(input, "cannot be matched, as it is not a string").matchAll(pattern(apply(source, input)[0], ""));
    return [...all].map((match) => (match.length > 1 ? match.slice(1) : match[0]));
  },
  "sub/2": (input, [source, by], apply) =>
    source === undefined || by === undefined
      ? []
      : [
          text(input, "cannot be matched, as it is not a string").replace(
            new RegExp(pattern(apply(source, input)[0], "").source, "u"),
            () => String(apply(by, {})[0] ?? ""),
          ),
        ],
  "gsub/2": (input, [source, by], apply) =>
    source === undefined || by === undefined
      ? []
      : [
          text(input, "cannot be matched, as it is not a string").replace(pattern(apply(source, input)[0], ""), () =>
            String(apply(by, {})[0] ?? ""),
          ),
        ],
  "error/0": (input) => {
    throw new JqError(input);
  },
  "infinite/0": simple(() => Number.MAX_VALUE),
  "isvalid/1": (input, [by], apply) => {
    try {
      return [by !== undefined && apply(by, input).length >= 0];
    } catch {
      return [false];
    }
  },
};
