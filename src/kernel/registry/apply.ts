/**
 * Apply: a configuration is merged into an object, its status or its scale; an object that is not there is created.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/patch.go (applyPatcher).
 */
import { type Decoded, decode, type JsonObject } from "#kernel/api/walk";
import { badRequest, notFound, unknownError } from "#kernel/apimachinery/errors";
import { type Application, apply as applyTo, objectText } from "#kernel/apimachinery/managedfields/apply";
import { apiVersionOf, type Key } from "#kernel/apimachinery/meta";
import { requireCreate } from "#kernel/registry/authorize";
import type { Client } from "#kernel/registry/client";
import { create } from "#kernel/registry/create";
import type { Draft, Resource } from "#kernel/registry/definition";
import { type Owned, writeOf } from "#kernel/registry/ownership";
import { groupResourceOf } from "#kernel/registry/registry";
import { getAs } from "#kernel/registry/stored";
import { update, type WriteOptions } from "#kernel/registry/update";
import type { KubeObject } from "#kernel/store/object";

export interface ApplyRequest {
  /** As the client wrote it, only parsed. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Takes the fields of other managers it changes. */
  readonly isForced: boolean;
}

export interface ApplyResult<T> {
  readonly object: T;
  readonly isNew: boolean;
}

/**
 * Applies a configuration and gives the object as stored.
 * @throws Conflict, BadRequest, NotFound (subresources), or whatever a create or an update refuses with.
 */
export function apply<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  key: Key,
  request: ApplyRequest,
  options: WriteOptions,
): ApplyResult<T> {
  const { subresource = "" } = options;
  const live = getAs(client.registry, resource, key);
  if (live === undefined && subresource !== "") throw notFound(groupResourceOf(resource), key.name);
  if (live === undefined) requireCreate(client.registry, client.user, resource, key);
  const write = writeOf(client, resource, "Apply", subresource);
  const applied = typedApply(live, { ...write, ...request, gvk: resource.gvk }, resource.decode);
  const draft = placed(applied.object as unknown as Draft<T>, resource, key);
  const owned: WriteOptions = { ...options, owned: applied.owned };
  if (live !== undefined) return { object: update(client, resource, draft, owned), isNew: false };
  return { object: create(client, resource, draft, owned), isNew: true };
}

/** The object as Go's types hold it, and its owners. */
export function typedApply(
  live: KubeObject | undefined,
  application: Application,
  read: (value: JsonObject) => Decoded = (value) => decode(application.shape, value),
): { object: KubeObject; owned: Owned } {
  const { object, managedFields } = applyTo(live, application);
  const { value, problem } = read(object);
  if (problem !== undefined) {
    const what = objectText(application.config, application.gvk);
    throw unknownError(`failed to convert new object (${what}) to proper version: ${problem}`);
  }
  const { kind } = application.gvk;
  return {
    object: { ...value, apiVersion: apiVersionOf(application.gvk), kind } as KubeObject,
    owned: { managedFields },
  };
}

/** The draft in the request's namespace. @throws BadRequest if it says otherwise */
function placed<T extends KubeObject>(draft: Draft<T>, resource: Resource<T>, key: Key): Draft<T> {
  const { name = "", namespace = "" } = draft.metadata ?? {};
  if (name === "") {
    throw badRequest(`the name of the object (${key.name} based on URL) was undeterminable: name must be provided`);
  }
  if (name !== key.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${key.name})`);
  }
  if (namespace !== "" && namespace !== key.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (!resource.isNamespaced) return draft;
  return { ...draft, metadata: { ...draft.metadata, namespace: key.namespace } };
}
