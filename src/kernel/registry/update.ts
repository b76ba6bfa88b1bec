/**
 * Update: an object, or its status alone, is replaced under optimistic concurrency.
 *
 * Models k8s.io/apiserver/pkg/registry/rest/update.go and generic/registry/store.go.
 */

import { type JsonObject, materialize } from "#kernel/api/walk";
import { conflict, invalid, notFound, uidPrecondition } from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";
import { keyOf } from "#kernel/apimachinery/meta";
import { validateObjectMetaUpdate } from "#kernel/apimachinery/names";
import { type AdmissionRequest, admitAll } from "#kernel/registry/admission";
import { requireCreate } from "#kernel/registry/authorize";
import type { Client } from "#kernel/registry/client";
import { create, refuse, validateMeta } from "#kernel/registry/create";
import { type Draft, type Resource, writesStatus } from "#kernel/registry/definition";
import { removeNow } from "#kernel/registry/delete";
import { isUnchanged, type Owned, takeOwnership } from "#kernel/registry/ownership";
import { groupKindOf, groupResourceOf } from "#kernel/registry/registry";
import { getAs, isStale, putAs } from "#kernel/registry/stored";
import { clone, equal } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

export interface WriteOptions {
  readonly isDryRun?: boolean;
  /** "status" writes the status alone; "" (the default) everything else. Others are told to admission by name. */
  readonly subresource?: string;
  /** A missing object is created, as PUT does for the kinds that allow it. */
  readonly mayCreate?: boolean;
  /** What admission shows others in the object's place, and its kind. */
  readonly shownAs?: Pick<AdmissionRequest, "kind" | "shown" | "obey">;
  /** What the client has said of the write beside the object, as admission is shown it; absent = its manager. */
  readonly said?: Readonly<Record<string, string>>;
  /** What an apply made of managedFields; otherwise they follow from what the write changes. */
  readonly owned?: Owned;
}

/**
 * Replaces an object and gives it as stored. Nothing is written if nothing changes.
 * @throws NotFound, Conflict, Invalid, or what an admission plugin refuses with.
 */
