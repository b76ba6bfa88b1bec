/**
 * What a request does, as authorizers look at it.
 *
 * Models k8s.io/apiserver/pkg/endpoints/filters/authorization.go.
 */
import { parseFieldSelector } from "#kernel/apimachinery/field-selector";
import type { Attributes } from "#kernel/registry/authorize";
import type { User } from "#kernel/registry/user";
import type { Query } from "#kernel/requests/query";
import type { RequestInfo } from "#kernel/requests/request-info";

/** Of a request that is about no resource. */
export const ofPath = (user: User, method: string, path: string): Attributes => ({
  user,
  verb: method.toLowerCase(),
  path,
});

/** Of a request for a resource. */
export function ofResource(user: User, info: RequestInfo, query: Query): Attributes {
  const { verb, group, version, plural, subresource } = info;
  // A namespace lies in itself: who is bound in it may read it.
  const namespace = plural === "namespaces" ? info.name : info.namespace;
  return { user, verb, group, version, plural, subresource, namespace, name: nameOf(info, query) };
}

/** The name in the path, or the one name a list or a watch is narrowed to. */
function nameOf({ name, verb }: RequestInfo, query: Query): string {
  if (name !== "" || (verb !== "list" && verb !== "watch" && verb !== "deletecollection")) return name;
  const selector = query.get("fieldSelector") ?? "";
  if (!selector.includes("metadata.name")) return name;
  const terms = parseFieldSelector(selector);
  return terms.find(({ field, isNegated }) => field === "metadata.name" && !isNegated)?.value ?? "";
}
