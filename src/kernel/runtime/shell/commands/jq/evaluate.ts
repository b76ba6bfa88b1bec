/**
 * Running jq filters: every filter gives any number of values for one.
 *
 * Models the semantics of jq 1.7. Leaves out input, limit on streams, dates and SQL-style functions.
 */
import { BUILTINS } from "#kernel/runtime/shell/commands/jq/builtins";
import { formatted } from "#kernel/runtime/shell/commands/jq/formats";
import type { Filter } from "#kernel/runtime/shell/commands/jq/parse";
import { deletePath, getPath, type Path, setPath } from "#kernel/runtime/shell/commands/jq/paths";
import { define, type Scope, variableOf, withVariable } from "#kernel/runtime/shell/commands/jq/scope";
import {
  bounded,
  COMPARISONS,
  calculate,
  compare,
  holds,
  isObject,
  JqError,
  named,
  typeOf,
} from "#kernel/runtime/shell/commands/jq/values";

/** A value, and where in the input it stands, if it stands there at all. */
interface Found {
  readonly value: unknown;
  readonly path: Path | undefined;
}

/** The values a filter gives. @throws JqError */
export function* run(filter: Filter, input: unknown, scope: Scope): Generator<unknown> {
  for (const { value } of walk(filter, { value: input, path: undefined }, scope)) yield value;
}

/** The paths a filter leads to. @throws JqError */
export function* pathsOf(filter: Filter, input: unknown, scope: Scope): Generator<Path> {
  for (const { path } of walk(filter, { value: input, path: [] }, scope)) {
    if (path === undefined) throw new JqError("Invalid path expression");
    yield path;
  }
}

const isTrue = (value: unknown): boolean => value !== false && value !== null && value !== undefined;

function step({ value, path }: Found, key: string | number): Found {
  return { value: getPath(value, [key]), path: path === undefined ? undefined : [...path, key] };
}

const plain = (value: unknown): Found => ({ value, path: undefined });

function* walk(filter: Filter, input: Found, scope: Scope): Generator<Found> {
  scope.fuel.left -= 1;
  if (scope.fuel.left < 0) throw new JqError("too many steps");
  switch (filter.k) {
    case "identity":
      yield input;
      return;
    case "literal":
      yield plain(filter.value);
      return;
    case "variable":
      yield plain(variableOf(scope, filter.name));
      return;
    case "format":
      yield plain(bounded(formatted(filter.name, input.value)));
      return;
    case "text":
      for (const text of texts(filter.parts, filter.format, input, scope)) yield plain(text);
      return;
    case "deep":
      yield* deep(input);
      return;
    case "index":
      yield* index(filter, input, scope);
      return;
    case "slice":
      yield* slice(filter, input, scope);
      return;
    case "each":
      for (const of of walk(filter.of, input, scope)) yield* each(of);
      return;
    case "try":
      yield* attempt(filter, input, scope);
      return;
    case "negate":
      for (const { value } of walk(filter.of, input, scope)) {
        if (typeof value !== "number") throw new JqError(`${named(value)} cannot be negated`);
        yield plain(-value);
      }
      return;
    case "array":
      yield plain(filter.of === undefined ? [] : [...run(filter.of, input.value, scope)]);
      return;
    case "object":
      for (const made of objects(filter.fields, 0, {}, input, scope)) yield plain(made);
      return;
    case "if":
      for (const test of run(filter.test, input.value, scope)) {
        yield* walk(isTrue(test) ? filter.then : filter.otherwise, input, scope);
      }
      return;
    case "as":
      for (const value of run(filter.source, input.value, scope)) {
        yield* walk(filter.body, input, withVariable(scope, filter.name, value));
      }
      return;
    case "reduce":
    case "foreach":
      yield* loop(filter, input, scope);
      return;
    case "define":
      yield* walk(filter.body, input, define(filter, scope));
      return;
    case "call":
      yield* call(filter.name, filter.args, input, scope);
      return;
    default:
      yield* binary(filter, input, scope);
  }
}

function* texts(
  parts: readonly (string | Filter)[],
  format: string | undefined,
  input: Found,
  scope: Scope,
): Generator<string> {
  const [first, ...rest] = parts;
  if (first === undefined) {
    yield "";
    return;
  }
  const heads = typeof first === "string" ? [first] : run(first, input.value, scope);
  for (const head of heads) {
    const text = typeof first === "string" ? first : formatted(format ?? "@text", head);
    for (const tail of texts(rest, format, input, scope)) yield String(bounded(text + tail));
  }
}

