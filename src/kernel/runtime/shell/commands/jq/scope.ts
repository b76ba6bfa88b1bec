/**
 * What names mean at a place of a jq program: variables and functions.
 */
import type { Filter } from "#kernel/runtime/shell/commands/jq/parse";
import { JqError } from "#kernel/runtime/shell/commands/jq/values";

/** A filter with the place its names are looked up in. */
interface Closure {
  readonly filter: Filter;
  readonly scope: Scope;
}

interface Defined {
  readonly params: readonly string[];
  readonly means: Filter;
  readonly scope: () => Scope;
}

/** What names mean at a place. */
export interface Scope {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly functions: ReadonlyMap<string, Defined | Closure>;
  /** Steps that may still be taken. */
  readonly fuel: { left: number };
}

/** A scope with only variables. */
export const scopeOf = (variables: Readonly<Record<string, unknown>>, fuel: number): Scope => ({
  variables,
  functions: new Map(),
  fuel: { left: fuel },
});

/** The value of a variable. @throws JqError */
export function variableOf({ variables }: Scope, name: string): unknown {
  if (name === "ENV") return variables["ENV"] ?? {};
  if (Object.hasOwn(variables, name)) return variables[name];
  throw new JqError(`$${name} is not defined`);
}

/** The scope with one variable more. */
export const withVariable = (scope: Scope, name: string, value: unknown): Scope => ({
  ...scope,
  variables: { ...scope.variables, [name]: value },
});

/** The scope with one function more, which knows itself. */
export function define({ name, params, means }: Extract<Filter, { k: "define" }>, scope: Scope): Scope {
  const functions = new Map(scope.functions);
  const inner: Scope = { ...scope, functions };
  functions.set(`${name}/${params.length}`, { params, means, scope: () => inner });
  return inner;
}
