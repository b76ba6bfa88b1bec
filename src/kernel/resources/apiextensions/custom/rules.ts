/**
 * Running the rules of a schema against an object: in all of them together only so much may be computed.
 *
 * Models apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go.
 */
import type { ValidationRule } from "#kernel/api/types.gen";
import { type At, collector, type FieldProblem } from "#kernel/apimachinery/field-errors";
import { quote } from "#kernel/apimachinery/go-text";
import { PER_CALL_LIMIT, type Program } from "#kernel/cel/compile";
import { CostError, RunError } from "#kernel/cel/errors";
import { toCel } from "#kernel/cel/json";
import { NONE, Optional } from "#kernel/cel/values";
import { mapItem } from "#kernel/resources/apiextensions/custom/lists";
import { type CompiledRule, type RuleNode, ruleTree } from "#kernel/resources/apiextensions/custom/rules.compile";
import type { Former } from "#kernel/resources/apiextensions/custom/values";
import { isObject, type Schema } from "#kernel/resources/apiextensions/schema";
import { equal } from "#kernel/sim/clone";

/** What all rules of one object may cost together (celconfig.RuntimeCELCostBudget). */
const OBJECT_BUDGET = 10_000_000;
/** Longest message an expression may make. */
const MESSAGE_BYTES_MAX = 5 * 1024;

/** Says which rules an object breaks; `former` is what it was before an update. */
export function validateRules(schema: Schema, object: unknown, former: Former, at: At): void {
  const tree = ruleTree(schema);
  if (tree === undefined) return;
  new Run(at).node(tree, { value: object, former, parent: undefined, at });
}

interface Place {
  readonly value: unknown;
  /** What stood here before; absent where nothing can be compared. */
  readonly former: Former;
  /** Whether the nearest part around that can be compared is as it was. */
  readonly parent: boolean | undefined;
  readonly at: At;
}

const OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run";

class Run {
  #budget = OBJECT_BUDGET;
  #isOver = false;

  constructor(readonly root: At) {}

  node(node: RuleNode, place: Place): void {
    if (this.#isOver || place.value === null || place.value === undefined) return;
    this.#rules(node, place);
    const isSame = place.former === undefined ? place.parent : equal(place.former.value, place.value);
    const below = (child: RuleNode, value: unknown, former: Former, at: At): void =>
      this.node(child, { value, former, parent: isSame, at });
    if (Array.isArray(place.value)) {
      if (node.items === undefined) return;
      for (const [n, item] of place.value.entries()) {
        below(node.items, item, mapItem(node.schema, place.former?.value, item), place.at.under(`[${n}]`));
      }
    } else if (isObject(place.value)) {
      const before = place.former?.value;
      for (const key of Object.keys(place.value)) {
        const former = isObject(before) && Object.hasOwn(before, key) ? { value: before[key] } : undefined;
        const property = node.properties.get(key);
        if (property !== undefined) below(property, place.value[key], former, place.at.under(key));
        else if (node.additional !== undefined) {
          below(node.additional, place.value[key], former, place.at.under(`[${key}]`));
        }
      }
    }
  }

  #rules(node: RuleNode, place: Place): void {
    const type = node.schema.type ?? "";
    for (const compiled of node.rules) {
      if (this.#isOver) return;
      const { program, rule, usesOldSelf } = compiled;
      if (compiled.problem !== undefined) {
        place.at("").invalid(type, `rule compile error: ${compiled.problem}`);
        continue;
      }
      if (program === undefined) continue;
      const hasOld = place.former !== undefined && place.former.value !== null;
      if (usesOldSelf && !hasOld && rule.optionalOldSelf !== true) continue;
      const variable = variablesOf(node, place, rule.optionalOldSelf === true);
      const outcome = this.#run(program, variable);
      if ("problem" in outcome) this.#failed(outcome, compiled, place.at(""), type);
      else if (outcome.value !== true) this.#broken(compiled, { node, place, variable });
    }
  }

  /** What a program gives, or what went wrong; everything is paid for. */
  #run(program: Program, variable: Variable): Outcome {
    try {
      const { value, cost } = program.run(variable, PER_CALL_LIMIT);
      return this.#pays(cost) ? { value } : { problem: OUT_OF_BUDGET, isLast: true };
    } catch (error) {
      if (error instanceof CostError) return { problem: error.message, isLast: true, isCost: true };
      if (!(error instanceof RunError)) throw error;
      return this.#pays(error.cost) ? { problem: error.message } : { problem: OUT_OF_BUDGET, isLast: true };
    }
  }

