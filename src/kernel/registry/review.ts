/**
 * Review: a create that is a question. The object is completed with its answer and never stored.
 *
 * Models the REST storages of pkg/registry/authorization and pkg/registry/authentication.
 */
import { materialize } from "#kernel/api/walk";
import { collector } from "#kernel/apimachinery/field-errors";
import { type AdmissionRequest, admitAll } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import { refuse } from "#kernel/registry/create";
import type { Draft, Resource } from "#kernel/registry/definition";
import type { WriteOptions } from "#kernel/registry/update";
import { clone } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

/**
 * Answers a question.
 * @throws Invalid, or what an admission plugin refuses with.
 */
export function review<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  draft: Draft<T>,
  options: WriteOptions,
): T {
  const { apiVersion: _, kind: __, ...rest } = draft;
  const named = { apiVersion: resource.apiVersion, kind: resource.names.kind, ...clone(rest) };
  const object = materialize(resource.shape, named) as unknown as T;
  resource.setDefaults?.(object);
  const { namespace = "", name = "" } = object.metadata;
  const request: AdmissionRequest = {
    operation: "CREATE",
    resource,
    subresource: "",
    namespace,
    name,
    object,
    user: client.user,
    isDryRun: options.isDryRun === true,
    notes: new Map(),
  };
  const concerned = client.registry.admission.filter((plugin) => plugin.concerns(request));
  admitAll(concerned, request, client);
  const at = collector();
  resource.validate?.(object, at, client.registry.context);
  refuse(resource, name, at);
  for (const plugin of concerned) plugin.validate?.(request, client);
  return resource.review?.(object, client) ?? object;
}
