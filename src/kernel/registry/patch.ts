/**
 * Patch: JSON patch, merge patch and strategic merge patch of an object or its status.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/patch.go.
 */
import { badRequest, notFound } from "#kernel/apimachinery/errors";
import type { Key } from "#kernel/apimachinery/meta";
import { jsonPatch } from "#kernel/apimachinery/patch/json-patch";
import { mergePatch } from "#kernel/apimachinery/patch/merge-patch";
import { strategicMergePatch } from "#kernel/apimachinery/patch/strategic-merge-patch";
import type { Client } from "#kernel/registry/client";
import type { AnyResource, Draft, Resource } from "#kernel/registry/definition";
import { groupResourceOf } from "#kernel/registry/registry";
import { getAs } from "#kernel/registry/stored";
import { update, type WriteOptions } from "#kernel/registry/update";
import type { KubeObject } from "#kernel/store/object";

export interface PatchRequest {
  readonly type: "json" | "merge" | "strategic";
  readonly body: unknown;
  /** Turns the patched JSON back into a typed object, as any request body: type errors and unknown fields. */
  readonly decode: (patched: unknown) => KubeObject;
}

/**
 * Patches an object and gives it as stored.
 * @throws NotFound, BadRequest, Invalid, or whatever an update refuses with.
 */
export function patch<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  key: Key,
  request: PatchRequest,
  options: WriteOptions,
): T {
  const old = getAs(client.registry, resource, key);
  if (old === undefined) throw notFound(groupResourceOf(resource), key.name);
  const patched = request.decode(applyPatch(resource, old, request));
  const { name, namespace = "" } = patched.metadata;
  if (name !== key.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${key.name})`);
  if (namespace !== key.namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  return update(client, resource, patched as unknown as Draft<T>, options);
}

function applyPatch(resource: AnyResource, old: KubeObject, { type, body }: PatchRequest): unknown {
  if (type === "json") return jsonPatch(old, body);
  if (type === "merge") return mergePatch(old, body);
  return strategicMergePatch(old, body, resource.shape);
}
