/**
 * The evaluator: a checked tree becomes a function of its variables, which counts what it does.
 *
 * Models cel-go/interpreter (planner.go, interpretable.go, runtimecost.go).
 */
import {
  ACCUMULATOR,
  type Call,
  type Comprehension,
  type Expr,
  type ListExpr,
  type MapExpr,
  type Select,
  type Struct,
} from "#kernel/cel/ast";
import { CostError, noSuchKey, noSuchOverload, RunError } from "#kernel/cel/errors";
import type { FunctionTable, Overload, Run } from "#kernel/cel/functions";
import { indexed, keyText, optionally } from "#kernel/cel/library/standard";
import { Entries, Items, isInstance, List, Mapping, NONE, Optional, StructValue, TypeValue } from "#kernel/cel/values";

/** Variables by name, the innermost first. */
export interface Scope {
  readonly name: string;
  value: unknown;
  readonly outer: Scope | undefined;
}

/** What an expression runs with. */
export interface Frame extends Run {
  /** A variable's value; undefined if there is none. */
  variable(name: string): unknown;
}

export type Step = (frame: Frame, scope: Scope | undefined) => unknown;

const LIST_COST = 10;
const MAP_COST = 30;
const STRUCT_COST = 40;

const TYPE_VALUES = new Set([
  ...["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "optional_type", "dyn"],
  ...["google.protobuf.Timestamp", "google.protobuf.Duration"],
]);

function charge(frame: Frame, cost: number): void {
  frame.budget -= cost;
  if (frame.budget < 0) throw new CostError();
}

/** The function a tree stands for. It raises RunError and CostError. */
export function plan(expr: Expr, functions: FunctionTable): Step {
  switch (expr.op) {
    case "literal":
      return () => expr.value;
    case "ident":
      return named(expr.name);
    case "select":
      return selection(expr, functions);
    case "call":
      return invocation(expr, functions);
    case "list":
      return list(expr, functions);
    case "map":
      return map(expr, functions);
    case "struct":
      return struct(expr, functions);
    case "fold":
      return fold(expr, functions);
  }
}

function named(name: string): Step {
  const isAbsolute = name.startsWith(".");
  const plain = isAbsolute ? name.slice(1) : name;
  return (frame, scope) => {
    charge(frame, 1);
    for (let inner = isAbsolute ? undefined : scope; inner !== undefined; inner = inner.outer) {
      if (inner.name !== plain) continue;
      if (inner.value instanceof RunError) throw inner.value;
      return inner.value;
    }
    const value = frame.variable(plain);
    if (value !== undefined) return value;
    if (TYPE_VALUES.has(plain)) return new TypeValue(plain);
    throw new RunError(`no such attribute(s): ${plain}`);
  };
}

function selection(expr: Select, functions: FunctionTable): Step {
  if (expr.qualified !== undefined) return named(expr.qualified);
  const operand = plan(expr.operand, functions);
  const { field } = expr;
  if (expr.isTest) return (frame, scope) => isPresent(operand(frame, scope), field);
  return (frame, scope) => {
    const of = operand(frame, scope);
    charge(frame, 1);
    if (expr.isOptional || of instanceof Optional) return optionally(of, field);
    if (of instanceof StructValue) return of.fields.get(field) ?? null;
    if (!(of instanceof Mapping)) throw unselectable(of);
    const value = of.get(field);
    if (value === undefined) throw noSuchKey(field);
    return value;
  };
}

const unselectable = (of: unknown): RunError => (of === null ? new RunError("no such key: null") : noSuchOverload());

function isPresent(of: unknown, field: string): boolean {
  if (of instanceof Optional) return of.isPresent && isPresent(of.value, field);
  if (of instanceof StructValue) return of.fields.has(field);
  if (!(of instanceof Mapping)) throw noSuchOverload();
  return of.get(field) !== undefined;
}

function invocation(expr: Call, functions: FunctionTable): Step {
  const { fn } = expr;
  if (fn === "_&&_") return logical(expr, functions, false);
  if (fn === "_||_") return logical(expr, functions, true);
  if (fn === "_?_:_") return conditional(expr, functions);
  if (fn === "@not_strictly_false") return lenient(expr, functions);
  if (fn === "_[_]" || fn === "_[?_]") return indexing(expr, functions);
  const own = lazy(expr, functions);
  if (own !== undefined) return own;
  const all = expr.target === undefined ? expr.args : [expr.target, ...expr.args];
  const isMember = expr.target !== undefined;
  const overloads = (functions.find(fn) ?? []).filter(
    (one) => one.isMember === isMember && one.args.length === all.length,
  );
  const args = all.map((arg) => plan(arg, functions));
  return (frame, scope) =>
    apply(
      overloads,
      args.map((arg) => arg(frame, scope)),
      frame,
    );
}

/** At run time an index may be any whole number, whatever its type. */
function indexing({ fn, args }: Call, functions: FunctionTable): Step {
  const [of, index] = args.map((arg) => plan(arg, functions)) as [Step, Step];
  return (frame, scope) => {
    const value = of(frame, scope);
    const key = index(frame, scope);
    charge(frame, 1);
    return fn === "_[?_]" || value instanceof Optional ? optionally(value, key) : indexed(value, key);
  };
}

function apply(overloads: readonly Overload[], args: readonly unknown[], frame: Frame): unknown {
  for (const { args: types, run, cost } of overloads) {
    if (!types.every((type, n) => isInstance(args[n], type))) continue;
    charge(frame, cost?.(...args) ?? 1);
    return run(...args);
  }
  throw noSuchOverload();
}

/** An error on one side counts for nothing if the other side decides. */
function logical({ args }: Call, functions: FunctionTable, decides: boolean): Step {
  const terms = args.map((arg) => plan(arg, functions));
  return (frame, scope) => {
    let problem: unknown;
    for (const term of terms) {
      try {
        const value = term(frame, scope);
        if (value === decides) return decides;
        if (typeof value !== "boolean") problem ??= noSuchOverload();
      } catch (error) {
        if (!(error instanceof RunError)) throw error;
        problem ??= error;
      }
    }
    if (problem !== undefined) throw problem;
    return !decides;
  };
}

function conditional({ args }: Call, functions: FunctionTable): Step {
  const [condition, then, otherwise] = args.map((arg) => plan(arg, functions)) as [Step, Step, Step];
  return (frame, scope) => {
    const chosen = condition(frame, scope);
    if (typeof chosen !== "boolean") throw noSuchOverload();
    return chosen ? then(frame, scope) : otherwise(frame, scope);
  };
}

/** The condition of a walk goes on through errors: the step decides. */
function lenient({ args }: Call, functions: FunctionTable): Step {
  const [of] = args.map((arg) => plan(arg, functions)) as [Step];
  return (frame, scope) => {
    charge(frame, 1);
    try {
      return of(frame, scope) !== false;
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      return true;
    }
  };
}

/** `or` and `orValue` of optionals look at their argument only if they need it. */
function lazy({ fn, target, args }: Call, functions: FunctionTable): Step | undefined {
  if (target === undefined || args.length !== 1 || (fn !== "or" && fn !== "orValue")) return undefined;
  const of = plan(target, functions);
  const other = plan(args[0] as Expr, functions);
  return (frame, scope) => {
    const value = of(frame, scope);
    charge(frame, 1);
    if (!(value instanceof Optional)) throw noSuchOverload();
    if (value.isPresent) return fn === "or" ? value : value.value;
    return other(frame, scope);
  };
}

function list({ items }: ListExpr, functions: FunctionTable): Step {
  const steps = items.map(({ value, isOptional }) => ({ step: plan(value, functions), isOptional }));
  return (frame, scope) => {
    const values: unknown[] = [];
    for (const { step, isOptional } of steps) add(values, step(frame, scope), isOptional);
    charge(frame, LIST_COST);
    return new Items(values);
  };
}

function add(values: unknown[], value: unknown, isOptional: boolean): void {
  const found = isOptional ? present(value) : value;
  if (found !== undefined) values.push(found);
}

/** The value of an optional; undefined if it has none. */
function present(value: unknown): unknown {
  if (!(value instanceof Optional)) throw noSuchOverload();
  return value === NONE ? undefined : value.value;
}

function map({ entries }: MapExpr, functions: FunctionTable): Step {
  const steps = entries.map(({ key, value, isOptional }) => ({
    ...{ key: plan(key, functions), value: plan(value, functions), isOptional },
  }));
  return (frame, scope) => {
    const made = new Entries();
    for (const { key: keyStep, value: valueStep, isOptional } of steps) {
      const key = keyStep(frame, scope);
      const value = valueStep(frame, scope);
      const found = isOptional ? present(value) : value;
      if (made.get(key) !== undefined) throw new RunError(`Failed with repeated key: ${keyText(key)}`);
      if (found !== undefined) made.set(key, found);
    }
    charge(frame, MAP_COST);
    return made;
  };
}

function struct({ name, fields }: Struct, functions: FunctionTable): Step {
  const steps = fields.map((field) => ({ ...field, step: plan(field.value, functions) }));
  return (frame, scope) => {
    const made = new Map<string, unknown>();
    for (const { name: field, step, isOptional } of steps) {
      const value = step(frame, scope);
      const found = isOptional ? present(value) : value;
      if (found !== undefined) made.set(field, found);
    }
    charge(frame, STRUCT_COST);
    return new StructValue(name, made);
  };
}

function fold(expr: Comprehension, functions: FunctionTable): Step {
  const [range, initial, condition, step, result] = [
    ...[expr.range, expr.initial, expr.condition, expr.step, expr.result],
  ].map((part) => plan(part, functions)) as [Step, Step, Step, Step, Step];
  const grow = growth(expr, functions) ?? step;
  const { variable, second, accumulator: name } = expr;
  return (frame, outer) => {
    const over = range(frame, outer);
    const accumulator: Scope = { name, value: initial(frame, outer), outer };
    for (const [key, value] of pairs(over, second !== undefined)) {
      const first: Scope = { name: variable, value: key, outer: accumulator };
      const scope: Scope = second === undefined ? first : { name: second, value, outer: first };
      if (condition(frame, scope) !== true) break;
      try {
        accumulator.value = grow(frame, scope);
      } catch (error) {
        // `all` and `exists` may still be decided by what follows; whoever reads the accumulator raises it again.
        if (!(error instanceof RunError)) throw error;
        accumulator.value = error;
      }
    }
    return result(frame, accumulator);
  };
}

/** What a walk goes over: items, or keys; with `isPaired` indexes and items, or keys and values. */
function* pairs(over: unknown, isPaired: boolean): Generator<readonly [unknown, unknown]> {
  if (over instanceof List) {
    for (let index = 0; index < over.size; index += 1) {
      const item = over.at(index);
      yield isPaired ? [BigInt(index), item] : [item, undefined];
    }
  } else if (over instanceof Mapping) {
    for (const key of over.keys()) yield [key, isPaired ? over.get(key) : undefined];
  } else throw noSuchOverload();
}

/** A step that appends to the list the walk itself has made does so in place: a walk must not take squared time. */
function growth({ initial, step }: Comprehension, functions: FunctionTable): Step | undefined {
  if (initial.op !== "list" || step.op !== "call") return undefined;
  if (step.fn !== "_?_:_") return appending(step, functions);
  const [condition, then, otherwise] = step.args as [Expr, Expr, Expr];
  const append = then.op === "call" ? appending(then, functions) : undefined;
  if (append === undefined) return undefined;
  const [holds, keep] = [plan(condition, functions), plan(otherwise, functions)];
  return (frame, scope) => {
    const chosen = holds(frame, scope);
    if (typeof chosen !== "boolean") throw noSuchOverload();
    return chosen ? append(frame, scope) : keep(frame, scope);
  };
}

function appending({ fn, args: [to, added] }: Call, functions: FunctionTable): Step | undefined {
  if (fn !== "_+_" || to?.op !== "ident" || to.name !== ACCUMULATOR || added?.op !== "list") return undefined;
  const accumulator = plan(to, functions);
  const item = plan((added.items[0] as ListExpr["items"][number]).value, functions);
  return (frame, scope) => {
    const list = accumulator(frame, scope) as Items;
    const value = item(frame, scope);
    charge(frame, LIST_COST + 1);
    list.items.push(value);
    return list;
  };
}
