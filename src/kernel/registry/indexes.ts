/**
 * Indexes: objects by owner and by the secondary keys their definitions name, kept in step with every change.
 */
import type { AnyResource } from "#kernel/registry/definition";
import { Posting } from "#kernel/registry/posting";
import type { Bucket, Change, KubeObject } from "#kernel/store/object";
import type { Store } from "#kernel/store/store";

/** An object together with where it is stored. */
export interface Placed {
  readonly bucket: Bucket;
  readonly object: KubeObject;
}

export class Indexes {
  readonly #postings = new Map<string, Posting<KubeObject>>();
  readonly #owned = new Map<string, Posting<Placed>>();
  readonly #definitions = new Map<Bucket, AnyResource>();

  constructor(store: Store) {
    store.subscribe((change) => this.#apply(change));
  }

  /** Begins to index a resource; its bucket must still be empty or about to be replayed. */
  add(resource: AnyResource): void {
    // Indexes are kept of what is stored, so by the stored version.
    if (resource.conversion === undefined || !this.#definitions.has(resource.bucket)) {
      this.#definitions.set(resource.bucket, resource);
    }
  }

  /** Objects of a bucket under one value of an index, in the order they were last written. */
  by(bucket: Bucket, index: string, value: string): readonly KubeObject[] {
    return this.#postings.get(`${bucket} ${index} ${value}`)?.all() ?? [];
  }

  /** How many there are; O(1). */
  countBy(bucket: Bucket, index: string, value: string): number {
    return this.#postings.get(`${bucket} ${index} ${value}`)?.size ?? 0;
  }

  /** Every object, of whatever kind, that names this uid among its owners. */
  owned(uid: string): readonly Placed[] {
    return this.#owned.get(uid)?.all() ?? [];
  }

  #apply({ bucket, type, object, previous }: Change): void {
    const indexes = this.#definitions.get(bucket)?.indexes;
    const next = type === "DELETED" ? undefined : object;
    const id = object.metadata.uid;
    if (indexes !== undefined) {
      for (const name in indexes) {
        const valuesOf = indexes[name] as (object: KubeObject) => readonly string[];
        this.#move(`${bucket} ${name} `, id, previous && valuesOf(previous), next && valuesOf(next), next);
      }
    }
    this.#moveOwned(id, bucket, previous, next);
  }

  #move(
    prefix: string,
    id: string,
    before: readonly string[] | undefined,
    after: readonly string[] | undefined,
    object: KubeObject | undefined,
  ): void {
    for (const value of before ?? []) {
      if (after?.includes(value) === true) continue;
      const posting = this.#postings.get(prefix + value);
      posting?.delete(id);
      if (posting?.size === 0) this.#postings.delete(prefix + value);
    }
    for (const value of after ?? []) {
      let posting = this.#postings.get(prefix + value);
      if (posting === undefined) {
        posting = new Posting();
        this.#postings.set(prefix + value, posting);
      }
      posting.set(id, object as KubeObject);
    }
  }

  #moveOwned(id: string, bucket: Bucket, previous: KubeObject | undefined, next: KubeObject | undefined): void {
    for (const { uid } of previous?.metadata.ownerReferences ?? []) {
      if (next?.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true) continue;
      const dependents = this.#owned.get(uid);
      dependents?.delete(id);
      if (dependents?.size === 0) this.#owned.delete(uid);
    }
    if (next === undefined) return;
    for (const { uid } of next.metadata.ownerReferences ?? []) {
      let dependents = this.#owned.get(uid);
      if (dependents === undefined) {
        dependents = new Posting();
        this.#owned.set(uid, dependents);
      }
      dependents.set(id, { bucket, object: next });
    }
  }
}
