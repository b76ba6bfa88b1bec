/**
 * What a turn leaves to be saved, and what a cluster is rebuilt from.
 */

import type { ObjectMeta } from "#kernel/api/types.gen";
import type { FieldSet } from "#kernel/apimachinery/managedfields/set";
import { shared } from "#kernel/apimachinery/managedfields/share";
import type { Key } from "#kernel/apimachinery/meta";
import type { CellChange } from "#kernel/store/cells";
import { type Bucket, type Change, type KubeObject, textOf } from "#kernel/store/object";
import type { Store } from "#kernel/store/store";

/** What must be saved before anybody may see the turn. */
export interface Journal {
  readonly changes: readonly Change[];
  readonly cells: readonly CellChange[];
  /** Revisions whose rows are no longer needed. */
  readonly dead: readonly number[];
}

/** One row of the journal: an object as of a revision; json null = removed at that revision. */
export interface Row {
  readonly revision: number;
  readonly bucket: Bucket;
  readonly namespace: string;
  readonly name: string;
  readonly json: string | null;
}

/** The row a change is saved as. */
export function rowOf({ revision, bucket, key, type, object }: Change): Row {
  return { revision, bucket, ...key, json: type === "DELETED" ? null : textOf(object) };
}

/**
 * Rebuilds a store from rows in order of revision; watches may resume after `compacted`. The next write comes after
 * `revision`, if that is later than the last row (the last write may have been a delete that is compacted).
 */
export function storeFrom(store: Store, rows: Iterable<Row>, compacted: number, revision = 0): void {
  for (const { revision, bucket, namespace, name, json } of rows) {
    const key: Key = { namespace, name };
    const previous = store.get(bucket, key);
    const metadata: Partial<ObjectMeta> = { ...previous?.metadata, resourceVersion: String(revision) };
    const object = json === null ? ({ ...previous, metadata } as KubeObject) : objectFrom(bucket, json);
    const type = json === null ? "DELETED" : previous === undefined ? "ADDED" : "MODIFIED";
    store.replay({ revision, bucket, key, type, object, ...(previous !== undefined && { previous }) });
  }
  store.skipTo(revision);
  store.compact(Math.min(compacted, store.revision));
}

/** An object from its text; the field sets of its writers are shared with other objects, as when it was written. */
function objectFrom(bucket: Bucket, json: string): KubeObject {
  const object = JSON.parse(json) as KubeObject;
  for (const entry of object.metadata.managedFields ?? []) {
    const { manager, operation, subresource, fieldsV1 } = entry;
    if (fieldsV1 === undefined) continue;
    entry.fieldsV1 = shared(`${bucket} ${manager} ${operation} ${subresource}`, fieldsV1 as FieldSet);
  }
  return object;
}
