/**
 * Whether a webhook or a policy is about a request: rules, versions that mean the same, selectors.
 *
 * Models apiserver/pkg/admission/plugin/webhook/predicates and plugin/policy/matching.
 */
import type { LabelSelector, NamedRuleWithOperations } from "#kernel/api/types.gen";
import { isEmpty, matches } from "#kernel/apimachinery/labels";
import type { AdmissionRequest } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import { readAs, storedFrom } from "#kernel/registry/stored";
import { namespaces } from "#kernel/resources/core/namespace";
import type { KubeObject } from "#kernel/store/object";

/** What a webhook, a policy or a binding says it is about. */
export interface Criteria {
  readonly rules: readonly NamedRuleWithOperations[];
  readonly excluded?: readonly NamedRuleWithOperations[] | undefined;
  readonly matchPolicy?: string | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly objectSelector?: LabelSelector | undefined;
}

const CONFIGURATION = new Set([
  ...["validatingwebhookconfigurations", "mutatingwebhookconfigurations", "validatingadmissionpolicies"],
  ...["validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"],
]);

/** Whether a request is about admission itself: nothing may stand between an administrator and what locks him out. */
export const isAboutAdmission = ({ resource: { group, names } }: AdmissionRequest): boolean =>
  group === "admissionregistration.k8s.io" && CONFIGURATION.has(names.plural);

const REVIEWS = new Set([
  ...["selfsubjectreviews", "tokenreviews", "localsubjectaccessreviews", "selfsubjectaccessreviews"],
  ...["selfsubjectrulesreviews", "subjectaccessreviews"],
]);

/**
 * Whether policies have no say: they would stand in the way of the questions everything depends on, or of themselves.
 */
export function isBeyondPolicies(request: AdmissionRequest): boolean {
  const { group, names } = request.resource;
  if (group === "authentication.k8s.io" || group === "authorization.k8s.io") return REVIEWS.has(names.plural);
  return isAboutAdmission(request) && !names.plural.endsWith("webhookconfigurations");
}

/** The namespace of a request; a namespace lies in itself. */
export const namespaceOf = ({ resource, namespace, name }: AdmissionRequest): string =>
  resource.bucket === namespaces.bucket ? name : namespace;

/** The version in which the criteria mean the request's resource; undefined if they are not about it. */
export function matchedVersion(client: Client, request: AdmissionRequest, criteria: Criteria): AnyResource | undefined {
  const { rules, excluded = [], matchPolicy } = criteria;
  const versions = matchPolicy === "Exact" ? [request.resource] : equivalents(client, request);
  if (versions.some((version) => excluded.some((rule) => ruleMatches(rule, request, version)))) return undefined;
  const found =
    rules.length === 0
      ? request.resource
      : versions.find((one) => rules.some((rule) => ruleMatches(rule, request, one)));
  if (found === undefined) return undefined;
  return namespaceMatches(client, request, criteria) && objectMatches(request, criteria) ? found : undefined;
}

/** The request's own version, then the others of the same stored kind. */
function equivalents(client: Client, { resource }: AdmissionRequest): readonly AnyResource[] {
  const others = client.registry.versionsOf(resource.bucket).filter((one) => one !== resource);
  return [resource, ...others];
}

function ruleMatches(rule: NamedRuleWithOperations, request: AdmissionRequest, version: AnyResource): boolean {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], resourceNames = [], scope = "*" } = rule;
  if (!includes(operations, request.operation)) return false;
  if (!includes(apiGroups, version.group) || !includes(apiVersions, version.version)) return false;
  if (scope !== "*" && (scope === "Namespaced") !== version.isNamespaced) return false;
  if (resourceNames.length > 0 && !resourceNames.includes(request.name)) return false;
  return resources.some((wanted) => resourceMatches(wanted, version.names.plural, request.subresource));
}

const includes = (values: readonly string[], value: string): boolean => values.includes("*") || values.includes(value);

function resourceMatches(wanted: string, plural: string, subresource: string): boolean {
  const [resource = "", sub = ""] = wanted.split("/", 2);
  return (resource === "*" || resource === plural) && (sub === "*" || sub === subresource);
}

function namespaceMatches(client: Client, request: AdmissionRequest, { namespaceSelector }: Criteria): boolean {
  if (namespaceSelector === undefined || isEmpty(namespaceSelector)) return true;
  const name = namespaceOf(request);
  if (name === "" && request.resource.bucket !== namespaces.bucket) return true;
  const isItself = request.resource.bucket === namespaces.bucket && request.object !== undefined;
  const namespace = isItself ? request.object : client.get(namespaces, { namespace: "", name });
  return matches(namespaceSelector, namespace?.metadata.labels ?? {});
}

/** Either object may have the labels: what leaves a selection is seen as well as what comes in. */
function objectMatches({ object, old }: AdmissionRequest, { objectSelector }: Criteria): boolean {
  if (objectSelector === undefined || isEmpty(objectSelector)) return true;
  const fits = (one: KubeObject | undefined): boolean =>
    one !== undefined && matches(objectSelector, one.metadata?.labels ?? {});
  return fits(object) || fits(old);
}

/** An object of the request as those who are asked about it see it: of another version, or as its scale. */
export function viewAs(
  { resource, shown }: AdmissionRequest,
  version: AnyResource,
  object: KubeObject | undefined,
): KubeObject | undefined {
  if (object !== undefined && shown !== undefined) return shown(object);
  if (object === undefined || resource === version) return object;
  return readAs(version, storedFrom(resource, object));
}
