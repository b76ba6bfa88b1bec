/**
 * Garbage collector: an object goes when all its owners are gone; an owner waits for, or lets go of, what it owns.
 *
 * Models pkg/controller/garbagecollector. Leaves out the graph of everything: the index of owners is always up to
 * date, so absent owners need no second look.
 */
import { hasFinalizer, type Key, keyOf, type OwnerReference, parseApiVersion } from "#kernel/apimachinery/meta";
import { watchingEverything } from "#kernel/controllers/shared/kinds";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done } from "#kernel/registry/controller";
import type { AnyResource, Draft } from "#kernel/registry/definition";
import type { PropagationPolicy } from "#kernel/registry/delete";
import type { Placed } from "#kernel/registry/indexes";
import { getAs } from "#kernel/registry/stored";
import { recordEvent } from "#kernel/resources/core/event.record";
import { namespaces } from "#kernel/resources/core/namespace";
import type { Bucket, Change, KubeObject } from "#kernel/store/object";

const NAME = "garbage-collector-controller";
const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

export const garbageCollector: Controller = {
  name: NAME,
  component: "controllerManager",
  watches: [watchingEverything(concerned)],

  reconcile(context, key) {
    const found = itemOf(context.client, key);
    if (found !== undefined) collect(context, found);
    return done;
  },
};

/** A key of this controller names the bucket together with the namespace: `deployments.apps:default`. */
const keyIn = (bucket: Bucket, object: KubeObject): Key => ({
  namespace: `${bucket}:${object.metadata.namespace ?? ""}`,
  name: object.metadata.name,
});

interface Item {
  readonly resource: AnyResource;
  readonly object: KubeObject;
}

function itemOf({ registry }: Client, { namespace, name }: Key): Item | undefined {
  const colon = namespace.indexOf(":");
  const bucket = namespace.slice(0, colon);
  const resource = registry.resourceOfBucket(bucket);
  const object = resource && getAs(registry, resource, { namespace: namespace.slice(colon + 1), name });
  return object === undefined || resource === undefined ? undefined : { resource, object };
}

/** A dependent as its kind is served; undefined if it is not (any more). */
const itemAt = (client: Client, { bucket, object }: Placed): Item | undefined => itemOf(client, keyIn(bucket, object));

/** Whom a change may turn into garbage or set free. */
function concerned({ bucket, type, object, previous }: Change, client: Client): readonly Key[] {
  const { metadata } = object;
  if (type === "DELETED") {
    const dependents = dependentsOf(client, object).map((placed) => keyIn(placed.bucket, placed.object));
    return [...dependents, ...waitingOwners(client, object)];
  }
  const keys: Key[] = [];
  const owners = metadata.ownerReferences;
  const former = previous?.metadata.ownerReferences;
  const isWaiting =
    metadata.deletionTimestamp !== undefined && (hasFinalizer(object, ORPHAN) || hasFinalizer(object, FOREGROUND));
  if (isWaiting || lacksAnOwner(client, object, former)) keys.push(keyIn(bucket, object));
  if (previous !== undefined && former !== undefined && blockedBy(former) !== blockedBy(owners)) {
    keys.push(...waitingOwners(client, previous));
  }
  return keys;
}

const uidsOf = (refs: readonly OwnerReference[] | undefined): string => (refs ?? []).map(({ uid }) => uid).join();

/** Whom an object holds up: an owner it names no longer, or blocks no longer, may have waited for just that. */
const blockedBy = (refs: readonly OwnerReference[] | undefined): string =>
  (refs ?? []).map(({ uid, blockOwnerDeletion = false }) => `${uid} ${blockOwnerDeletion}`).join();

/** True if the object has new owners and one of them is not there, or is going. */
function lacksAnOwner(client: Client, object: KubeObject, former: readonly OwnerReference[] | undefined): boolean {
  const owners = object.metadata.ownerReferences;
  if (owners === undefined || (former !== undefined && uidsOf(former) === uidsOf(owners))) return false;
  return owners.some((ref) => find(client, object, ref).state !== "solid");
}

/** Owners of an object that wait for it to go. */
function waitingOwners(client: Client, object: KubeObject): Key[] {
  const keys: Key[] = [];
  for (const ref of object.metadata.ownerReferences ?? []) {
    const { state, owner } = find(client, object, ref);
    if (state === "waiting" && owner !== undefined) keys.push(keyIn(owner.resource.bucket, owner.object));
  }
  return keys;
}

/** What became of an owner: there, gone, waiting for its dependents, or not to be found out. */
interface Found {
  readonly state: "solid" | "dangling" | "waiting" | "unresolvable";
  readonly owner?: Item;
}

function find({ registry }: Client, dependent: KubeObject, { apiVersion, kind, name, uid }: OwnerReference): Found {
  const gv = parseApiVersion(apiVersion);
  const resource = gv === undefined ? undefined : registry.resourceOfKind({ ...gv, kind });
  if (resource === undefined) return { state: "unresolvable" };
  const namespace = dependent.metadata.namespace ?? "";
  if (resource.isNamespaced && namespace === "") return { state: "unresolvable" };
  const object = getAs(registry, resource, { namespace: resource.isNamespaced ? namespace : "", name });
  if (object === undefined || object.metadata.uid !== uid) return { state: "dangling" };
  return { state: isWaitingForDependents(object) ? "waiting" : "solid", owner: { resource, object } };
}

function collect(context: Context, item: Item): void {
  const { client } = context;
  const { metadata } = item.object;
  const isGoing = metadata.deletionTimestamp !== undefined;
  if (isGoing && hasFinalizer(item.object, ORPHAN)) orphan(client, item);
  else if (isGoing && hasFinalizer(item.object, FOREGROUND)) waitForDependents(context, item);
  else if (!isGoing) attemptToDelete(context, item);
}

