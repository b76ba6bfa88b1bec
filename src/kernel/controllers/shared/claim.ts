/**
 * Claiming: a controller owns what its selector matches: it adopts orphans and releases what no longer matches.
 *
 * Models pkg/controller/controller_ref_manager.go.
 */
import type { ObjectMeta } from "#kernel/api/types.gen";
import { isStatus } from "#kernel/apimachinery/errors";
import * as labels from "#kernel/apimachinery/labels";
import { controllerOf, isControlledBy, ownerReferenceTo } from "#kernel/apimachinery/meta";
import { orphansOf } from "#kernel/controllers/shared/orphans";
import type { Client } from "#kernel/registry/client";
import type { Draft, Resource } from "#kernel/registry/definition";
import type { KubeObject } from "#kernel/store/object";

/** Who claims: an object, its kind, and the selector by which it claims. */
export interface Claimant {
  readonly owner: KubeObject;
  readonly resource: Resource<KubeObject>;
  readonly selector: labels.LabelSelector;
  /** What else an object must be to be claimed (a StatefulSet's pod has its name); anything if absent. */
  accepts?(object: KubeObject): boolean;
  /** A finalizer that adopted objects get and released ones lose. */
  readonly finalizer?: string;
}

/**
 * Gives the objects of a kind the claimant owns from now on. An owner that is being deleted neither adopts nor
 * releases; an object that is being deleted is not adopted.
 */
export function claim<T extends KubeObject>(client: Client, claimant: Claimant, of: Resource<T>): T[] {
  const { owner, selector } = claimant;
  const isMine = (object: KubeObject): boolean =>
    labels.matches(selector, object.metadata.labels) && claimant.accepts?.(object) !== false;
  const isGoing = owner.metadata.deletionTimestamp !== undefined;
  const claimed: T[] = [];
  const strangers: T[] = [];
  for (const { bucket, object } of client.owned(owner.metadata.uid)) {
    if (bucket !== of.bucket || !isControlledBy(object, owner)) continue;
    (isMine(object) ? claimed : strangers).push(object as unknown as T);
  }
  if (isGoing) return claimed;
  // Whatever order the index has: one history has one order of writes.
  strangers.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const stranger of strangers) release(client, of, stranger, claimant);
  for (const orphan of orphansOf(client.registry, of, owner.metadata.namespace ?? "")) {
    if (orphan.metadata.deletionTimestamp !== undefined || !isMine(orphan)) continue;
    const adopted = adopt(client, of, orphan, claimant);
    if (adopted !== undefined) claimed.push(adopted);
  }
  return claimed;
}

/** Makes the owner the object's controller; undefined if the object is gone meanwhile. */
function adopt<T extends KubeObject>(client: Client, of: Resource<T>, object: T, claimant: Claimant): T | undefined {
  const { owner, resource, finalizer } = claimant;
  const { ownerReferences = [], finalizers = [] } = object.metadata;
  const others = ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid);
  return replaceMeta(client, of, object, {
    ownerReferences: [...others, ownerReferenceTo(owner, resource.gvk)],
    finalizers: finalizer === undefined || finalizers.includes(finalizer) ? finalizers : [...finalizers, finalizer],
  });
}

/** Takes the owner off the object. */
function release<T extends KubeObject>(client: Client, of: Resource<T>, object: T, claimant: Claimant): void {
  const { ownerReferences = [], finalizers = [] } = object.metadata;
  replaceMeta(client, of, object, {
    ownerReferences: ownerReferences.filter(({ uid }) => uid !== claimant.owner.metadata.uid),
    finalizers: finalizers.filter((one) => one !== claimant.finalizer),
  });
}

function replaceMeta<T extends KubeObject>(
  client: Client,
  of: Resource<T>,
  object: T,
  { ownerReferences, finalizers }: Required<Pick<ObjectMeta, "ownerReferences" | "finalizers">>,
): T | undefined {
  const { ownerReferences: _, finalizers: __, ...rest } = object.metadata;
  const metadata = {
    ...rest,
    ...(ownerReferences.length > 0 && { ownerReferences }),
    ...(finalizers.length > 0 && { finalizers }),
  };
  try {
    return client.update(of, { ...object, metadata } as unknown as Draft<T>);
  } catch (error) {
    if (isStatus(error, "NotFound") || isStatus(error, "Invalid")) return undefined;
    throw error;
  }
}

/** Keys of the claimants in an orphan's namespace whose selector matches it. */
export function claimantsOf<O extends KubeObject>(
  client: Client,
  orphan: KubeObject,
  kind: Resource<O>,
  selectorOf: (owner: O) => labels.LabelSelector,
): { readonly namespace: string; readonly name: string }[] {
  if (controllerOf(orphan) !== undefined) return [];
  const namespace = orphan.metadata.namespace ?? "";
  return client
    .list(kind, { namespace })
    .filter((owner) => labels.matches(selectorOf(owner), orphan.metadata.labels))
    .map(({ metadata }) => ({ namespace, name: metadata.name }));
}
