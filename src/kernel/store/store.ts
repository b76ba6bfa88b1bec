/**
 * The MVCC store: the present state of every object and the log of recent changes, by revision.
 *
 * Models etcd's mvcc as far as the API server uses it: one revision per write, reads at a revision that is still
 * kept, watches from one, compaction.
 */

import type { Key } from "#kernel/apimachinery/meta";
import { assert } from "#kernel/sim/assert";
import { Collection } from "#kernel/store/collection";
import type { Bucket, Change, KubeObject } from "#kernel/store/object";
import { Siblings } from "#kernel/store/siblings";

/** Raised by reads at a revision that has been compacted; the registry answers 410 Expired. */
export class Compacted extends Error {
  constructor(
    readonly requested: number,
    readonly oldest: number,
  ) {
    super(`revision ${requested} is compacted; the oldest kept is ${oldest}`);
  }
}

export class Store {
  #revision: number;
  #compacted: number;
  /** Changes in order of revision, the oldest kept first. */
  #log: Change[] = [];
  readonly #collections = new Map<Bucket, Collection>();
  readonly #siblings = new Siblings();
  readonly #listeners = new Set<(change: Change) => void>();

  /** An empty store. The first write gets revision + 1. */
  constructor(revision = 1) {
    this.#revision = revision;
    this.#compacted = revision;
  }

  /** The revision of the last write. */
  get revision(): number {
    return this.#revision;
  }

  /** Changes up to and including this revision are gone; a watch may start here or later. */
  get compactedRevision(): number {
    return this.#compacted;
  }

  /** The changes kept, oldest first. */
  get log(): readonly Change[] {
    return this.#log;
  }

  get(bucket: Bucket, key: Key): KubeObject | undefined {
    return this.#collections.get(bucket)?.get(key);
  }

  /** Objects in the order of etcd's keys: by namespace, then by name; of one namespace, or of all. */
  list(bucket: Bucket, namespace?: string): readonly KubeObject[] {
    return this.#collections.get(bucket)?.list(namespace) ?? [];
  }

  /** How many objects there are; O(1). */
  count(bucket: Bucket, namespace?: string): number {
    return this.#collections.get(bucket)?.count(namespace) ?? 0;
  }

  /** How many objects there are in all buckets together. */
  get size(): number {
    let size = 0;
    for (const collection of this.#collections.values()) size += collection.count();
    return size;
  }

  buckets(): Iterable<Bucket> {
    return this.#collections.keys();
  }

  /** Writes an object under its key; the stored object carries the new revision as its resourceVersion. */
  put<T extends KubeObject>(bucket: Bucket, key: Key, draft: T): T {
    const revision = this.#revision + 1;
    const previous = this.get(bucket, key);
    const metadata = { ...draft.metadata, resourceVersion: String(revision) };
    const object = this.#siblings.madeAlike(bucket, { ...draft, metadata }, previous);
    this.#commit({
      revision,
      bucket,
      key,
      type: previous === undefined ? "ADDED" : "MODIFIED",
      object,
      ...(previous !== undefined && { previous }),
    });
    return object;
  }

  /** Removes an object and gives its last state, carrying the revision of the removal. */
  remove<T extends KubeObject>(bucket: Bucket, key: Key): T {
    const previous = this.get(bucket, key) as T | undefined;
    assert(previous !== undefined, `only what is there can be removed: ${bucket} ${key.namespace}/${key.name}`);
    const revision = this.#revision + 1;
    const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
    this.#commit({ revision, bucket, key, type: "DELETED", object, previous });
    return object;
  }

  /**
   * The changes after a revision, oldest first.
   * @throws Compacted if some of them are gone.
   */
  since(revision: number): readonly Change[] {
    if (revision < this.#compacted) throw new Compacted(revision, this.#compacted);
    return this.#log.slice(this.#firstAfter(revision));
  }

  /**
   * A bucket as it was at a revision, in list order.
   * @throws Compacted if that is too long ago.
   */
  listAt(revision: number, bucket: Bucket, namespace?: string): readonly KubeObject[] {
    const now = this.list(bucket, namespace);
    if (revision >= this.#revision) return now;
    const before = new Map<string, KubeObject | undefined>();
    for (const change of this.since(revision)) {
      if (change.bucket !== bucket || (namespace !== undefined && change.key.namespace !== namespace)) continue;
      const id = `${change.key.namespace}/${change.key.name}`;
      if (!before.has(id)) before.set(id, change.previous);
    }
    if (before.size === 0) return now;
    const idOf = (object: KubeObject): string => `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
    const past = now.filter((object) => !before.has(idOf(object)));
    for (const object of before.values()) if (object !== undefined) past.push(object);
    return past.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  }

  /**
   * Forgets the changes up to a revision; the present state stays.
   * Gives the revisions no journal needs any more: what those changes superseded, and the deletes among them.
   */
  compact(revision: number): number[] {
    if (revision <= this.#compacted) return [];
    assert(revision <= this.#revision, "the future cannot be compacted");
    const first = this.#firstAfter(revision);
    const dead: number[] = [];
    for (const { previous, type, revision: own } of this.#log.slice(0, first)) {
      if (previous !== undefined) dead.push(Number(previous.metadata.resourceVersion));
      if (type === "DELETED") dead.push(own);
    }
    this.#log = this.#log.slice(first);
    this.#compacted = revision;
    return dead;
  }

  /** Hears of every change as it is made: indexes and views. Gives the function that ends it. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes back every change after a revision, newest first: a request that failed half way leaves nothing. */
  rollback(revision: number): void {
    for (const change of this.since(revision).toReversed()) {
      const undone = invert(change);
      this.#collection(change.bucket).apply(undone);
      for (const listener of this.#listeners) listener(undone);
    }
    this.#log = this.#log.slice(0, this.#firstAfter(revision));
    this.#revision = revision;
  }

  /** Replays one kept change or one object of the present state while a store is rebuilt from its journal. */
  replay(change: Change): void {
    assert(change.revision > this.#revision, "a journal is replayed in the order of its revisions");
    const { bucket, object, previous } = change;
    this.#commit({ ...change, object: this.#siblings.madeAlike(bucket, object, previous) });
  }

  /** The revisions up to this one have been used: the next write comes after it. */
  skipTo(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  #commit(change: Change): void {
    this.#revision = change.revision;
    this.#log.push(change);
    this.#collection(change.bucket).apply(change);
    for (const listener of this.#listeners) listener(change);
  }

  #collection(bucket: Bucket): Collection {
    let collection = this.#collections.get(bucket);
    if (collection === undefined) {
      collection = new Collection();
      this.#collections.set(bucket, collection);
    }
    return collection;
  }

  /** Index in the log of the first change after a revision. */
  #firstAfter(revision: number): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The change that undoes a change. */
function invert(change: Change): Change {
  const { revision, bucket, key, object, previous } = change;
  if (previous === undefined) return { revision, bucket, key, type: "DELETED", object, previous: object };
  if (change.type === "DELETED") return { revision, bucket, key, type: "ADDED", object: previous };
  return { revision, bucket, key, type: "MODIFIED", object: previous, previous: object };
}
