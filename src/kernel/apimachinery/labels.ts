/**
 * Label selectors: what they match, how kubectl prints them, and whether they are well formed.
 *
 * Models apimachinery/pkg/labels and pkg/apis/meta/v1 (LabelSelector, FormatLabelSelector, its validation).
 */
import type { At } from "#kernel/apimachinery/field-errors";
import { labelValue, qualifiedName } from "#kernel/apimachinery/formats";
import { compareText } from "#kernel/apimachinery/go-text";
import { formatRequirements, type Requirement } from "#kernel/apimachinery/label-query";

export { formatRequirements, matchesRequirements, parse } from "#kernel/apimachinery/label-query";
export type { Requirement };

/** The labels of an object; absent means none. */
export type Labels = Readonly<Record<string, string>> | null | undefined;

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | null | undefined;
}

export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelSelectorRequirement[] | null | undefined;
}

type MaybeSelector = LabelSelector | null | undefined;

/** True if the selector selects these labels. No selector selects nothing; an empty one selects everything. */
export function matches(selector: MaybeSelector, labels: Labels): boolean {
  if (selector === undefined || selector === null) return false;
  const { matchLabels, matchExpressions } = selector;
  for (const key in matchLabels) if (labels?.[key] !== matchLabels[key]) return false;
  return matchExpressions?.every((requirement) => matchesExpression(requirement, labels)) ?? true;
}

/** True if every label of the set stands among the labels, as Services and nodeSelectors select. Empty selects all. */
export function matchesSet(set: Labels, labels: Labels): boolean {
  for (const key in set) if (labels?.[key] !== set[key]) return false;
  return true;
}

function matchesExpression({ key, operator, values }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels?.[key];
  switch (operator) {
    case "In":
      return value !== undefined && values?.includes(value) === true;
    case "NotIn":
      return value === undefined || values?.includes(value) !== true;
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

/** True if there is no selector or it has no requirement. */
export function isEmpty(selector: MaybeSelector): boolean {
  if (selector === undefined || selector === null) return true;
  for (const _key in selector.matchLabels) return false;
  return (selector.matchExpressions?.length ?? 0) === 0;
}

const operators: Readonly<Record<string, Requirement["operator"]>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/** Gives the selector as a list of requirements; undefined if it selects nothing or has an unknown operator. */
export function requirementsOf(selector: MaybeSelector): Requirement[] | undefined {
  if (selector === undefined || selector === null) return undefined;
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push({ key, operator: "=", values: [value] });
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = operators[operator];
    if (known === undefined) return undefined;
    requirements.push({ key, operator: known, values: [...(values ?? [])] });
  }
  return requirements.sort((a, b) => compareText(a.key, b.key));
}

/** Gives the selector as kubectl prints it: `app=web,tier in (a,b)`, or `<none>`. */
export function format(selector: MaybeSelector): string {
  if (isEmpty(selector)) return "<none>";
  const requirements = requirementsOf(selector);
  return requirements === undefined ? "<error>" : formatRequirements(requirements);
}

/** Gives the selector as a query parameter has it: as `format`, but empty where nothing is required. */
export function queryOf(selector: MaybeSelector): string {
  return formatRequirements(requirementsOf(selector) ?? []);
}

/** Gives labels sorted by key: `a=b,c=d`, or `<none>`. */
export function formatLabels(labels: Labels): string {
  const text = formatSet(labels);
  return text === "" ? "<none>" : text;
}

/** Gives labels sorted by key: `a=b,c=d`; empty for none, as in `status.selector` of a Scale. */
export function formatSet(labels: Labels): string {
  return Object.entries(labels ?? {})
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** Adds an error for each key or value that no label can have. */
export function validateLabels(labels: Labels, at: At): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const text of qualifiedName(key)) at("").invalid(key, text);
    for (const text of labelValue(value)) at("").invalid(value, text);
  }
}

/**
 * Adds an error for each part of the selector that is malformed. No selector is no error.
 * Values that no label can have are refused too, unless `allowInvalidValues`: some old fields let them pass.
 */
export function validateLabelSelector(
  selector: MaybeSelector,
  at: At,
  { allowInvalidValues = false }: { allowInvalidValues?: boolean } = {},
): void {
  if (selector === undefined || selector === null) return;
  validateLabels(selector.matchLabels, at.under("matchLabels"));
  selector.matchExpressions?.forEach((requirement, i) => {
    validateExpression(requirement, at.under(`matchExpressions[${i}]`), allowInvalidValues);
  });
}

function validateExpression(requirement: LabelSelectorRequirement, at: At, allowInvalidValues: boolean): void {
  const { key, operator, values } = requirement;
  const count = values?.length ?? 0;
  if (operators[operator] === undefined) {
    at("operator").invalid(operator, "not a valid selector operator");
  } else if (operator === "In" || operator === "NotIn") {
    if (count === 0) at("values").required("must be specified when `operator` is 'In' or 'NotIn'");
  } else if (count > 0) {
    at("values").forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  }
  for (const text of qualifiedName(key)) at("key").invalid(key, text);
  if (allowInvalidValues) return;
  values?.forEach((value, i) => {
    for (const text of labelValue(value)) at(`values[${i}]`).invalid(value, text);
  });
}
