/**
 * What a create, update or patch does to an object's managedFields: what it changed is the writer's, and nobody
 * else's any more.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/merge/update.go and apimachinery/pkg/util/managedfields/internal
 * (fieldmanager.go, managedfieldsupdater.go, stripmeta.go, skipnonapplied.go).
 * Leaves out conversion: entries of another version of the kind are taken to name fields as the writer's version does.
 */
import type { ObjectShape } from "#kernel/api/shapes";
import type { ManagedFieldsEntry } from "#kernel/api/types.gen";
import { type Comparison, compare } from "#kernel/apimachinery/managedfields/compare";
import {
  capUpdaters,
  decodeEntries,
  entryOf,
  isOf,
  isReset,
  type Managed,
  sortEntries,
  storedEntries,
  type Writer,
} from "#kernel/apimachinery/managedfields/entries";
import type { JsonObject } from "#kernel/apimachinery/managedfields/schema";
import { difference, type FieldSet, isEmpty, NOTHING, setOf, union } from "#kernel/apimachinery/managedfields/set";
import { timeText } from "#kernel/apimachinery/time";
import { equal } from "#kernel/sim/clone";

/** An object whose managedFields are kept. */
export interface Owned {
  readonly metadata: { readonly managedFields?: ManagedFieldsEntry[] };
}

/** Who writes what, and which top-level fields the request cannot change. */
export interface Write {
  readonly writer: Writer;
  readonly shape: ObjectShape;
  /** Top-level fields that the strategy puts back: status, or everything else for the status subresource. */
  readonly ignored: ReadonlySet<string>;
  /** An instant. */
  readonly now: number;
}

/** What nobody owns: what an object is, and what the server alone writes. */
export const STRIPPED: FieldSet = setOf(
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...[
    "clusterName",
    "creationTimestamp",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
  ].map((name) => ["f:metadata", `f:${name}`]),
);

/**
 * The managedFields of an object about to be written in place of `old`, or created if there is none.
 * Undefined = it has none: nobody tracks an object that was there before and had none.
 */
export function ownedAfterUpdate(
  old: Owned | undefined,
  object: Owned,
  write: Write,
): ManagedFieldsEntry[] | undefined {
  const before = entriesFor(old, object, write.writer);
  if (old !== undefined && before.length === 0) return undefined;
  const entries = afterChange(before, changesOf(old, object, write), write);
  return asField(entries);
}

/** The entries as the field of an object; undefined where there are none. */
export const asField = (entries: readonly Managed[]): ManagedFieldsEntry[] | undefined =>
  entries.length === 0 ? undefined : (entries as ManagedFieldsEntry[]);

/** What a write changed, without managedFields themselves. */
function changesOf(old: Owned | undefined, object: Owned, { shape, ignored }: Write): Comparison {
  const bare = (owned: Owned): JsonObject =>
    ignored.has("metadata") ? (owned as unknown as JsonObject) : unowned(owned);
  return compare(old === undefined ? {} : bare(old), bare(object), shape, ignored);
}

/** The object without its managedFields. */
export function unowned(object: Owned): JsonObject {
  if (object.metadata.managedFields === undefined) return object as unknown as JsonObject;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The entries a write starts from: the client's where they make sense, else those that are there. */
function entriesFor(old: Owned | undefined, object: Owned, { subresource }: Writer): readonly Managed[] {
  const present = old?.metadata.managedFields;
  const wanted = object.metadata.managedFields;
  if (subresource !== "" || wanted === undefined || equal(wanted, present)) return storedEntries(present);
  if (isReset(wanted)) return [];
  return decodeEntries(wanted) ?? storedEntries(present);
}

/** The entries after a change by the writer. The list itself if the change leaves them as they were. */
function afterChange(before: readonly Managed[], changes: Comparison, write: Write): readonly Managed[] {
  const { writer, now } = write;
  const taken = difference(changes.changed, STRIPPED);
  const touched = union(changes.changed, changes.removed);
  if (isEmpty(touched)) return before;
  const after: Managed[] = [];
  let own: Managed | undefined;
  let isSame = true;
  for (const entry of before) {
    const isOwn = isOf(entry, writer);
    const left = difference(entry.fieldsV1, isOwn ? changes.removed : touched);
    const kept = left === entry.fieldsV1 ? entry : { ...entry, fieldsV1: left };
    if (isOwn) own = kept;
    else if (!isEmpty(left)) after.push(kept);
    if (kept !== entry) isSame = false;
  }
  if (isEmpty(taken)) {
    if (isSame) return before;
    if (own !== undefined && !isEmpty(own.fieldsV1)) after.push(own);
    return sortEntries(after);
  }
  // Upstream maps entries of scale to its parent and back without their times.
  const time = writer.subresource === "scale" ? own?.time : timeText(now);
  after.push(entryOf(writer, union(own?.fieldsV1 ?? NOTHING, taken), time));
  return sortEntries(capUpdaters(after));
}

/** Seeds the entries of an object that had none with one that has everything. */
export function ownedBeforeApply(live: Owned, write: Write): readonly Managed[] {
  const writer: Writer = { ...write.writer, manager: "before-first-apply", operation: "Update" };
  return afterChange([], changesOf(undefined, live, write), { ...write, writer });
}
