/**
 * Whether requests, limits and resource claims are well formed, of containers and of whole pods.
 *
 * Models pkg/apis/core/validation (validateResourceRequirements, validatePodResources) and pkg/apis/core/helper.
 */

import type { CoreResourceClaim, PodResourceClaim, PodSpec, ResourceRequirements } from "#kernel/api/types.gen";
import type { At, FieldProblem } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain, negativeText, qualifiedName } from "#kernel/apimachinery/formats";
import { cmp, milli, parseQuantity, quantityProblem, value as wholeUnits } from "#kernel/apimachinery/quantity";
import { isPodLevelResource, sumOfRequests } from "#kernel/resources/core/pod.facts.resources";
import { eachAt, mustBeGiven, mustFit } from "#kernel/resources/core/pod.validate.fields";

const CONTAINER_RESOURCES = new Set(["cpu", "memory", "ephemeral-storage"]);

const STANDARD_RESOURCES = new Set([
  ...CONTAINER_RESOURCES,
  ...["requests.cpu", "requests.memory", "requests.ephemeral-storage"],
  ...["limits.cpu", "limits.memory", "limits.ephemeral-storage"],
  ...["pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"],
  ...["persistentvolumeclaims", "storage", "requests.storage", "services.nodeports", "services.loadbalancers"],
]);

const INTEGER_RESOURCES = new Set([
  ...["pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"],
  ...["persistentvolumeclaims", "services.nodeports", "services.loadbalancers"],
]);

const hugePagesPrefix = "hugepages-";

/** True for `hugepages-2Mi` and its kin. */
export const isHugePages = (name: string): boolean => name.startsWith(hugePagesPrefix);

const isNative = (name: string): boolean => !name.includes("/") || name.includes("kubernetes.io/");

/** True if requests of the resource may be lower than its limit. */
export const isOvercommitAllowed = (name: string): boolean => isNative(name) && !isHugePages(name);

/** True for resources of devices and the like: `example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  return !isNative(name) && !name.startsWith("requests.") && qualifiedName(`requests.${name}`).length === 0;
}

/** Adds an error for what is no name of a resource; gives whether it is one. */
export function validateResourceName(name: string, problem: FieldProblem): boolean {
  const texts = qualifiedName(name);
  for (const text of texts) problem.invalid(name, text);
  if (texts.length > 0) return false;
  if (name.includes("/") || STANDARD_RESOURCES.has(name) || isHugePages(name)) return true;
  problem.invalid(name, "must be a standard resource type or fully qualified");
  return false;
}

/** Adds an error for what is no resource of a container. */
export function validateContainerResourceName(name: string, problem: FieldProblem): void {
  validateResourceName(name, problem);
  if (!name.includes("/")) {
    if (!CONTAINER_RESOURCES.has(name) && !isHugePages(name)) {
      problem.invalid(name, "must be a standard resource for containers");
    }
  } else if (!isNative(name) && !isExtendedResource(name)) {
    problem.invalid(name, "doesn't follow extended resource name standard");
  }
}

function validatePodResourceName(name: string, problem: FieldProblem): void {
  if (!validateResourceName(name, problem) || isPodLevelResource(name)) return;
  problem.notSupported(name, ["cpu", "hugepages-", "memory"]);
}

/** Adds an error for a negative amount, and for a fraction of what only comes whole. */
export function validateQuantityValue(name: string, quantity: string, problem: FieldProblem): void {
  if (cmp(quantity, "0") < 0) problem.invalid(quantity, negativeText);
  const isWhole = INTEGER_RESOURCES.has(name) || isExtendedResource(name);
  if (isWhole && milli(quantity) % 1000 !== 0) problem.invalid(quantity, "must be an integer");
}

/** Adds an error for a negative amount of storage, which is shown in whole units. */
export function validateBasicResource(quantity: string, problem: FieldProblem): void {
  if (cmp(quantity, "0") < 0) problem.invalid(Number(wholeUnits(quantity)), "must be a valid resource quantity");
}

function validateHugePages(name: string, quantity: string, problem: FieldProblem): void {
  const size = name.slice(hugePagesPrefix.length);
  const isSize = quantityProblem(size) === undefined && parseQuantity(size).nanos > 0n && milli(size) % 1000 === 0;
  if (isSize && wholeUnits(quantity) % wholeUnits(size) === 0) return;
  problem.invalid(quantity, `${quantity} is not positive integer multiple of ${name}`);
}

type NameCheck = (name: string, problem: FieldProblem) => void;

/** Adds an error for each wrong part of a container's resources; `claimNames` are those of the pod. */
export function validateContainerResources(
  resources: ResourceRequirements | undefined,
  claimNames: ReadonlySet<string>,
  at: At,
): void {
  if (resources !== undefined) validateRequirements(resources, validateContainerResourceName, claimNames, at);
}

/** Adds an error for each wrong part of spec.overhead. */
export function validateOverhead(overhead: Record<string, string>, at: At): void {
  validateRequirements({ limits: overhead }, validateContainerResourceName, new Set(), at);
}

