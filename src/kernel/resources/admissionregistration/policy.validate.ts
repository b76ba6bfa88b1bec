/**
 * Policies and bindings of either kind: their defaults, and whether they are well formed.
 *
 * Models pkg/apis/admissionregistration (v1/defaults.go, validation/validation.go).
 */
import type { LabelSelector, MutatingAdmissionPolicySpec, ParamKind, ParamRef, Variable } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1035Label, dns1123Subdomain, pathSegmentName } from "#kernel/apimachinery/formats";
import { compareText } from "#kernel/apimachinery/go-text";
import { validateLabelSelector } from "#kernel/apimachinery/labels";
import { isCelName } from "#kernel/cel/declarations";
import type { CelType } from "#kernel/cel/types";
import { compileExpression, type Surroundings } from "#kernel/resources/admissionregistration/expression.facts";
import {
  FAILURE_POLICIES,
  validateConditions,
  validateMatch,
} from "#kernel/resources/admissionregistration/rule.validate";
import { eachAt, mustBeGiven, mustChoose, mustFit } from "#kernel/resources/core/pod.validate.fields";

type PolicySpec = Pick<
  MutatingAdmissionPolicySpec,
  "failurePolicy" | "matchConditions" | "matchConstraints" | "paramKind" | "variables"
>;

/** Adds an error for each wrong part that policies of both kinds have. */
export function validatePolicy(spec: PolicySpec, at: At): void {
  const hasParams = spec.paramKind !== undefined;
  mustChoose(at("failurePolicy"), spec.failurePolicy, FAILURE_POLICIES);
  if (spec.paramKind !== undefined) validateParamKind(spec.paramKind, at.under("paramKind"));
  if (spec.matchConstraints === undefined) at("matchConstraints").required();
  else {
    validateMatch(spec.matchConstraints, at.under("matchConstraints"));
    if ((spec.matchConstraints.resourceRules ?? []).length === 0) at("matchConstraints.resourceRules").required();
  }
  validateConditions(spec.matchConditions, hasParams, at.under("matchConditions"));
  validateVariables(spec.variables, { hasParams, hasAuthorizer: true }, at.under("variables"));
}

function validateVariables(variables: readonly Variable[] | undefined, around: Surroundings, at: At): void {
  const known = new Map<string, CelType>();
  for (const [{ name = "", expression = "" }, ownAt] of eachAt(variables, at)) {
    if (name.trim() === "") ownAt("name").required("name is not specified");
    else if (!isCelName(name)) ownAt("name").invalid(name, "name is not a valid CEL identifier");
    if (expression.trim() === "") {
      ownAt("expression").required("expression is not specified");
      continue;
    }
    const compiled = compileExpression(expression, { ...around, variables: known });
    if ("problem" in compiled) ownAt("expression").invalid(expression, compiled.problem);
    known.set(name, "program" in compiled ? compiled.program.type : { kind: "dyn" });
  }
}

function validateParamKind({ apiVersion = "", kind = "" }: ParamKind, at: At): void {
  const parts = apiVersion.split("/");
  const [group = "", version = ""] = parts.length === 1 ? ["", apiVersion] : parts;
  if (apiVersion === "") at("apiVersion").required();
  else if (parts.length > 2) at("apiVersion").invalid(apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  else {
    if (group !== "") mustFitJoined(at, "apiVersion", group, dns1123Subdomain(group));
    if (version === "") at("apiVersion").invalid(apiVersion, "version must be specified");
    else mustFitJoined(at, "apiVersion", version, dns1035Label(version));
  }
  if (kind === "") at("kind").required();
  else {
    const errors = dns1035Label(kind.toLowerCase());
    const text = `may have mixed case, but should otherwise match: ${errors.join(",")}`;
    if (errors.length > 0) at("kind").invalid(kind, text);
  }
}

function mustFitJoined(at: At, field: string, value: string, errors: readonly string[]): void {
  if (errors.length > 0) at(field).invalid(value, errors.join(","));
}

/** Adds an error for each wrong part of a binding's policy and parameters. */
export function validateBinding(policyName: string | undefined, paramRef: ParamRef | undefined, at: At): void {
  mustBeGiven(at("policyName"), policyName, dns1123Subdomain);
  if (paramRef !== undefined) validateParamRef(paramRef, at.under("paramRef"));
}

function validateParamRef({ name = "", selector, parameterNotFoundAction: action }: ParamRef, at: At): void {
  if (name !== "") mustFit(at("name"), name, pathSegmentName);
  if (name !== "" && selector !== undefined) at("name").forbidden("name and selector are mutually exclusive");
  validateLabelSelector(selector, at.under("selector"));
  if (name !== "" && selector !== undefined) at("selector").forbidden("name and selector are mutually exclusive");
  if (name === "" && selector === undefined) at("").required("one of name or selector must be specified");
  mustChoose(at("parameterNotFoundAction"), action, ["Deny", "Allow"]);
}

/** The parameters of a policy, as its row shows them. */
export const paramKindText = ({ paramKind }: PolicySpec): string =>
  paramKind === undefined ? "<unset>" : `${paramKind.apiVersion ?? ""}/${paramKind.kind ?? ""}`;

/** The parameters of a binding, as its row shows them. */
export function paramRefText(paramRef: ParamRef | undefined): string {
  if (paramRef === undefined) return "<unset>";
  const { namespace = "", name = "", selector } = paramRef;
  // Nobody can tell whether the kind has namespaces.
  if (name !== "") return `${namespace === "" ? "*" : namespace}/${name}`;
  return selector === undefined ? "<unset>" : selectorText(selector);
}

/** A selector as the text Go's generated code makes of it. */
function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => `${key}: ${value},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  const parts = `MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{`;
  return `&LabelSelector{${parts}${expressions.join("")}},}`;
}
