/**
 * Whether affinities and topology spread constraints are well formed.
 *
 * Models pkg/apis/core/validation (validateAffinity, ValidateNodeSelector, validateTopologySpreadConstraints).
 */

import type {
  Affinity,
  LabelSelector,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from "#kernel/apimachinery/formats";
import { validateLabelSelector } from "#kernel/apimachinery/labels";
import { eachAt, mustBeOneOf, mustFit, positiveText } from "#kernel/resources/core/pod.validate.fields";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

/** Adds an error for each wrong part of spec.affinity. */
export function validateAffinity({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, at: At): void {
  const nodeAt = at.under("nodeAffinity");
  const required = nodeAffinity?.[REQUIRED];
  if (required !== undefined) validateNodeSelector(required, nodeAt.under(REQUIRED));
  for (const [{ weight, preference }, termAt] of eachAt(nodeAffinity?.[PREFERRED], nodeAt.under(PREFERRED))) {
    validateWeight(weight, termAt);
    // Preferences were never held to label values, so they still are not.
    validateNodeSelectorTerm(preference, { checksValues: false }, termAt.under("preference"));
  }
  if (podAffinity !== undefined) validatePodTerms(podAffinity, at.under("podAffinity"));
  if (podAntiAffinity !== undefined) validatePodTerms(podAntiAffinity, at.under("podAntiAffinity"));
}

function validateWeight(weight: number, at: At): void {
  if (weight <= 0 || weight > 100) at("weight").invalid(weight, "must be in the range 1-100");
}

/** Adds an error for each wrong part of a node selector. */
export function validateNodeSelector({ nodeSelectorTerms: terms = [] }: NodeSelector, at: At): void {
  const termsAt = at.under("nodeSelectorTerms");
  if (terms.length === 0) termsAt("").required("must have at least one node selector term");
  for (const [term, termAt] of eachAt(terms, termsAt)) validateNodeSelectorTerm(term, { checksValues: true }, termAt);
}

function validateNodeSelectorTerm(
  { matchExpressions, matchFields }: NodeSelectorTerm,
  options: { readonly checksValues: boolean },
  at: At,
): void {
  for (const [requirement, ownAt] of eachAt(matchExpressions, at.under("matchExpressions"))) {
    validateRequirement(requirement, options, ownAt);
  }
  for (const [requirement, ownAt] of eachAt(matchFields, at.under("matchFields"))) {
    validateFieldRequirement(requirement, ownAt);
  }
}

function validateRequirement(
  { key, operator, values = [] }: NodeSelectorRequirement,
  { checksValues }: { readonly checksValues: boolean },
  at: At,
): void {
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) at("values").required("must be specified when `operator` is 'In' or 'NotIn'");
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        at("values").forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1) at("values").required("must be specified single value when `operator` is 'Lt' or 'Gt'");
      break;
    default:
      at("operator").invalid(operator, "not a valid selector operator");
  }
  mustFit(at("key"), key, qualifiedName);
  if (!checksValues) return;
  for (const [value, valueAt] of eachAt(values, at.under("values"))) mustFit(valueAt(""), value, labelValue);
}

function validateFieldRequirement({ key, operator, values = [] }: NodeSelectorRequirement, at: At): void {
  if (operator !== "In" && operator !== "NotIn") at("operator").invalid(operator, "not a valid selector operator");
  else if (values.length !== 1) {
    at("values").required("must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
  }
  if (key !== "metadata.name") at("key").invalid(key, "not a valid field selector key");
  else for (const [value, valueAt] of eachAt(values, at.under("values"))) mustFit(valueAt(""), value, dns1123Subdomain);
}

function validatePodTerms(affinity: PodAffinity, at: At): void {
  for (const [term, termAt] of eachAt(affinity[REQUIRED], at.under(REQUIRED))) validatePodTerm(term, termAt);
  for (const [{ weight, podAffinityTerm }, termAt] of eachAt(affinity[PREFERRED], at.under(PREFERRED))) {
    validateWeight(weight, termAt);
    validatePodTerm(podAffinityTerm, termAt.under("podAffinityTerm"));
  }
}

function validatePodTerm(term: PodAffinityTerm, at: At): void {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey } = term;
  validateLabelSelector(labelSelector, at.under("labelSelector"));
  validateLabelSelector(namespaceSelector, at.under("namespaceSelector"));
  for (const name of namespaces) mustFit(at("namespace"), name, dns1123Label);
  validateLabelKeys(term, at);
  if (topologyKey === "") at("topologyKey").required("can not be empty");
  mustFit(at("topologyKey"), topologyKey, qualifiedName);
}