function validateRequirements(
  resources: ResourceRequirements,
  nameCheck: NameCheck,
  claimNames: ReadonlySet<string>,
  at: At,
): void {
  const { limits = {}, requests = {} } = resources;
  for (const [name, quantity] of Object.entries(limits))
    validateAmount(name, quantity, nameCheck, at(`limits[${name}]`));
  for (const [name, quantity] of Object.entries(requests)) {
    validateAmount(name, quantity, nameCheck, at(`requests[${name}]`));
    validateAgainstLimit(name, quantity, limits[name], at);
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  const hasCompute = names.some((name) => name === "cpu" || name === "memory");
  if (!hasCompute && names.some(isHugePages)) at("").forbidden("HugePages require cpu or memory");
  validateClaimReferences(resources.claims, claimNames, at.under("claims"));
}

function validateAmount(name: string, quantity: string, nameCheck: NameCheck, problem: FieldProblem): void {
  nameCheck(name, problem);
  validateQuantityValue(name, quantity, problem);
  if (isHugePages(name)) validateHugePages(name, quantity, problem);
}

function validateAgainstLimit(name: string, request: string, limit: string | undefined, at: At): void {
  if (limit === undefined) {
    if (!isOvercommitAllowed(name)) at("limits").required("Limit must be set for non overcommitable resources");
    return;
  }
  const order = cmp(request, limit);
  if (order !== 0 && !isOvercommitAllowed(name)) {
    at("requests").invalid(request, `must be equal to ${name} limit of ${limit}`);
  } else if (order > 0) at("requests").invalid(request, `must be less than or equal to ${name} limit of ${limit}`);
}

function validateClaimReferences(
  claims: readonly CoreResourceClaim[] | undefined,
  claimNames: ReadonlySet<string>,
  at: At,
): void {
  const seen = new Set<string>();
  for (const [{ name, request = "" }, claimAt] of eachAt(claims, at)) {
    if (!mustBeGiven(claimAt(""), name)) continue;
    if (seen.has(name)) claimAt("").duplicate(name);
    else {
      if (request !== "") mustFit(claimAt("request"), request, dns1123Label);
      const key = request === "" ? name : `${name}/${request}`;
      const overlaps = seen.has(key) || (request === "" && [...seen].some((other) => other.startsWith(`${name}/`)));
      if (overlaps) claimAt("").duplicate(key);
      seen.add(key);
    }
    if (!claimNames.has(name)) addUnknownClaim(name, claimNames, claimAt);
  }
}

function addUnknownClaim(name: string, claimNames: ReadonlySet<string>, at: At): void {
  const known = claimNames.size === 0 ? " which is empty" : `: ${[...claimNames].sort().join(", ")}`;
  const detail = `must be one of the names in pod.spec.resourceClaims${known}`;
  at.add({ type: "FieldValueNotFound", field: at.path, badValue: name, detail });
}

/** Adds an error for each wrong entry of spec.resourceClaims. */
export function validatePodClaims(claims: readonly PodResourceClaim[] | undefined, at: At): void {
  const names = new Set<string>();
  for (const [{ name, resourceClaimName, resourceClaimTemplateName }, claimAt] of eachAt(claims, at)) {
    if (names.has(name)) claimAt("name").duplicate(name);
    else if (mustBeGiven(claimAt("name"), name, dns1123Label)) names.add(name);
    // Upstream prints its internal struct, whose fields have Go's names.
    const printed = {
      Name: name,
      ResourceClaimName: resourceClaimName ?? null,
      ResourceClaimTemplateName: resourceClaimTemplateName ?? null,
    };
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      claimAt("").invalid(
        printed,
        "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
      );
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      claimAt("").invalid(printed, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    }
    if (resourceClaimName !== undefined) mustFit(claimAt("resourceClaimName"), resourceClaimName, dns1123Subdomain);
    if (resourceClaimTemplateName !== undefined) {
      mustFit(claimAt("resourceClaimTemplateName"), resourceClaimTemplateName, dns1123Subdomain);
    }
  }
}

/** Adds an error for each wrong part of spec.resources, and where containers ask for more than the pod as a whole. */
export function validatePodResources(spec: PodSpec, claimNames: ReadonlySet<string>, at: At): void {
  const { resources } = spec;
  if (resources === undefined) return;
  if (resources.claims !== undefined) at("claims").forbidden("claims cannot be set for Resources at pod-level");
  validateRequirements(resources, validatePodResourceName, claimNames, at);
  for (const [name, sum] of Object.entries(sumOfRequests(spec))) {
    if (!isPodLevelResource(name)) continue;
    const request = resources.requests?.[name] ?? "0";
    if (cmp(sum, request) <= 0) continue;
    at(`requests[${name}]`).invalid(request, `must be greater than or equal to aggregate container requests of ${sum}`);
  }
  for (const [n, container] of spec.containers.entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const most = resources.limits?.[name];
      if (most === undefined || cmp(limit, most) <= 0) continue;
      at(`containers[${n}][${name}].limits`).invalid(limit, `must be less than or equal to pod limits of ${most}`);
    }
  }
}
