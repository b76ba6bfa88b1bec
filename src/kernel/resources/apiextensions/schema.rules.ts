/**
 * The rules of a schema (x-kubernetes-validations): their texts, and what they may cost.
 *
 * Models apiextensions-apiserver/pkg/apis/apiextensions/validation (XValidations).
 */
import type { ValidationRule } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import type { Program } from "#kernel/cel/compile";
import { estimatedCost } from "#kernel/cel/estimate";
import { type CompiledRule, type RuleNode, ruleTree } from "#kernel/resources/apiextensions/custom/rules.compile";
import { timesPerRequest } from "#kernel/resources/apiextensions/custom/rules.size";
import type { Schema } from "#kernel/resources/apiextensions/schema";
import type { NodesContext } from "#kernel/resources/apiextensions/schema.nodes";
import { findPath } from "#kernel/resources/apiextensions/schema.path";

/** What one rule may be estimated to cost, and all of a schema (StaticEstimatedCostLimit, ...CRDCostLimit). */
const RULE_COST_MAX = 10_000_000;
const SCHEMA_COST_MAX = 100_000_000;

const REASONS = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

const hasLineBreak = (text: string): boolean => /[\n\r]/.test(text);

/** Says what is wrong with the rules of one node, but for their expressions. */
export function validateRuleTexts(schema: Schema, at: At): void {
  for (const [n, rule] of (schema["x-kubernetes-validations"] ?? []).entries()) {
    validateTexts(rule, at.under(`x-kubernetes-validations[${n}]`));
    const { fieldPath = "" } = rule;
    if (fieldPath !== "" && "problem" in findPath(fieldPath, schema)) {
      at(`x-kubernetes-validations[${n}].fieldPath`).invalid(fieldPath, "fieldPath must be a valid path");
    }
  }
}

function validateTexts(
  { rule, message = "", messageExpression = "", reason, fieldPath = "" }: ValidationRule,
  at: At,
): void {
  const text = message.trim();
  if (rule.trim() === "") at("rule").required("rule is not specified");
  else if (message !== "" && text === "") at("message").invalid(message, "message must be non-empty if specified");
  else if (hasLineBreak(text)) at("message").invalid(message, "message must not contain line breaks");
  else if (hasLineBreak(rule.trim()) && text === "") {
    at("message").required("message must be specified if rule contains line breaks");
  }
  if (messageExpression !== "" && messageExpression.trim() === "") {
    at("messageExpression").required("messageExpression must be non-empty if specified");
  }
  if (reason !== undefined && !REASONS.includes(reason)) at("reason").notSupported(reason, REASONS);
  if (fieldPath !== "" && fieldPath.trim() === "") {
    at("fieldPath").invalid(fieldPath, "fieldPath must be non-empty if specified");
  }
  if (hasLineBreak(fieldPath)) at("fieldPath").invalid(fieldPath, "fieldPath must not contain line breaks");
}

/** Says which expressions do not compile, compare what cannot be compared, or may cost too much. */
export function validateExpressions(schema: Schema, { at, isUnchanged }: NodesContext): void {
  const tree = ruleTree(schema);
  if (tree === undefined) return;
  const total = new TotalCost();
  checkNode(tree, { at, isUnchanged, total, cardinality: 1, uncorrelated: undefined });
  total.tell(at);
}

interface Place {
  readonly at: At;
  readonly isUnchanged: boolean;
  readonly total: TotalCost;
  /** How often the node may be there; undefined if that is not bounded. */
  readonly cardinality: number | undefined;
  /** The list around the node whose items cannot be told apart from one update to the next. */
  readonly uncorrelated: string | undefined;
}

function checkNode(node: RuleNode, place: Place): void {
  for (const [n, compiled] of node.rules.entries()) {
    checkRule(compiled, node, { ...place, at: place.at.under(`x-kubernetes-validations[${n}]`) });
  }
  const { schema, items, additional, properties } = node;
  for (const [name, property] of properties)
    checkNode(property, { ...place, at: place.at.under(`properties[${name}]`) });
  if (additional !== undefined) {
    const cardinality = times(place.cardinality, schema.maxProperties);
    checkNode(additional, { ...place, cardinality, at: place.at.under("additionalProperties") });
  }
  if (items === undefined) return;
  const isCorrelated = schema["x-kubernetes-list-type"] === "map";
  checkNode(items, {
    ...place,
    cardinality: times(place.cardinality, schema.maxItems),
    uncorrelated: place.uncorrelated ?? (isCorrelated ? undefined : place.at.path),
    at: place.at.under("items"),
  });
}

const times = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a * b;

/** The rule as Go has it: errors show it whole. */
const goRule = ({
  rule,
  message = "",
  messageExpression = "",
  reason,
  fieldPath = "",
  optionalOldSelf,
}: ValidationRule) => ({
  Rule: rule,
  Message: message,
  MessageExpression: messageExpression,
  Reason: reason ?? null,
  FieldPath: fieldPath,
  OptionalOldSelf: optionalOldSelf ?? null,
});

function checkRule(compiled: CompiledRule, node: RuleNode, place: Place): void {
  const { rule, program, message, usesOldSelf } = compiled;
  const { at, uncorrelated } = place;
  checkCost(program, "estimated rule cost", node, { ...place, at: at.under("rule") });
  if (compiled.problem !== undefined) at("rule").invalid(goRule(rule), compiled.problem);
  if (compiled.messageProblem !== undefined) at("messageExpression").invalid(goRule(rule), compiled.messageProblem);
  checkCost(message, "estimated messageExpression cost", node, { ...place, at: at.under("messageExpression") });
  if (usesOldSelf && uncorrelated !== undefined) {
    const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`;
    at("rule").invalid(rule.rule, detail);
  } else if (!usesOldSelf && rule.optionalOldSelf !== undefined && compiled.problem === undefined) {
    at("optionalOldSelf").invalid(rule.optionalOldSelf, "may not be set if oldSelf is not used in rule");
  }
}

function checkCost(program: Program | undefined, name: string, node: RuleNode, { at, ...place }: Place): void {
  if (program === undefined) return;
  const once = estimatedCost(program.tree);
  const cost = once * (place.cardinality ?? timesPerRequest(node.schema));
  if (!place.isUnchanged && cost > RULE_COST_MAX) at("").forbidden(exceeds(name, cost, RULE_COST_MAX));
  place.total.add(at.path, cost);
}

const ADVICE =
  "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are " +
  "declared)";

function exceeds(name: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const text = factor > 100 ? "more than 100x" : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
  return `${name} exceeds budget by factor of ${text} ${ADVICE}`;
}

/** How many of the dearest rules are named where all together cost too much. */
const NAMED_MAX = 4;

class TotalCost {
  #sum = 0;
  readonly #rules: { readonly path: string; readonly cost: number }[] = [];

  add(path: string, cost: number): void {
    this.#sum += cost;
    this.#rules.push({ path, cost });
  }

  tell(at: At): void {
    if (this.#sum <= SCHEMA_COST_MAX) return;
    const dearest = this.#rules.sort((a, b) => b.cost - a.cost).slice(0, NAMED_MAX);
    const detail = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
    for (const { path } of dearest) at.add({ type: "FieldValueForbidden", field: path, badValue: "", detail });
    const name = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    at("").forbidden(exceeds(name, this.#sum, SCHEMA_COST_MAX));
  }
}
