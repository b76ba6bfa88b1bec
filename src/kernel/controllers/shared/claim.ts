/**
 * Claiming: a controller owns what its selector matches: it adopts orphans and releases what no longer matches.
 *
 * Models pkg/controller/controller_ref_manager.go.
 */
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
}

/**
 * Gives the objects of a kind the claimant owns from now on. An owner that is being deleted neither adopts nor
 * releases; an object that is being deleted is not adopted.
 */
export function claim<T extends KubeObject>(
  client: Client,
  { owner, resource, selector }: Claimant,
  of: Resource<T>,
): T[] {
  const isGoing = owner.metadata.deletionTimestamp !== undefined;
  const claimed: T[] = [];
  for (const { bucket, object } of client.owned(owner.metadata.uid)) {
    if (bucket !== of.bucket || !isControlledBy(object, owner)) continue;
    if (labels.matches(selector, object.metadata.labels)) claimed.push(object as unknown as T);
    else if (!isGoing) release(client, of, object as unknown as T, owner);
  }
  if (isGoing) return claimed;
  for (const orphan of orphansOf(client.registry, of, owner.metadata.namespace ?? "")) {
    if (orphan.metadata.deletionTimestamp !== undefined || !labels.matches(selector, orphan.metadata.labels)) continue;
    const adopted = adopt(client, of, orphan, owner, resource);
    if (adopted !== undefined) claimed.push(adopted);
  }
  return claimed;
}

/** Makes the owner the object's controller; undefined if the object is gone meanwhile. */
function adopt<T extends KubeObject>(
  client: Client,
  of: Resource<T>,
  object: T,
  owner: KubeObject,
  kind: Resource<KubeObject>,
): T | undefined {
  const others = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
  return replaceOwners(client, of, object, [...others, ownerReferenceTo(owner, kind.gvk)]);
}

/** Takes the owner off the object. */
function release<T extends KubeObject>(client: Client, of: Resource<T>, object: T, owner: KubeObject): void {
  const others = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
  replaceOwners(client, of, object, others);
}

function replaceOwners<T extends KubeObject>(
  client: Client,
  of: Resource<T>,
  object: T,
  ownerReferences: KubeObject["metadata"]["ownerReferences"] & object,
): T | undefined {
  const { ownerReferences: _, ...rest } = object.metadata;
  const metadata = { ...rest, ...(ownerReferences.length > 0 && { ownerReferences }) };
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