function validateLabelKeys(
  { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: PodAffinityTerm,
  at: At,
): void {
  for (const [field, keys] of Object.entries({ matchLabelKeys, mismatchLabelKeys })) {
    if (keys.length === 0) continue;
    if (labelSelector === undefined) at(field).forbidden("must not be specified when labelSelector is not set");
    else for (const [key, keyAt] of eachAt(keys, at.under(field))) mustFit(keyAt(""), key, qualifiedName);
  }
  // The keys were merged into the selector before, so a key found once more was the user's own.
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const n = matchLabelKeys.lastIndexOf(key);
    if (n >= 0 && seen.has(key)) at(`[${n}]`).invalid(key, "exists in both matchLabelKeys and labelSelector");
    seen.add(key);
  }
  for (const [key, keyAt] of eachAt(matchLabelKeys, at.under("matchLabelKeys"))) {
    if (!mismatchLabelKeys.includes(key)) continue;
    keyAt("").invalid(key, "exists in both matchLabelKeys and mismatchLabelKeys");
  }
}

const NODE_POLICIES = ["Honor", "Ignore"];

/** Adds an error for each wrong part of spec.topologySpreadConstraints. */
export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[] | undefined, at: At): void {
  for (const [constraint, ownAt, n] of eachAt(constraints, at)) {
    const { maxSkew, topologyKey, whenUnsatisfiable: action, minDomains } = constraint;
    if (maxSkew <= 0) ownAt("maxSkew").invalid(maxSkew, positiveText);
    if (topologyKey === "") ownAt("topologyKey").required("can not be empty");
    mustBeOneOf(ownAt("whenUnsatisfiable"), action, ["DoNotSchedule", "ScheduleAnyway"]);
    const isRepeated = constraints
      ?.slice(n + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === action);
    if (isRepeated === true) ownAt("{topologyKey, whenUnsatisfiable}").duplicate(`{${topologyKey}, ${action}}`);
    if (minDomains !== undefined) validateMinDomains(minDomains, action, ownAt);
    for (const field of ["nodeAffinityPolicy", "nodeTaintsPolicy"] as const) {
      const policy = constraint[field];
      if (policy !== undefined) mustBeOneOf(ownAt(field), policy, NODE_POLICIES);
    }
    validateSpreadKeys(constraint, ownAt);
    validateLabelSelector(constraint.labelSelector, ownAt.under("labelSelector"));
  }
}

function validateMinDomains(minDomains: number, action: string, at: At): void {
  if (minDomains <= 0) at("minDomains").invalid(minDomains, positiveText);
  if (action === "DoNotSchedule") return;
  const rule = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`;
  at("minDomains").invalid(minDomains, rule);
}

function validateSpreadKeys({ matchLabelKeys = [], labelSelector }: TopologySpreadConstraint, at: At): void {
  if (matchLabelKeys.length === 0) return;
  const keysAt = at.under("matchLabelKeys");
  if (labelSelector === undefined) keysAt("").forbidden("must not be specified when labelSelector is not set");
  const twice = keysTwice(labelSelector);
  for (const [key, keyAt] of eachAt(matchLabelKeys, keysAt)) {
    mustFit(keyAt(""), key, qualifiedName);
    if (twice.has(key)) keyAt("").invalid(key, "exists in both matchLabelKeys and labelSelector");
  }
}

/** Keys the selector names more than once: once is what the merge of matchLabelKeys leaves behind. */
function keysTwice(selector: LabelSelector | undefined): ReadonlySet<string> {
  const keys = [
    ...Object.keys(selector?.matchLabels ?? {}),
    ...(selector?.matchExpressions ?? []).map(({ key }) => key),
  ];
  return new Set(keys.filter((key, n) => keys.indexOf(key) !== n));
}