function* deep(found: Found): Generator<Found> {
  yield found;
  if (typeof found.value === "object" && found.value !== null) for (const child of each(found)) yield* deep(child);
}

function* each(found: Found): Generator<Found> {
  const { value } = found;
  if (Array.isArray(value)) for (let n = 0; n < value.length; n += 1) yield step(found, n);
  else if (isObject(value)) for (const key of Object.keys(value)) yield step(found, key);
  else throw new JqError(`Cannot iterate over ${value === null || value === undefined ? "null" : named(value)}`);
}

function* index(filter: Extract<Filter, { k: "index" }>, input: Found, scope: Scope): Generator<Found> {
  for (const of of walk(filter.of, input, scope)) {
    for (const by of run(filter.by, input.value, scope)) {
      if (typeof by === "string" || typeof by === "number") yield step(of, by);
      else throw new JqError(`Cannot index ${typeOf(of.value)} with ${typeOf(by)}`);
    }
  }
}

function* slice(filter: Extract<Filter, { k: "slice" }>, input: Found, scope: Scope): Generator<Found> {
  const bounds = (bound: Filter | undefined) =>
    bound === undefined ? [undefined] : [...run(bound, input.value, scope)];
  for (const { value } of walk(filter.of, input, scope)) {
    for (const to of bounds(filter.to)) {
      for (const from of bounds(filter.from)) {
        if (value === null || value === undefined) yield { value: null, path: undefined };
        else if (!Array.isArray(value) && typeof value !== "string") {
          throw new JqError(`Cannot index ${typeOf(value)} with object`);
        } else {
          const [start, end] = [from, to].map((one) => (typeof one === "number" ? Math.floor(one) : undefined));
          yield { value: value.slice(start, end), path: undefined };
        }
      }
    }
  }
}

function* attempt(filter: Extract<Filter, { k: "try" }>, input: Found, scope: Scope): Generator<Found> {
  try {
    yield* walk(filter.body, input, scope);
  } catch (error) {
    if (!(error instanceof JqError) || scope.fuel.left < 0) throw error;
    if (filter.otherwise !== undefined) yield* walk(filter.otherwise, { value: error.value, path: undefined }, scope);
  }
}

function* objects(
  fields: readonly { readonly key: Filter; readonly value: Filter }[],
  n: number,
  made: Readonly<Record<string, unknown>>,
  input: Found,
  scope: Scope,
): Generator<Readonly<Record<string, unknown>>> {
  const field = fields[n];
  if (field === undefined) {
    yield made;
    return;
  }
  for (const key of run(field.key, input.value, scope)) {
    if (typeof key !== "string") throw new JqError(`Object keys must be strings`);
    for (const value of run(field.value, input.value, scope)) {
      yield* objects(fields, n + 1, { ...made, [key]: value ?? null }, input, scope);
    }
  }
}

function* loop(filter: Extract<Filter, { k: "reduce" | "foreach" }>, input: Found, scope: Scope): Generator<Found> {
  for (const first of run(filter.first, input.value, scope)) {
    let state = first;
    for (const item of run(filter.source, input.value, scope)) {
      const inner = withVariable(scope, filter.name, item);
      let last: unknown = null;
      for (const next of run(filter.step, state, inner)) {
        last = next;
        if (filter.k === "foreach") {
          const shown = filter.extract === undefined ? [next] : run(filter.extract, next, inner);
          for (const value of shown) yield { value, path: undefined };
        }
      }
      state = last;
    }
    if (filter.k === "reduce") yield { value: state, path: undefined };
  }
}

function* binary({ op, left, right }: Extract<Filter, { k: "binary" }>, input: Found, scope: Scope): Generator<Found> {
  const plain = (value: unknown): Found => ({ value, path: undefined });
  if (op === "|") {
    for (const found of walk(left, input, scope)) yield* walk(right, found, scope);
  } else if (op === ",") {
    yield* walk(left, input, scope);
    yield* walk(right, input, scope);
  } else if (op === "//") {
    yield* alternative(left, right, input, scope);
  } else if (op === "and" || op === "or") {
    for (const a of run(left, input.value, scope)) {
      if (isTrue(a) === (op === "or")) yield plain(op === "or");
      else for (const b of run(right, input.value, scope)) yield plain(isTrue(b));
    }
  } else if (op.endsWith("=") && !COMPARISONS.has(op)) {
    yield* assign(op, left, right, input, scope);
  } else {
    for (const b of run(right, input.value, scope)) {
      for (const a of run(left, input.value, scope)) {
        yield plain(COMPARISONS.has(op) ? holds(op, compare(a, b)) : calculate(op, a, b));
      }
    }
  }
}

