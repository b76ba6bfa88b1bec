/**
 * Which requests a webhook or a policy is about: rules, selectors, conditions.
 *
 * Models pkg/apis/admissionregistration (defaults.go and validation/validation.go).
 */
import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { pathSegmentName, qualifiedName } from "#kernel/apimachinery/formats";
import { validateLabelSelector } from "#kernel/apimachinery/labels";
import { CONDITION_TYPES, compileExpression } from "#kernel/resources/admissionregistration/expression.facts";
import { eachAt, mustBeGiven, mustBeOneOf, mustChoose, mustFit } from "#kernel/resources/core/pod.validate.fields";

export const FAILURE_POLICIES = ["Fail", "Ignore"];
export const MATCH_POLICIES = ["Equivalent", "Exact"];
export const REINVOCATION_POLICIES = ["IfNeeded", "Never"];
const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SCOPES = ["*", "Cluster", "Namespaced"];
const CONDITIONS_MAX = 64;

/** A rule that names no scope is about both. */
export function setRuleDefaults(rules: readonly RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= "*";
}

/** What a match that says nothing about it means: equivalent versions, every namespace, every object. */
export function setMatchDefaults(match: MatchResources | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  setRuleDefaults(match.resourceRules);
  setRuleDefaults(match.excludeResourceRules);
}

/** Adds an error for each wrong part of a rule. */
export function validateRule(rule: RuleWithOperations, at: At): void {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  if (operations.length === 0) at("operations").required();
  mustStandAlone(at, "operations", operations, "operations");
  for (const [operation, ownAt] of eachAt(operations, at.under("operations"))) {
    mustBeOneOf(ownAt(""), operation, OPERATIONS);
  }
  if (apiGroups.length === 0) at("apiGroups").required();
  mustStandAlone(at, "apiGroups", apiGroups, "API groups");
  if (apiVersions.length === 0) at("apiVersions").required();
  mustStandAlone(at, "apiVersions", apiVersions, "API versions");
  for (const [version, ownAt] of eachAt(apiVersions, at.under("apiVersions"))) if (version === "") ownAt("").required();
  validateResources(resources, at.under("resources"));
  if (scope !== undefined) mustBeOneOf(at("scope"), scope, SCOPES);
}

function mustStandAlone(at: At, field: string, values: readonly string[], what: string): void {
  if (values.length > 1 && values.includes("*")) {
    at(field).invalid(values, `if '*' is present, must not specify other ${what}`);
  }
}

function validateResources(resources: readonly string[], at: At): void {
  if (resources.length === 0) at("").required();
  const wholes = new Set<string>();
  const everywhere = new Set<string>();
  // As upstream has it: the last one without a subresource decides.
  let hasPlain = false;
  for (const [name, ownAt] of eachAt(resources, at)) {
    if (name === "") {
      ownAt("").required();
      continue;
    }
    const slash = name.indexOf("/");
    if (slash === -1) {
      hasPlain = name !== "*";
      continue;
    }
    const [resource, sub] = [name.slice(0, slash), name.slice(slash + 1)];
    if (wholes.has(resource)) ownAt("").invalid(name, `if '${resource}/*' is present, must not specify ${name}`);
    if (everywhere.has(sub)) ownAt("").invalid(name, `if '*/${sub}' is present, must not specify ${name}`);
    if (sub === "*") wholes.add(resource);
    if (resource === "*") everywhere.add(sub);
  }
  if (resources.length > 1 && resources.includes("*/*")) {
    at("").invalid(resources, "if '*/*' is present, must not specify other resources");
  }
  if (resources.includes("*") && hasPlain) {
    at("").invalid(resources, "if '*' is present, must not specify other resources without subresources");
  }
}

/** Adds an error for each wrong part of what a policy or a binding is about. */
export function validateMatch(match: MatchResources | undefined, at: At): void {
  if (match === undefined) return;
  mustChoose(at("matchPolicy"), match.matchPolicy, MATCH_POLICIES);
  validateLabelSelector(match.namespaceSelector, at.under("namespaceSelector"));
  validateLabelSelector(match.objectSelector, at.under("objectSelector"));
  for (const [rule, ownAt] of eachAt(match.resourceRules, at.under("resourceRules"))) validateNamedRule(rule, ownAt);
  for (const [rule, ownAt] of eachAt(match.excludeResourceRules, at.under("excludeResourceRules"))) {
    validateNamedRule(rule, ownAt);
  }
}

function validateNamedRule(rule: NamedRuleWithOperations, at: At): void {
  const seen = new Set<string>();
  for (const [name, ownAt] of eachAt(rule.resourceNames, at.under("resourceNames"))) {
    mustFit(ownAt(""), name, pathSegmentName);
    if (seen.has(name)) ownAt("").duplicate(name);
    seen.add(name);
  }
  validateRule(rule, at);
}

/** Adds an error for each wrong condition. */
export function validateConditions(
  conditions: readonly MatchCondition[] | undefined,
  hasParams: boolean,
  at: At,
): void {
  const count = conditions?.length ?? 0;
  if (count > CONDITIONS_MAX) at("").tooMany(count, CONDITIONS_MAX);
  const seen = new Set<string>();
  for (const [{ name = "", expression = "" }, ownAt] of eachAt(conditions, at)) {
    const text = expression.trim();
    if (text === "") ownAt("expression").required();
    else {
      const compiled = compileExpression(text, { hasParams, hasAuthorizer: true }, ...CONDITION_TYPES);
      if ("problem" in compiled) ownAt("expression").invalid(text, compiled.problem);
    }
    if (!mustBeGiven(ownAt("name"), name, qualifiedName)) continue;
    if (seen.has(name)) ownAt("name").duplicate(name);
    seen.add(name);
  }
}
