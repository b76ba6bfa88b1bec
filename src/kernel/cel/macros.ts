/**
 * Macros: calls that are short for something longer.
 *
 * Models cel-go/parser/macro.go, ext/comprehensions.go, ext/bindings.go and cel/library.go (optional types).
 */
import { ACCUMULATOR, type Call, type Comprehension, type Expr, type Ident, type Literal } from "#kernel/cel/ast";
import type { Problem } from "#kernel/cel/errors";

interface MacroCall {
  readonly at: number;
  readonly fn: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
}

/** What a macro becomes; undefined where the call is none. Wrong arguments are told in `problems`. */
export function expandMacro(macro: MacroCall, problems: Problem[]): Expr | undefined {
  const { fn, target, args } = macro;
  if (target === undefined) return fn === "has" && args.length === 1 ? presence(macro, problems) : undefined;
  if (fn === "bind" && args.length === 3 && target.op === "ident" && target.name === "cel") {
    return bound(macro, problems);
  }
  if ((fn === "optMap" || fn === "optFlatMap") && args.length === 2) return optional(macro, target, problems);
  const names = variables(macro);
  if (names === undefined) return undefined;
  for (const name of names) {
    if (name.op !== "ident") problems.push({ at: name.at, message: "argument must be a simple name" });
    else if (name.name === ACCUMULATOR || name.name === "__result__") {
      problems.push({ at: name.at, message: `iteration variable overwrites accumulator variable` });
    }
  }
  const [first, second] = names.map((name) => (name.op === "ident" ? name.name : ""));
  if (second !== undefined && first === second) {
    problems.push({ at: names[1]?.at ?? macro.at, message: `duplicate variable name: ${second}` });
  }
  return walk(macro, target, { variable: first ?? "", second, rest: args.slice(names.length) });
}

/** How many names a macro begins with, by its name and the number of its arguments. */
const SHAPES: Readonly<Record<string, number>> = {
  ...{ "all/2": 1, "exists/2": 1, "exists_one/2": 1, "existsOne/2": 1, "filter/2": 1, "map/2": 1, "map/3": 1 },
  ...{ "all/3": 2, "exists/3": 2, "exists_one/3": 2, "existsOne/3": 2, "transformList/3": 2, "transformList/4": 2 },
  ...{ "transformMap/3": 2, "transformMap/4": 2, "transformMapEntry/3": 2, "transformMapEntry/4": 2 },
};

function variables({ fn, args }: MacroCall): readonly Expr[] | undefined {
  const count = SHAPES[`${fn}/${args.length}`];
  return count === undefined ? undefined : args.slice(0, count);
}

interface Walk {
  readonly variable: string;
  readonly second: string | undefined;
  /** What follows the names: a predicate, a filter and a result, or a result. */
  readonly rest: readonly Expr[];
}

function walk({ at, fn }: MacroCall, range: Expr, { variable, second, rest }: Walk): Comprehension {
  const so = { op: "fold" as const, at, range, variable, second, accumulator: ACCUMULATOR };
  const result = ident(at, ACCUMULATOR);
  const accumulated = (): Ident => ident(at, ACCUMULATOR);
  const predicate = rest[0] as Expr;
  const yes = literal(at, true);
  switch (fn) {
    case "all": {
      const condition = call(at, "@not_strictly_false", [accumulated()]);
      return { ...so, initial: yes, condition, step: call(at, "_&&_", [accumulated(), predicate]), result };
    }
    case "exists": {
      const condition = call(at, "@not_strictly_false", [call(at, "!_", [accumulated()])]);
      const step = call(at, "_||_", [accumulated(), predicate]);
      return { ...so, initial: literal(at, false), condition, step, result };
    }
    case "exists_one":
    case "existsOne": {
      const counted = call(at, "_+_", [accumulated(), literal(at, 1n)]);
      const step = call(at, "_?_:_", [predicate, counted, accumulated()]);
      const isOne = call(at, "_==_", [result, literal(at, 1n)]);
      return { ...so, initial: literal(at, 0n), condition: yes, step, result: isOne };
    }
    default: {
      const value = fn === "filter" ? ident(at, variable) : (rest.at(-1) as Expr);
      const added = fn.startsWith("transformMap") ? inserted(at, fn, variable, value) : appended(at, value);
      const isFiltered = fn === "filter" || rest.length === 2;
      const step = isFiltered ? call(at, "_?_:_", [predicate, added, accumulated()]) : added;
      const initial: Expr = fn.startsWith("transformMap")
        ? { op: "map", at, entries: [] }
        : { op: "list", at, items: [] };
      return { ...so, initial, condition: yes, step, result };
    }
  }
}

const appended = (at: number, value: Expr): Call =>
  call(at, "_+_", [ident(at, ACCUMULATOR), { op: "list", at, items: [{ value, isOptional: false }] }]);

const inserted = (at: number, fn: string, key: string, value: Expr): Call =>
  call(at, "cel.@mapInsert", [
    ident(at, ACCUMULATOR),
    ...(fn === "transformMapEntry" ? [value] : [ident(at, key), value]),
  ]);

function presence({ at, args }: MacroCall, problems: Problem[]): Expr | undefined {
  const [of] = args;
  if (of?.op === "select" && !of.isTest) return { ...of, isTest: true };
  problems.push({ at: of?.at ?? at, message: "invalid argument to has() macro" });
  return literal(at, false);
}

function bound({ at, args }: MacroCall, problems: Problem[]): Expr {
  const [name, initial, result] = args as [Expr, Expr, Expr];
  if (name.op !== "ident") {
    problems.push({ at: name.at, message: "cel.bind() variable names must be simple identifiers" });
    return result;
  }
  return binding(at, name.name, initial, result);
}

/** A fold over nothing: its accumulator is the variable. */
function binding(at: number, accumulator: string, initial: Expr, result: Expr): Comprehension {
  return {
    ...{ op: "fold", at, range: { op: "list", at, items: [] }, variable: "#unused", second: undefined },
    ...{ accumulator, initial, condition: literal(at, false), step: ident(at, accumulator), result },
  };
}

function optional({ at, fn, args }: MacroCall, target: Expr, problems: Problem[]): Expr {
  const [name, result] = args as [Expr, Expr];
  if (name.op !== "ident") {
    problems.push({ at: name.at, message: `${fn}() variable name must be a simple identifier` });
    return result;
  }
  // The target is computed once: under a name no user can give.
  const held = "@target";
  const value: Call = { op: "call", at, fn: "value", target: ident(at, held), args: [] };
  const mapped = binding(at, name.name, value, result);
  const some = fn === "optMap" ? call(at, "optional.of", [mapped]) : mapped;
  const has: Call = { op: "call", at, fn: "hasValue", target: ident(at, held), args: [] };
  return binding(at, held, target, call(at, "_?_:_", [has, some, call(at, "optional.none", [])]));
}

const ident = (at: number, name: string): Ident => ({ op: "ident", at, name });
const literal = (at: number, value: unknown): Literal => ({ op: "literal", at, value });
const call = (at: number, fn: string, args: readonly Expr[]): Call => ({ op: "call", at, fn, target: undefined, args });