function* alternative(left: Filter, right: Filter, input: Found, scope: Scope): Generator<Found> {
  let isFound = false;
  try {
    for (const found of walk(left, input, scope)) {
      if (!isTrue(found.value)) continue;
      isFound = true;
      yield found;
    }
  } catch (error) {
    if (!(error instanceof JqError) || scope.fuel.left < 0) throw error;
  }
  if (!isFound) yield* walk(right, input, scope);
}

function* assign(op: string, left: Filter, right: Filter, input: Found, scope: Scope): Generator<Found> {
  const paths = [...pathsOf(left, input.value, scope)];
  if (op === "|=") {
    let result = input.value;
    const gone: Path[] = [];
    for (const path of paths) {
      const [first] = run(right, getPath(result, path), scope);
      if (first === undefined) gone.push(path);
      else result = setPath(result, path, first);
    }
    for (const path of gone.reverse()) result = deletePath(result, path);
    yield { value: result, path: undefined };
    return;
  }
  for (const value of run(right, input.value, scope)) {
    let result = input.value;
    for (const path of paths) {
      const old = getPath(result, path);
      const next =
        op === "=" ? value : op === "//=" ? (isTrue(old) ? old : value) : calculate(op.slice(0, -1), old, value);
      result = setPath(result, path, next);
    }
    yield { value: result, path: undefined };
  }
}

function* call(name: string, args: readonly Filter[], input: Found, scope: Scope): Generator<Found> {
  const own = scope.functions.get(`${name}/${args.length}`);
  if (own !== undefined && "filter" in own) {
    yield* walk(own.filter, input, { ...own.scope, fuel: scope.fuel });
    return;
  }
  if (own !== undefined) {
    const functions = new Map(own.scope().functions);
    let inner: Scope = { ...own.scope(), functions, fuel: scope.fuel };
    for (const [n, param] of own.params.entries()) {
      const arg = args[n];
      if (arg === undefined) continue;
      if (!param.startsWith("$")) functions.set(`${param}/0`, { filter: arg, scope });
      else for (const value of run(arg, input.value, scope)) inner = withVariable(inner, param.slice(1), value);
    }
    yield* walk(own.means, input, inner);
    return;
  }
  yield* special(name, args, input, scope);
}

/** Functions that need more than the values of their arguments. */
function* special(name: string, args: readonly Filter[], input: Found, scope: Scope): Generator<Found> {
  const [first = { k: "identity" } as Filter, second] = args;
  const plain = (value: unknown): Found => ({ value, path: undefined });
  switch (`${name}/${args.length}`) {
    case "empty/0":
      return;
    case "select/1":
      for (const test of run(first, input.value, scope)) if (isTrue(test)) yield input;
      return;
    case "recurse/0":
      yield* deep(input);
      return;
    case "map/1":
      yield plain([...each(input)].flatMap(({ value }) => [...run(first, value, scope)]));
      return;
    case "path/1":
      for (const path of pathsOf(first, input.value, scope)) yield plain([...path]);
      return;
    case "paths/0":
      for (const { path } of deep({ value: input.value, path: [] })) if (path?.length !== 0) yield plain(path);
      return;
    case "del/1":
      yield plain([...pathsOf(first, input.value, scope)].reverse().reduce(deletePath, input.value));
      return;
    case "first/1":
      for (const found of walk(first, input, scope)) {
        yield found;
        return;
      }
      return;
    case "limit/2": {
      let left = Number([...run(first, input.value, scope)][0] ?? 0);
      if (left <= 0 || second === undefined) return;
      for (const found of walk(second, input, scope)) {
        yield found;
        left -= 1;
        if (left <= 0) return;
      }
      return;
    }
    case "error/1":
      for (const value of run(first, input.value, scope)) throw new JqError(value);
      return;
    case "env/0":
      yield plain(scope.variables["ENV"] ?? {});
      return;
    default:
      yield* builtin(name, args, input, scope);
  }
}

function* builtin(name: string, args: readonly Filter[], input: Found, scope: Scope): Generator<Found> {
  const found = BUILTINS[`${name}/${args.length}`];
  if (found === undefined) throw new JqError(`${name}/${args.length} is not defined`);
  const apply = (filter: Filter, value: unknown): unknown[] => [...run(filter, value, scope)];
  for (const value of found(input.value, args, apply)) {
    scope.fuel.left -= 1 + (Array.isArray(value) ? value.length : 0) / 8;
    yield { value: bounded(value), path: undefined };
  }
}
