/**
 * What can be asked of the API, by verb.
 */
import type { Deed } from "#kernel/requests/call";
import { deleteCollection, deleteObject } from "#kernel/requests/delete";
import { patchObject } from "#kernel/requests/patch";
import { getObject, listObjects } from "#kernel/requests/read";
import { createBinding, createEviction, createToken } from "#kernel/requests/subresources";
import { createObject, finalizeNamespace, updateObject } from "#kernel/requests/write";

export { createBinding };

/** Deeds on named subresources that are not the object itself; `resource/subresource verb`. */
export const SUBRESOURCE_DEEDS: Readonly<Record<string, Deed>> = {
  "pods/binding create": createBinding,
  "pods/eviction create": createEviction,
  "namespaces/finalize update": finalizeNamespace,
  "serviceaccounts/token create": createToken,
};

/** Subresources that are views of the object: every verb handles them itself. */
export const GENERIC_SUBRESOURCES: ReadonlySet<string> = new Set([
  "",
  "status",
  "approval",
  "scale",
  "ephemeralcontainers",
  "resize",
]);

export const OBJECT_DEEDS: Readonly<Record<string, Deed>> = {
  get: getObject,
  list: listObjects,
  create: createObject,
  update: updateObject,
  patch: patchObject,
  delete: deleteObject,
  deletecollection: deleteCollection,
};
