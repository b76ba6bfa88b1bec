/**
 * The door to CEL: a text becomes a program, or the compile error in upstream's words.
 *
 * Models apiserver/pkg/cel/environment and what callers do with cel-go's Env.Compile and Program.
 */
import type { Expr } from "#kernel/cel/ast";
import { check } from "#kernel/cel/check";
import { CompileError, type Problem, RunError } from "#kernel/cel/errors";
import { type Frame, plan } from "#kernel/cel/evaluate";
import { FunctionTable } from "#kernel/cel/functions";
import { AUTHORIZER } from "#kernel/cel/library/authorizer";
import { CONVERSIONS } from "#kernel/cel/library/conversions";
import { INSTANTS } from "#kernel/cel/library/instants";
import { ADDRESSES } from "#kernel/cel/library/ip";
import { LISTS } from "#kernel/cel/library/lists";
import { JSON_PATCH, NAMED_FORMATS } from "#kernel/cel/library/named-formats";
import { OPTIONALS } from "#kernel/cel/library/optionals";
import { QUANTITIES } from "#kernel/cel/library/quantity";
import { REGEX } from "#kernel/cel/library/regex";
import { SEMVERS } from "#kernel/cel/library/semver";
import { STANDARD } from "#kernel/cel/library/standard";
import { STRINGS } from "#kernel/cel/library/strings";
import { URLS } from "#kernel/cel/library/urls";
import { parse } from "#kernel/cel/parser";
import { type CelType, type ObjectType, typeText } from "#kernel/cel/types";
import { must } from "#kernel/sim/assert";

/** What one evaluation may cost (celconfig.PerCallLimit). */
export const PER_CALL_LIMIT = 1_000_000;

export interface CompileOptions {
  /** The variables' types by name; a name may have dots (`authorizer.requestResource`). */
  readonly variables: Readonly<Record<string, CelType>>;
  /** Types that may be written as `Name{...}`. */
  readonly structs?: (name: string) => ObjectType | undefined;
  /** Whether items of one literal may be of several types: the language allows it, Kubernetes does not. */
  readonly allowsMixed?: boolean;
  /** Whether `jsonpatch.escapeKey` is there. */
  readonly hasJsonPatch?: boolean;
}

/** What a run did. */
export interface Result {
  readonly value: unknown;
  readonly cost: number;
}

export interface Program {
  readonly text: string;
  /** The type of what it gives. */
  readonly type: CelType;
  readonly tree: Expr;
  /**
   * Runs it. `variable` gives the values of variables: made with `valueOf`, undefined for one there is none of.
   * @throws RunError, CostError beyond `limit`
   */
  run(variable: (name: string) => unknown, limit?: number): Result;
}

let plain: FunctionTable | undefined;
let patching: FunctionTable | undefined;

function functionTable(hasJsonPatch: boolean): FunctionTable {
  const base = [STANDARD, CONVERSIONS, INSTANTS, STRINGS, REGEX, LISTS, OPTIONALS, URLS, QUANTITIES, ADDRESSES];
  const all = [...base, NAMED_FORMATS, SEMVERS, AUTHORIZER];
  if (hasJsonPatch) patching ??= new FunctionTable(...all, JSON_PATCH);
  else plain ??= new FunctionTable(...all);
  return must(hasJsonPatch ? patching : plain, "it has just been made");
}

/** Compiles an expression. @throws CompileError */
export function compileCel(text: string, options: CompileOptions): Program {
  const { variables, structs, allowsMixed, hasJsonPatch = false } = options;
  const tree = parse(text);
  const functions = functionTable(hasJsonPatch);
  const problems: Problem[] = [];
  const type = check(
    tree,
    { variables: new Map(Object.entries(variables)), functions, structs, allowsMixed },
    problems,
  );
  if (problems.length > 0) throw new CompileError(text, problems);
  const step = plan(tree, functions);
  return {
    ...{ text, type, tree },
    run(variable, limit = PER_CALL_LIMIT) {
      const frame: Frame = { budget: limit, variable };
      try {
        const value = step(frame, undefined);
        return { value, cost: limit - frame.budget };
      } catch (error) {
        if (error instanceof RunError) error.cost = limit - frame.budget;
        throw error;
      }
    },
  };
}

/** What keeps a program from giving one of some types, in upstream's words; undefined if nothing does. */
export function typeProblem({ type }: Program, ...wanted: readonly CelType[]): string | undefined {
  const text = typeText(type);
  if (wanted.some((one) => typeText(one) === text)) return undefined;
  const texts = wanted.map((one) => (one.kind === "null" ? "null_type" : typeText(one)));
  return texts.length === 1 ? `must evaluate to ${texts[0]}` : `must evaluate to one of [${texts.join(" ")}]`;
}
