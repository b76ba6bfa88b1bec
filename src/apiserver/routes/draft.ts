/**
 * Drafts: a decoded body must agree with the URL it was sent to.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/rest.go (checkName) and registry/rest
 * (EnsureObjectNamespaceMatchesRequestNamespace).
 */
import type { RequestInfo } from "#apiserver/request-info";
import { badRequest } from "#kernel/apimachinery/errors";
import type { AnyResource } from "#kernel/registry/definition";
import type { KubeObject } from "#kernel/store/object";

/** The object with the namespace (and, where the URL has one, the name) of the request. @throws BadRequest */
export function draftFor(resource: AnyResource, object: KubeObject, { namespace, name }: RequestInfo): KubeObject {
  const metadata = { ...object.metadata };
  if (name !== "") {
    if ((metadata.name ?? "") === "") metadata.name = name;
    if (metadata.name !== name) {
      throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
    }
  }
  if (!resource.isNamespaced) return { ...object, metadata };
  if (namespace === "") throw badRequest("namespace is required");
  if ((metadata.namespace ?? "") === "") metadata.namespace = namespace;
  if (metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return { ...object, metadata };
}
