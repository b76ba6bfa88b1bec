/**
 * Delete: at once, or gracefully, or when the last finalizer is gone; one object or a collection.
 *
 * Models k8s.io/apiserver/pkg/registry/rest/delete.go and generic/registry/store.go.
 */
import {
  conflict,
  notFound,
  resourceVersionPrecondition,
  type Status,
  success,
  uidPrecondition,
} from "#kernel/apimachinery/errors";
import { type Key, keyOf, timeText } from "#kernel/apimachinery/meta";
import { type AdmissionRequest, admitAll } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import type { AnyResource, Resource } from "#kernel/registry/definition";
import { type ListOptions, type ListResult, list } from "#kernel/registry/list";
import { groupResourceOf } from "#kernel/registry/registry";
import { getAs, putAs, readAs } from "#kernel/registry/stored";
import { equal } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

export type PropagationPolicy = "Orphan" | "Background" | "Foreground";

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: PropagationPolicy;
  /** The deprecated form of Orphan. */
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly isDryRun?: boolean;
  /** Admission has had its say on what this delete is a part of (an eviction), and is not asked again. */
  readonly isAdmitted?: boolean;
  /** The request names a collection and no object. */
  readonly isOfCollection?: boolean;
}

const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

/**
 * Deletes an object. Gives the object while it lives on, or where its kind answers with it; else a Status.
 * @throws NotFound, Conflict (preconditions), or what an admission plugin refuses with.
 */
export function remove<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  key: Key,
  options: DeleteOptions,
): T | Status {
  const { registry } = client;
  const old = getAs(registry, resource, key);
  if (old === undefined) throw notFound(groupResourceOf(resource), key.name);
  checkPreconditions(resource, old, options);
  if (options.isAdmitted !== true) admit(client, resource, old, options);

  const marked = mark(client, resource, old, options);
  const lives =
    (marked.metadata.deletionGracePeriodSeconds ?? 0) > 0 ||
    (marked.metadata.finalizers ?? []).length > 0 ||
    resource.isHeld?.(marked) === true;
  if (lives) {
    if (options.isDryRun === true || equal(marked, old)) return marked;
    return putAs(registry, resource, key, marked);
  }
  const final = resource.grace === undefined ? old : marked;
  const last = options.isDryRun === true ? old : removeNow(client, resource, final);
  return resource.returnsDeletedObject === true ? last : deletedStatus(resource, old);
}

/** Takes an object out of the store at once and gives its last state. */
export function removeNow<T extends KubeObject>({ registry }: Client, resource: Resource<T>, object: T): T {
  return readAs(resource, registry.store.remove(resource.bucket, keyOf(object)));
}

/** Deletes every object a list request selects and gives that list. */
export function removeCollection<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  selection: ListOptions,
  options: DeleteOptions,
): ListResult<T> {
  const found = list(client.registry, resource, selection);
  for (const object of found.items) remove(client, resource, keyOf(object), { ...options, isOfCollection: true });
  return found;
}

/** What DELETE answers for most kinds. */
export function deletedStatus(resource: AnyResource, { metadata }: KubeObject): Status {
  const { group, names } = resource;
  return success({ name: metadata.name, ...(group !== "" && { group }), kind: names.plural, uid: metadata.uid });
}

function checkPreconditions(resource: AnyResource, old: KubeObject, { preconditions }: DeleteOptions): void {
  const { name, uid, resourceVersion } = old.metadata;
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    throw conflict(groupResourceOf(resource), name, uidPrecondition(preconditions.uid, uid));
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    const detail = resourceVersionPrecondition(preconditions.resourceVersion, resourceVersion);
    throw conflict(groupResourceOf(resource), name, detail);
  }
}

function admit(client: Client, resource: AnyResource, old: KubeObject, options: DeleteOptions): void {
  const request: AdmissionRequest = {
    operation: "DELETE",
    resource,
    subresource: "",
    ...keyOf(old),
    ...(options.isOfCollection === true && { name: "" }),
    old,
    user: client.user,
    isDryRun: options.isDryRun === true,
    options: deleteOptions(options),
    notes: new Map(),
  };
  const concerned = client.registry.admission.filter((plugin) => plugin.concerns(request));
  admitAll(concerned, request, client);
  for (const plugin of concerned) plugin.validate?.(request, client);
  client.registry.outside.written();
}

function deleteOptions(options: DeleteOptions): Record<string, unknown> {
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions } = options;
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagationPolicy !== undefined && { propagationPolicy }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(preconditions !== undefined && { preconditions }),
  };
}

/** The object marked for deletion: timestamp, grace and the finalizers its propagation policy asks for. */
function mark<T extends KubeObject>(client: Client, resource: Resource<T>, old: T, options: DeleteOptions): T {
  const { registry } = client;
  const { metadata: was } = old;
  const asked = resource.grace?.(old, options.gracePeriodSeconds, registry.context).seconds ?? 0;
  // A second delete may only shorten the wait.
  const seconds = was.deletionTimestamp === undefined ? asked : Math.min(asked, was.deletionGracePeriodSeconds ?? 0);
  const isShorter = was.deletionTimestamp === undefined || seconds < (was.deletionGracePeriodSeconds ?? 0);
  const finalizers = finalizersFor(was.finalizers ?? [], options, resource.orphansByDefault === true);
  const { finalizers: _, ...rest } = was;
  const metadata = {
    ...rest,
    ...(finalizers.length > 0 && { finalizers }),
    ...(isShorter && {
      deletionTimestamp: timeText(registry.now + seconds * 1000),
      deletionGracePeriodSeconds: seconds,
    }),
    ...(resource.hasGeneration === true &&
      was.deletionTimestamp === undefined && { generation: (was.generation ?? 0) + 1 }),
  };
  const marked = { ...old, metadata };
  return resource.terminating?.(marked) ?? marked;
}

function finalizersFor(present: readonly string[], options: DeleteOptions, orphansByDefault: boolean): string[] {
  const asked = options.propagationPolicy ?? (options.orphanDependents === true ? "Orphan" : undefined);
  const isOpen = asked === undefined && options.orphanDependents === undefined;
  const isDecided = present.includes(ORPHAN) || present.includes(FOREGROUND);
  if (isOpen && (isDecided || !orphansByDefault)) return [...present];
  const policy = isOpen ? "Orphan" : asked;
  const others = present.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  if (policy === "Orphan") return [...others, ORPHAN];
  if (policy === "Foreground") return [...others, FOREGROUND];
  return others;
}
