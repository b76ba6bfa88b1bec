/**
 * Whether the policies of a Job are well formed: which failures count, what is success enough, who manages it.
 *
 * Models pkg/apis/batch/validation (validatePodFailurePolicy, validateSuccessPolicy, validatePodReplacementPolicy).
 */
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from "#kernel/api/types.gen";
import { type At, omitted } from "#kernel/apimachinery/field-errors";
import { qualifiedName } from "#kernel/apimachinery/formats";
import { quote } from "#kernel/apimachinery/go-text";
import { checkIndexes } from "#kernel/resources/batch/job.indexes";
import { eachAt, mustBeDomainPrefixed, mustFit, mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

const RULES_MAX = 20;
const EXIT_CODES_MAX = 255;
const PATTERNS_MAX = 20;
const MANAGED_BY_MAX = 63;
const INDEXES_CHARS_MAX = 64 * 1024;

const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS = ["In", "NotIn"];
const STATUSES = ["False", "True", "Unknown"];

/** The choices as Go's %q prints a list: `["In" "NotIn"]`. */
const choices = (values: readonly string[]): string => `valid values: [${values.map(quote).join(" ")}]`;

/** Adds an error unless the text is a domain and a path: `example.com/controller`; `at` stands at the field. */
export function validateManagedBy(managedBy: string, at: At): void {
  mustBeDomainPrefixed(at(""), managedBy);
  if (managedBy.length > MANAGED_BY_MAX) at("").tooLong(managedBy, MANAGED_BY_MAX);
}

/** Adds an error for each wrong part of the failure policy; `at` stands at it. */
export function validatePodFailurePolicy(spec: JobSpec, at: At): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > RULES_MAX) at("rules").tooMany(rules.length, RULES_MAX);
  const { containers = [], initContainers = [] } = spec.template.spec;
  const names = new Set([...containers, ...initContainers].map(({ name }) => name));
  for (const [rule, ruleAt] of eachAt(rules, at.under("rules"))) validateFailureRule(spec, rule, names, ruleAt);
}

function validateFailureRule(spec: JobSpec, rule: PodFailurePolicyRule, names: ReadonlySet<string>, at: At): void {
  const { action = "", onExitCodes, onPodConditions = [] } = rule;
  if (action === "") at("action").required(choices(ACTIONS));
  else if (action === "FailIndex") {
    if (spec.backoffLimitPerIndex === undefined) {
      at("action").invalid(action, "requires the backoffLimitPerIndex to be set");
    }
  } else if (!ACTIONS.includes(action)) at("action").notSupported(action, ACTIONS);
  if (onExitCodes !== undefined) validateExitCodes(onExitCodes, names, at.under("onExitCodes"));
  if (onPodConditions.length > 0) validatePatterns(onPodConditions, at.under("onPodConditions"));
  if (onExitCodes !== undefined && onPodConditions.length > 0) {
    at("").invalid(omitted, "specifying both OnExitCodes and OnPodConditions is not supported");
  }
  if (onExitCodes === undefined && onPodConditions.length === 0) {
    at("").invalid(omitted, "specifying one of OnExitCodes and OnPodConditions is required");
  }
}

function validatePatterns(patterns: readonly PodFailurePolicyOnPodConditionsPattern[], at: At): void {
  if (patterns.length > PATTERNS_MAX) at("").tooMany(patterns.length, PATTERNS_MAX);
  for (const [{ type = "", status = "" }, ownAt] of eachAt(patterns, at)) {
    mustFit(ownAt("type"), type, qualifiedName);
    if (status === "") ownAt("status").required(choices(STATUSES));
    else if (!STATUSES.includes(status)) ownAt("status").notSupported(status, STATUSES);
  }
}

function validateExitCodes(
  { operator = "", containerName, values = [] }: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string>,
  at: At,
): void {
  if (operator === "") at("operator").required(choices(OPERATORS));
  else if (!OPERATORS.includes(operator)) at("operator").notSupported(operator, OPERATORS);
  if (containerName !== undefined && !names.has(containerName)) {
    const rule = "must be one of the container or initContainer names in the pod template";
    at("containerName").invalid(containerName, rule);
  }
  if (values.length === 0) at("values").invalid(values, "at least one value is required");
  else if (values.length > EXIT_CODES_MAX) at("values").tooMany(values.length, EXIT_CODES_MAX);
  const seen = new Set<number>();
  for (const [code, codeAt] of eachAt(values, at.under("values"))) {
    if (operator === "In" && code === 0) codeAt("").invalid(code, "must not be 0 for the In operator");
    if (seen.has(code)) codeAt("").duplicate(code);
    seen.add(code);
  }
  if (values.some((code, n) => n > 0 && (values[n - 1] ?? code) > code))
    at("values").invalid(values, "must be ordered");
}

/** Adds an error for each wrong part of the success policy of an Indexed Job; `at` stands at it. */
export function validateSuccessPolicy({ successPolicy, completions = 0 }: JobSpec, at: At): void {
  const rules = successPolicy?.rules ?? [];
  if (rules.length === 0) {
    at("rules").required("at least one rules must be specified when the successPolicy is specified");
  }
  if (rules.length > RULES_MAX) at("rules").tooMany(rules.length, RULES_MAX);
  for (const [rule, ruleAt] of eachAt(rules, at.under("rules"))) validateSuccessRule(rule, completions, ruleAt);
}

function validateSuccessRule(
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  completions: number,
  at: At,
): void {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    at("").required("at least one of succeededCount or succeededIndexes must be specified");
  }
  let total = 0;
  if (succeededIndexes !== undefined) {
    if (succeededIndexes.length > INDEXES_CHARS_MAX)
      at("succeededIndexes").tooLong(succeededIndexes, INDEXES_CHARS_MAX);
    const found = checkIndexes(succeededIndexes, completions);
    if ("total" in found) total = found.total;
    else at("succeededIndexes").invalid(succeededIndexes, `error parsing succeededIndexes: ${found.wrong}`);
  }
  if (succeededCount === undefined) return;
  mustNotBeNegative(at("succeededCount"), succeededCount);
  const atMost = (number: number, what: string): string => `must be less than or equal to ${number} (${what})`;
  if (succeededCount > completions) {
    at("succeededCount").invalid(succeededCount, atMost(completions, "the number of specified completions"));
  }
  if (succeededIndexes !== undefined && succeededCount > total) {
    const what = "the number of indexes in the specified succeededIndexes field";
    at("succeededCount").invalid(succeededCount, atMost(total, what));
  }
}

/** Adds an error if the replacement policy is unknown, or does not go with a failure policy; `at` stands at it. */
export function validateReplacementPolicy({ podReplacementPolicy: policy, podFailurePolicy }: JobSpec, at: At): void {
  if (policy === undefined) return;
  const allowed = podFailurePolicy === undefined ? ["Failed", "TerminatingOrFailed"] : ["Failed"];
  if (!allowed.includes(policy)) at("").notSupported(policy, allowed);
}