  #pays(cost: number): boolean {
    if (cost > this.#budget) {
      this.#isOver = true;
      return false;
    }
    this.#budget -= cost;
    return true;
  }

  #failed(
    { problem, isLast = false, isCost = false }: Failure,
    { rule }: CompiledRule,
    at: FieldProblem,
    type: string,
  ) {
    this.#isOver ||= isLast;
    const name = nameOf(rule);
    if (isCost) {
      const why = "no further validation rules will be run due to call cost exceeds limit for rule";
      at.invalid(type, `'${problem}': ${why}: ${name}`);
    } else if (isLast) at.invalid(type, problem);
    else if (problem.startsWith("no such overload")) {
      const why = "call arguments did not match a supported operator, function or macro signature for rule";
      at.invalid(type, `'${problem}': ${why}: ${name}`);
    } else at.invalid(type, `${problem} evaluating rule: ${name}`);
  }

  #broken(compiled: CompiledRule, { node, place, variable }: Broken): void {
    const { rule, usesOldSelf, blamed } = compiled;
    // What was so before, and may not be compared, may stay so.
    const isSame = place.former === undefined ? place.parent : equal(place.former.value, place.value);
    const isForgiven = !usesOldSelf && isSame === true;
    const found = isForgiven ? collector() : place.at;
    const at = found === place.at && blamed !== "" ? place.at.under(blamed) : found;
    const type = node.schema.type ?? "";
    const detail = this.#message(compiled, { problem: at(""), type, variable });
    if (detail === undefined) return;
    const problem = at("");
    if (rule.reason === "FieldValueForbidden") problem.forbidden(detail);
    else if (rule.reason === "FieldValueRequired") problem.required(detail);
    else if (rule.reason === "FieldValueDuplicate") problem.duplicate(type);
    else problem.invalid(type, detail);
  }

  /** What a broken rule says; undefined if the expression that should say it has used up the budget. */
  #message(
    { rule, message }: CompiledRule,
    { problem, type, variable }: { readonly problem: FieldProblem; readonly type: string; readonly variable: Variable },
  ): string | undefined {
    const plain = (rule.message ?? "") === "" ? `failed rule: ${nameOf(rule)}` : (rule.message ?? "").trim();
    if (message === undefined) return plain;
    const outcome = this.#run(message, variable);
    if ("problem" in outcome) {
      if (outcome.isLast !== true) return plain;
      this.#isOver = true;
      const source = quote(rule.messageExpression ?? "");
      problem.invalid(
        type,
        outcome.isCost === true
          ? `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${source}`
          : "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run",
      );
      return undefined;
    }
    const text = typeof outcome.value === "string" ? outcome.value.trim() : "";
    const isUsable = text !== "" && text.length <= MESSAGE_BYTES_MAX && !text.includes("\n");
    return isUsable ? text : plain;
  }
}

type Variable = (name: string) => unknown;

interface Failure {
  readonly problem: string;
  /** Nothing is run after it. */
  readonly isLast?: boolean;
  readonly isCost?: boolean;
}

type Outcome = { readonly value: unknown } | Failure;

interface Broken {
  readonly node: RuleNode;
  readonly place: Place;
  readonly variable: Variable;
}

/** A rule as errors name it. */
const nameOf = ({ rule, message = "" }: ValidationRule): string => (message === "" ? rule : message).trim();

function variablesOf(node: RuleNode, { value, former }: Place, isOptional: boolean): Variable {
  return (name) => {
    if (name === "self") return toCel(value, node.type);
    if (name !== "oldSelf") return undefined;
    const hasOld = former !== undefined && former.value !== null;
    const old = hasOld ? toCel(former.value, node.type) : undefined;
    if (!isOptional) return old;
    return old === undefined ? NONE : new Optional(old);
  };
}
