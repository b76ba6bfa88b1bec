/**
 * Whether a ResourceQuota is well formed: known resources, scopes that fit them and each other.
 *
 * Models pkg/apis/core/validation (ValidateResourceQuota and its parts) and pkg/apis/core/helper.
 */
import type {
  ResourceQuotaSpec,
  ResourceQuotaStatus,
  ScopedResourceSelectorRequirement,
  ScopeSelector,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { goStruct } from "#kernel/apimachinery/go-text";
import { eachAt } from "#kernel/resources/core/pod.validate.fields";
import {
  isHugePages,
  validateQuantityValue,
  validateResourceName,
} from "#kernel/resources/core/pod.validate.resources";

const COMPUTE = ["cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
const PODS = new Set(["pods", ...COMPUTE]);
const CLAIMS = new Set(["persistentvolumeclaims", "requests.storage"]);

const STANDARD = new Set([
  ...COMPUTE,
  ...["ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage", "requests.storage"],
  ...["pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"],
  ...["persistentvolumeclaims", "services.nodeports", "services.loadbalancers"],
]);

/** The resources each scope may limit. */
const SCOPES: Readonly<Record<string, ReadonlySet<string>>> = {
  Terminating: PODS,
  NotTerminating: PODS,
  BestEffort: new Set(["pods"]),
  NotBestEffort: PODS,
  PriorityClass: PODS,
  CrossNamespacePodAffinity: PODS,
  VolumeAttributesClass: CLAIMS,
};

const CONFLICTS = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
];

const isStandard = (name: string): boolean =>
  STANDARD.has(name) || isHugePages(name) || isHugePages(name.replace(/^requests\./, ""));

/** Adds an error for each wrong part of the spec. */
export function validateQuotaSpec(spec: ResourceQuotaSpec, at: At): void {
  validateAmounts(spec.hard, at.under("hard"));
  validateScopes(spec, at);
  if (spec.scopeSelector !== undefined) validateSelector(spec, spec.scopeSelector, at.under("scopeSelector"));
}

/** Adds an error for each wrong part of the status. */
export function validateQuotaStatus({ hard, used }: ResourceQuotaStatus, at: At): void {
  validateAmounts(hard, at.under("hard"));
  validateAmounts(used, at.under("used"));
}

/** Adds an error if the set of scopes changed. */
export function validateQuotaScopesUpdate(spec: ResourceQuotaSpec, old: ResourceQuotaSpec, at: At): void {
  const text = ({ scopes = [] }: ResourceQuotaSpec): string => [...scopes].sort().join();
  if (text(spec) !== text(old)) at("").invalid(spec.scopes, "field is immutable");
}

function validateAmounts(amounts: Readonly<Record<string, string>> | undefined, at: At): void {
  for (const [name, quantity] of Object.entries(amounts ?? {})) {
    const problem = at(`[${name}]`);
    if (validateQuotaResourceName(name, at) && !name.includes("/") && !isStandard(name)) {
      problem.invalid(name, "must be a standard resource for quota");
    }
    validateQuantityValue(name, quantity, problem);
  }
}

const validateQuotaResourceName = (name: string, at: At): boolean =>
  isHugePages(name.replace(/^requests\./, "")) || validateResourceName(name, at(`[${name}]`));

function validateScopes({ scopes = [], hard = {} }: ResourceQuotaSpec, at: At): void {
  for (const scope of scopes) {
    if (SCOPES[scope] === undefined) at("scopes").invalid(scopes, "unsupported scope");
    for (const _name of unfit(scope, hard)) at("scopes").invalid(scopes, "unsupported scope applied to resource");
  }
  if (conflict(scopes)) at("scopes").invalid(scopes, "conflicting scopes");
}

/** Names among the bounds that the scope says nothing about. */
const unfit = (scope: string, hard: Readonly<Record<string, string>>): string[] =>
  Object.keys(hard).filter((name) => isStandard(name) && SCOPES[scope]?.has(name) === false);

const conflict = (scopes: readonly string[]): boolean =>
  CONFLICTS.some((pair) => pair.every((scope) => scopes.includes(scope)));

function validateSelector({ scopes, hard = {} }: ResourceQuotaSpec, selector: ScopeSelector, at: At): void {
  const expressions = selector.matchExpressions ?? [];
  const own = at.under("matchExpressions");
  for (const [requirement] of eachAt(expressions, own)) {
    const { scopeName } = requirement;
    if (SCOPES[scopeName] === undefined) own("scopeName").invalid(scopeName, "unsupported scope");
    for (const _name of unfit(scopeName, hard))
      own("").invalid(printed(selector), "unsupported scope applied to resource");
    validateRequirement(requirement, own);
  }
  if (conflict(expressions.map(({ scopeName }) => scopeName))) own("").invalid(scopes ?? null, "conflicting scopes");
}

/** As upstream prints its internal struct, whose fields have Go's names. */
const printed = ({ matchExpressions }: ScopeSelector): object => ({
  MatchExpressions:
    matchExpressions?.map(({ scopeName, operator, values }) =>
      goStruct({ ScopeName: scopeName, Operator: operator, Values: values ?? null }),
    ) ?? null,
});

const EXISTING = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity"];

function validateRequirement({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement, at: At): void {
  if (EXISTING.includes(scopeName) && operator !== "Exists") {
    const names = EXISTING.map((name) => `ResourceQuotaScope${name}`);
    const list = `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
    at("operator").invalid(operator, `must be 'Exists' when scope is any of ${list}`);
  }
  const rule = (what: string, operators: string): string => `must be ${what} when \`operator\` is ${operators}`;
  const end = "for scope selector";
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) at("values").required(`${rule("at least one value", "'In' or 'NotIn'")} ${end}`);
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0) at("values").invalid(values, `${rule("no value", "'Exist' or 'DoesNotExist'")} ${end}`);
  } else at("operator").invalid(operator, "not a valid selector operator");
}
