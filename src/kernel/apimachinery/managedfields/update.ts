/**
 * What a create, update or patch does to an object's managedFields: what it changed is the writer's, and nobody
 * else's any more.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/merge/update.go and apimachinery/pkg/util/managedfields/internal
 * (fieldmanager.go, managedfieldsupdater.go, stripmeta.go, skipnonapplied.go).
 * Leaves out conversion of sets: what others own in another version is compared in that version, never renamed.
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

/** The kind in another version than the writer's. */
export interface OtherVersion {
  readonly shape: ObjectShape;
  /** An object of the writer's version as this one has it. */
  convert(object: JsonObject): JsonObject;
  /** And the other way. */
  back(object: JsonObject): JsonObject;
}

/** Who writes what, and which top-level fields the request cannot change. */
export interface Write {
  readonly writer: Writer;
  readonly shape: ObjectShape;
  /** Top-level fields that the strategy puts back: status, or everything else for the status subresource. */
  readonly ignored: ReadonlySet<string>;
  /** An instant. */
  readonly now: number;
  /** Another version of the kind; undefined if it is served no longer. Absent where the kind has no other. */
  readonly versionOf?: (apiVersion: string) => OtherVersion | undefined;
}

/** What a change is in the version of an entry; undefined if that version is gone. */
export function comparisonIn(
  { apiVersion }: Pick<Managed, "apiVersion">,
  own: Comparison,
  { before, after }: { readonly before: JsonObject; readonly after: JsonObject },
  { writer, ignored, versionOf }: Write,
): Comparison | undefined {
  if (versionOf === undefined || apiVersion === writer.apiVersion) return own;
  const other = versionOf(apiVersion);
  if (other === undefined) return undefined;
  const as = (object: JsonObject): JsonObject => (Object.keys(object).length === 0 ? object : other.convert(object));
  return compare(as(before), as(after), other.shape, ignored);
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
  const sides = sidesOf(old, object, write);
  const changes = compare(sides.before, sides.after, write.shape, write.ignored);
  return asField(afterChange(before, changes, write, (entry) => comparisonIn(entry, changes, sides, write)));
}

/** The entries as the field of an object; undefined where there are none. */
export const asField = (entries: readonly Managed[]): ManagedFieldsEntry[] | undefined =>
  entries.length === 0 ? undefined : (entries as ManagedFieldsEntry[]);

/** What a write compares: the objects without managedFields themselves. */
function sidesOf(
  old: Owned | undefined,
  object: Owned,
  { ignored }: Write,
): { readonly before: JsonObject; readonly after: JsonObject } {
  const bare = (owned: Owned): JsonObject =>
    ignored.has("metadata") ? (owned as unknown as JsonObject) : unowned(owned);
  return { before: old === undefined ? {} : bare(old), after: bare(object) };
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
function afterChange(
  before: readonly Managed[],
  changes: Comparison,
  write: Write,
  changesIn: (entry: Managed) => Comparison | undefined,
): readonly Managed[] {
  const { writer, now } = write;
  const taken = difference(changes.changed, STRIPPED);
  if (isEmpty(changes.changed) && isEmpty(changes.removed)) return before;
  const after: Managed[] = [];
  let own: Managed | undefined;
  let isSame = true;
  for (const entry of before) {
    const isOwn = isOf(entry, writer);
    const theirs = changesIn(entry);
    if (theirs === undefined) {
      isSame = false;
      continue;
    }
    const left = difference(entry.fieldsV1, isOwn ? theirs.removed : union(theirs.changed, theirs.removed));
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
  const { before, after } = sidesOf(undefined, live, write);
  const changes = compare(before, after, write.shape, write.ignored);
  return afterChange([], changes, { ...write, writer }, () => changes);
}
