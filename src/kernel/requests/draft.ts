/**
 * Drafts: a decoded body must agree with the URL it was sent to.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/rest.go (checkName) and registry/rest
 * (EnsureObjectNamespaceMatchesRequestNamespace).
 */
import { badRequest } from "#kernel/apimachinery/errors";
import type { AnyResource } from "#kernel/registry/definition";
import type { RequestInfo } from "#kernel/requests/request-info";
import type { KubeObject } from "#kernel/store/object";

/** The object with the namespace of the request. @throws BadRequest where it says it is another one */
export function draftFor(resource: AnyResource, object: KubeObject, { namespace, name }: RequestInfo): KubeObject {
  const metadata = { ...object.metadata };
  if (name !== "") checkName(metadata, name, resource.isNamespaced ? namespace : "");
  if (!resource.isNamespaced) return { ...object, metadata };
  if (namespace === "") throw badRequest("namespace is required");
  if ((metadata.namespace ?? "") === "") metadata.namespace = namespace;
  if (metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return { ...object, metadata };
}

/** What the URL names must be what the body is. */
function checkName(metadata: Partial<KubeObject["metadata"]>, name: string, namespace: string): void {
  const { name: said = "", namespace: place = "" } = metadata;
  if (said === "") {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (said !== name) {
    throw badRequest(`the name of the object (${said}) does not match the name on the URL (${name})`);
  }
  if (namespace !== "" && place !== "" && place !== namespace) {
    throw badRequest(
      `the namespace of the object (${place}) does not match the namespace on the request (${namespace})`,
    );
  }
}