export function update<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  draft: Draft<T>,
  options: WriteOptions,
): T {
  const { registry } = client;
  const key = keyOf(draft);
  const old = getAs(registry, resource, key);
  if (old === undefined) {
    if (options.mayCreate === true && resource.allowCreateOnUpdate === true && !hasVersion(draft)) {
      requireCreate(registry, client.user, resource, key);
      return create(client, resource, draft, options);
    }
    throw notFound(groupResourceOf(resource), key.name);
  }
  checkPreconditions(resource, draft, old);

  const subresource = options.subresource ?? "";
  const object = successor(resource, draft, old, subresource);
  if (!writesStatus(subresource)) resource.setDefaults?.(object);
  takeOwnership(client, resource, { old, object, subresource, owned: options.owned });
  const request: AdmissionRequest = {
    operation: "UPDATE",
    resource,
    subresource,
    ...key,
    object,
    old,
    user: client.user,
    isDryRun: options.isDryRun === true,
    ...options.shownAs,
    options: options.said ?? { fieldManager: client.fieldManager },
    notes: new Map(),
  };
  const concerned = registry.admission.filter((plugin) => plugin.concerns(request));
  admitAll(concerned, request, client);

  const at = collector();
  if (writesStatus(subresource)) {
    resource.prepareForStatusUpdate?.(object, old, registry.context, subresource);
    if (isUnchanged(object, old) && !isStale(registry, resource, key, old)) return old;
    validateMeta(resource, object.metadata, at);
    validateObjectMetaUpdate(object.metadata, old.metadata, at.under("metadata"));
    resource.validateStatusUpdate?.(object, old, at, registry.context, subresource);
  } else {
    resource.prepareForUpdate?.(object, old, registry.context, subresource);
    if (resource.hasGeneration === true && !equal(specOf(resource, object), specOf(resource, old))) {
      object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
    if (isUnchanged(object, old) && !isStale(registry, resource, key, old))
      return removeIfReleased(client, resource, old, options) ?? old;
    validateMeta(resource, object.metadata, at);
    validateObjectMetaUpdate(object.metadata, old.metadata, at.under("metadata"));
    resource.validate?.(object, at, registry.context, old);
    resource.validateUpdate?.(object, old, at, registry.context, subresource);
  }
  refuse(resource, key.name, at);
  for (const plugin of concerned) plugin.validate?.(request, client);
  if (!writesStatus(subresource)) resource.allocate?.(object, old, at, registry.context);
  refuse(resource, key.name, at);
  registry.outside.written();
  if (options.isDryRun === true) return object;
  return removeIfReleased(client, resource, object, options) ?? putAs(registry, resource, key, object);
}

/** Everything a change of which counts as a new generation. */
function specOf<T extends KubeObject>({ isCustom }: Resource<T>, object: T): Partial<T> {
  const { metadata: _, ...rest } = object;
  // The status of a custom kind is part of it, unless it is a resource of its own: then it is the old one here.
  if (isCustom !== true) delete (rest as { status?: unknown }).status;
  return rest as unknown as Partial<T>;
}

/** Whether the client says which version it replaces; "0" is none, as upstream reads it as a number. */
const hasVersion = ({ metadata: { resourceVersion = "" } }: Draft<KubeObject>): boolean =>
  resourceVersion !== "" && resourceVersion !== "0";

function checkPreconditions<T extends KubeObject>(resource: Resource<T>, draft: Draft<T>, old: T): void {
  const { resourceVersion, uid, name = "" } = draft.metadata;
  if (!hasVersion(draft) && resource.allowUnconditionalUpdate === false) {
    const at = collector();
    at("metadata.resourceVersion").invalid(0, "must be specified for an update");
    throw invalid(groupKindOf(resource), name, at.errors);
  }
  if (uid !== undefined && uid !== "" && uid !== old.metadata.uid) {
    throw conflict(groupResourceOf(resource), name, uidPrecondition(uid, old.metadata.uid));
  }
  if (hasVersion(draft) && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(groupResourceOf(resource), name);
  }
}

/** A custom kind's status goes if nobody writes it any more; that of a Go struct is always there. */
function withoutStatus<T extends KubeObject>({ isCustom }: Resource<T>, object: T): T {
  if (isCustom === true) delete (object as { status?: unknown }).status;
  return object;
}

/** The new object: what the client may change from the draft, the rest from the old one. A copy of its own. */
function successor<T extends KubeObject>(resource: Resource<T>, draft: Draft<T>, old: T, subresource: string): T {
  const metadata = successorMeta(resource, draft, old, subresource);
  if (writesStatus(subresource)) {
    const { status } = draft as { status?: JsonObject };
    const shape = resource.shape.fields.get("status")?.object;
    if (status === undefined) return withoutStatus(resource, { ...old, metadata });
    const copy = clone(status);
    return { ...old, metadata, status: shape === undefined ? copy : materialize(shape, copy) };
  }
  const { apiVersion: __, kind: ___, metadata: ____, ...rest } = draft as Draft<KubeObject> & { status?: unknown };
  if (resource.subresources?.status === true) delete rest.status;
  const body = clone(rest) as { status?: unknown };
  const { status } = old as { status?: unknown };
  if (resource.subresources?.status === true && status !== undefined) body.status = status;
  const object = { apiVersion: resource.apiVersion, kind: resource.names.kind, metadata, ...body };
  return materialize(resource.shape, object) as unknown as T;
}

function successorMeta<T extends KubeObject>(
  { fixedOnStatus = [] }: Resource<T>,
  draft: Draft<T>,
  { metadata: was }: T,
  subresource: string,
): T["metadata"] {
  const { selfLink: _, managedFields, ...wanted } = draft.metadata;
  const isStatus = writesStatus(subresource);
  if (isStatus && fixedOnStatus === "all") return { ...was, ...(managedFields !== undefined && { managedFields }) };
  const metadata = {
    ...clone(wanted),
    // Entries are shared: nobody changes them.
    ...(managedFields !== undefined && { managedFields }),
    name: was.name,
    uid: was.uid,
    resourceVersion: was.resourceVersion,
    creationTimestamp: was.creationTimestamp,
  };
  const fixed = isStatus && fixedOnStatus !== "all" ? fixedOnStatus : [];
  for (const field of [...SET_BY_SERVER, ...fixed]) {
    delete metadata[field];
    const value = was[field];
    if (value !== undefined) Object.assign(metadata, { [field]: value });
  }
  return metadata;
}

const SET_BY_SERVER = [
  "namespace",
  "generateName",
  "generation",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** An object that was only waiting for its last finalizer goes with the update that removes it. */
function removeIfReleased<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: T,
  options: WriteOptions,
): T | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0 || finalizers.length > 0) return undefined;
  if (resource.isHeld?.(object) === true || options.isDryRun === true) return undefined;
  return removeNow(client, resource, object);
}