/** What an object owns, in one order whatever happened before. */
function dependentsOf(client: Client, object: KubeObject): Placed[] {
  const idOf = ({ bucket, object: { metadata } }: Placed): string =>
    `${bucket}/${metadata.namespace ?? ""}/${metadata.name}`;
  return [...client.owned(object.metadata.uid)].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

/** Takes the owner off everything it owns, then lets it go. */
function orphan(client: Client, item: Item): void {
  for (const dependent of dependentsOf(client, item.object)) {
    const found = itemAt(client, dependent);
    if (found !== undefined) dropOwners(client, found, new Set([item.object.metadata.uid]));
  }
  dropFinalizer(client, item, ORPHAN);
}

function waitForDependents(context: Context, item: Item): void {
  const { client } = context;
  const { uid } = item.object.metadata;
  const blocking = dependentsOf(client, item.object).filter(({ object }) =>
    object.metadata.ownerReferences?.some((ref) => ref.uid === uid && ref.blockOwnerDeletion === true),
  );
  if (blocking.length === 0) {
    dropFinalizer(client, item, FOREGROUND);
    return;
  }
  for (const dependent of blocking) {
    if (dependent.object.metadata.deletionTimestamp !== undefined) continue;
    const found = itemAt(client, dependent);
    if (found !== undefined) attemptToDelete(context, found);
  }
}

/** Deletes an object none of whose owners is left to keep it. */
function attemptToDelete(context: Context, item: Item): void {
  const { client } = context;
  const { object } = item;
  const refs = object.metadata.ownerReferences ?? [];
  if (refs.length === 0) return;
  const found = refs.map((ref) => ({ ref, ...find(client, object, ref) }));
  for (const { ref, state } of found) if (state === "unresolvable" || state === "dangling") warn(context, object, ref);

  const uids = (state: Found["state"]): string[] =>
    found.filter((one) => one.state === state).map(({ ref }) => ref.uid);
  const [waiting, dangling] = [uids("waiting"), uids("dangling")];
  if (uids("unresolvable").length > 0) return;
  if (uids("solid").length > 0) {
    if (waiting.length + dangling.length > 0) dropOwners(client, item, new Set([...waiting, ...dangling]));
    return;
  }
  const owned = client.owned(object.metadata.uid);
  if (waiting.length === 0 || owned.length === 0) {
    remove(client, item, policyOf(object));
    return;
  }
  // Whom an object owns waits itself: this may be a circle, which would wait for ever if nobody let go.
  if (owned.some((dependent) => isWaitingForDependents(dependent.object))) unblockOwners(client, item);
  remove(client, item, "Foreground");
}

const isWaitingForDependents = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, FOREGROUND);

function unblockOwners(client: Client, { resource, object }: Item): void {
  const { ownerReferences = [] } = object.metadata;
  if (ownerReferences.every(({ blockOwnerDeletion }) => blockOwnerDeletion !== true)) return;
  const unblocked = ownerReferences.map((ref) => ({ ...ref, blockOwnerDeletion: false }));
  const metadata = { ...object.metadata, ownerReferences: unblocked };
  client.update(resource, { ...object, metadata } as Draft<KubeObject>);
}

/** As the object's own finalizers ask for it. */
function policyOf(object: KubeObject): PropagationPolicy {
  if (hasFinalizer(object, ORPHAN)) return "Orphan";
  return hasFinalizer(object, FOREGROUND) ? "Foreground" : "Background";
}

function remove(client: Client, { resource, object }: Item, propagationPolicy: PropagationPolicy): void {
  client.delete(resource, keyOf(object), { propagationPolicy, preconditions: { uid: object.metadata.uid } });
}

/** An owner in another namespace, or in a namespace at all where the dependent has none, can never be its owner. */
function warn({ client, now }: Context, object: KubeObject, ref: OwnerReference): void {
  const { namespace = "" } = object.metadata;
  const gv = parseApiVersion(ref.apiVersion);
  const resource = gv === undefined ? undefined : client.registry.resourceOfKind({ ...gv, kind: ref.kind });
  if (resource?.isNamespaced !== true) return;
  const isElsewhere = client
    .list(namespaces)
    .some(
      ({ metadata: { name } }) => client.get(resource, { namespace: name, name: ref.name })?.metadata.uid === ref.uid,
    );
  if (namespace !== "" && !isElsewhere) return;
  const coordinates = `${ref.apiVersion}/${ref.kind}, namespace: ${namespace}, name: ${ref.name}, uid: ${ref.uid}`;
  const message = `ownerRef [${coordinates}] does not exist in namespace "${namespace}"`;
  const source = { component: NAME };
  recordEvent(client, { regarding: object, type: "Warning", reason: "OwnerRefInvalidNamespace", message, source }, now);
}

function dropOwners(client: Client, { resource, object }: Item, uids: ReadonlySet<string>): void {
  const { ownerReferences = [], ...rest } = object.metadata;
  const kept = ownerReferences.filter(({ uid }) => !uids.has(uid));
  const metadata = { ...rest, ...(kept.length > 0 && { ownerReferences: kept }) };
  client.update(resource, { ...object, metadata } as Draft<KubeObject>);
}

function dropFinalizer(client: Client, { resource, object }: Item, finalizer: string): void {
  const { finalizers = [], ...rest } = object.metadata;
  const kept = finalizers.filter((one) => one !== finalizer);
  const metadata = { ...rest, ...(kept.length > 0 && { finalizers: kept }) };
  client.update(resource, { ...object, metadata } as Draft<KubeObject>);
}
