/**
 * Authorization: whether a user may do what a request does.
 *
 * Models k8s.io/apiserver/pkg/authorization and pkg/endpoints/handlers/responsewriters/errors.go.
 * Leaves out the node authorizer: no kubelet asks over HTTP, so a user named after a node has what roles give him.
 */
import type { PolicyRule } from "#kernel/api/types.gen";
import { forbidden, type StatusError } from "#kernel/apimachinery/errors";
import { quote } from "#kernel/apimachinery/go-text";
import type { Key } from "#kernel/apimachinery/meta";
import type { AnyResource } from "#kernel/registry/definition";
import { describeBinding, rulesFor, visitRules } from "#kernel/registry/rbac";
import { ruleAllows } from "#kernel/registry/rbac.rules";
import type { Registry } from "#kernel/registry/registry";
import { PRIVILEGED_GROUP, type User } from "#kernel/registry/user";

/** What somebody wants to do. With a `path` it is about no resource. */
export interface Attributes {
  readonly user: User;
  /** `get`, `list`, ..., or for a path the lower-cased HTTP method. */
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly version?: string;
  readonly plural?: string;
  readonly subresource?: string;
  /** "" = cluster scope, or all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
}

export interface Decision {
  readonly isAllowed: boolean;
  /** Why, where there is more to say than yes or no. */
  readonly reason: string;
}

/** Decides. Costs a look at the bindings of the user and his groups. */
export function authorize(registry: Registry, attributes: Attributes): Decision {
  const { user, namespace = "" } = attributes;
  if (registry.authorization === "AlwaysAllow" || isPrivileged(user)) return { isAllowed: true, reason: "" };
  let reason: string | undefined;
  const { errors } = visitRules(registry, user, attributes.path === undefined ? namespace : "", ({ rule, binding }) => {
    if (!ruleAllows(rule, attributes)) return false;
    reason = `RBAC: allowed by ${describeBinding(binding, user)}`;
    return true;
  });
  if (reason !== undefined) return { isAllowed: true, reason };
  return { isAllowed: false, reason: errors.length === 0 ? "" : `RBAC: ${aggregate(errors)}` };
}

/** Whether no role needs to be asked. */
export const isPrivileged = ({ groups }: User): boolean => groups.includes(PRIVILEGED_GROUP);

/** @throws Forbidden, worded as the API server words it */
export function requireAllowed(registry: Registry, attributes: Attributes): void {
  const { isAllowed, reason } = authorize(registry, attributes);
  if (!isAllowed) throw refusalOf(attributes, reason);
}

/** Whether a user whose write found nothing may make the object. @throws Forbidden */
export function requireCreate(registry: Registry, user: User, { group, version, names }: AnyResource, key: Key): void {
  requireAllowed(registry, { user, verb: "create", group, version, plural: names.plural, ...key });
}

/** The 403 for what somebody wanted to do. */
export function refusalOf(attributes: Attributes, reason = ""): StatusError {
  const { group = "", plural = "", name = "", path } = attributes;
  const text = refusalText(attributes);
  const detail = reason === "" ? text : `${text}: ${reason}`;
  return path === undefined
    ? forbidden({ group, resource: plural }, name, detail)
    : forbidden({ group: "", resource: "" }, "", detail);
}

function refusalText({ user, verb, path, group = "", plural = "", subresource = "", namespace = "" }: Attributes) {
  const who = `User ${quote(user.name)} cannot ${verb}`;
  if (path !== undefined) return `${who} path ${quote(path)}`;
  const resource = subresource === "" ? plural : `${plural}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace ${quote(namespace)}`;
  return `${who} resource ${quote(resource)} in API group ${quote(group)} ${where}`;
}

/** Several errors as Go prints them: one as it is, more in brackets. */
export function aggregate(errors: readonly StatusError[]): string {
  const texts = [...new Set(errors.map(({ message }) => message))];
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** Every rule that applies to a user in a namespace, and what could not be resolved. */
export function allRules(
  registry: Registry,
  user: User,
  namespace: string,
): { readonly rules: readonly PolicyRule[]; readonly error: string } {
  if (registry.authorization === "AlwaysAllow") return { rules: EVERYTHING, error: "" };
  const { rules, errors } = rulesFor(registry, user, namespace);
  return { rules, error: errors.length === 0 ? "" : aggregate(errors) };
}
