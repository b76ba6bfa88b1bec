/**
 * The metadata every object carries, and the questions everybody asks of it: key, owner, finalizers, conditions, time.
 *
 * Models apimachinery/pkg/apis/meta/v1 and pkg/api/meta.
 */
import { microTimeText, parseTime, timeText } from "#kernel/apimachinery/time";

export { microTimeText, parseTime, timeText };

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Anything with metadata. Written so that generated types, with `undefined` allowed or not, fit. */
export interface HasMeta {
  readonly metadata?: MetaView | undefined;
}

export interface MetaView {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly ownerReferences?: readonly OwnerReferenceView[] | null | undefined;
  readonly finalizers?: readonly string[] | null | undefined;
}

export interface OwnerReferenceView {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly controller?: boolean | undefined;
  readonly blockOwnerDeletion?: boolean | undefined;
}

/** Names one object of a resource; `namespace` is empty at cluster scope. */
export interface Key {
  readonly namespace: string;
  readonly name: string;
}

/** Gives the key of an object. */
export function keyOf({ metadata }: HasMeta): Key {
  return { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" };
}

/** Gives `namespace/name`, or the bare name at cluster scope. */
export function keyText({ namespace, name }: Key): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/** Gives the key that `keyText` wrote. */
export function parseKey(text: string): Key {
  const slash = text.indexOf("/");
  return slash < 0 ? { namespace: "", name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

export interface GroupVersionKind extends GroupVersion {
  readonly kind: string;
}

/** Gives `apps/v1`, or `v1` for the core group. */
export function apiVersionOf({ group, version }: GroupVersion): string {
  return group === "" ? version : `${group}/${version}`;
}

/** Takes `apps/v1` or `v1` apart; undefined if there is more than one slash. Empty text gives empty parts. */
export function parseApiVersion(text: string): GroupVersion | undefined {
  const parts = text.split("/");
  if (parts.length === 1) return { group: "", version: text };
  return parts.length === 2 ? { group: parts[0] ?? "", version: parts[1] ?? "" } : undefined;
}

/** Gives the reference by which a controller owns what it makes. The owner must have been stored: it needs its uid. */
export function ownerReferenceTo(owner: HasMeta, gvk: GroupVersionKind): OwnerReference {
  return {
    apiVersion: apiVersionOf(gvk),
    kind: gvk.kind,
    name: owner.metadata?.name ?? "",
    uid: owner.metadata?.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Gives the one owner that controls the object, if any. */
export function controllerOf(object: HasMeta): OwnerReference | undefined {
  const owner = object.metadata?.ownerReferences?.find((ref) => ref.controller === true);
  return owner as OwnerReference | undefined;
}

/** True if `owner` controls the object: the uid decides, a namesake does not count. */
export function isControlledBy(object: HasMeta, owner: HasMeta): boolean {
  const uid = owner.metadata?.uid;
  return uid !== undefined && controllerOf(object)?.uid === uid;
}

/** True if the object carries this finalizer. */
export function hasFinalizer(object: HasMeta, finalizer: string): boolean {
  return object.metadata?.finalizers?.includes(finalizer) === true;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | null | undefined;
}

/** Gives the condition of this type. */
export function getCondition<C extends { readonly type: string }>(
  conditions: readonly C[] | null | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** True if the condition of this type has status "True". */
export function isConditionTrue(conditions: readonly Condition[] | null | undefined, type: string): boolean {
  return getCondition(conditions, type)?.status === "True";
}

/**
 * Gives the conditions with this one in place of its namesake, or appended.
 * lastTransitionTime is `now` (an instant), or stays what it was while the status stays the same.
 */
export function setCondition<C extends Condition>(
  conditions: readonly C[] | null | undefined,
  condition: Omit<C, "lastTransitionTime">,
  now: number,
): C[] {
  const list = conditions ?? [];
  const index = list.findIndex((c) => c.type === condition.type);
  const old = list[index];
  const kept = old?.status === condition.status ? old.lastTransitionTime : undefined;
  const next = { ...condition, lastTransitionTime: kept ?? timeText(now) } as C;
  return index < 0 ? [...list, next] : list.with(index, next);
}
