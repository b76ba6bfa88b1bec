/**
 * Watch: what a watcher sees of the log.
 *
 * Models k8s.io/apiserver/pkg/storage/cacher: an object that begins to match appears as ADDED, one that ceases to
 * match as DELETED.
 */
import { tooOldResourceVersion } from "#kernel/apimachinery/errors";
import type { Resource } from "#kernel/registry/definition";
import { type Filter, matcher } from "#kernel/registry/filter";
import type { Registry } from "#kernel/registry/registry";
import { readAs } from "#kernel/registry/stored";
import type { Change, KubeObject } from "#kernel/store/object";
import { Compacted } from "#kernel/store/store";

export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: T;
}

/** Gives, for each change of the resource's bucket, the event a watcher with this filter sees, if any. */
export function projector<T extends KubeObject>(
  resource: Resource<T>,
  filter: Filter,
): (change: Change) => WatchEvent<T> | undefined {
  const matches = matcher(resource, filter);
  return (change) => {
    if (change.bucket !== resource.bucket) return undefined;
    const before = change.previous === undefined ? undefined : readAs(resource, change.previous);
    const was = before !== undefined && matches(before);
    if (change.type !== "DELETED") {
      const object = readAs(resource, change.object);
      if (matches(object)) return { type: was ? "MODIFIED" : "ADDED", object };
    }
    if (!was) return undefined;
    // The last state it matched in, at the revision at which it ceased to.
    const { resourceVersion } = change.object.metadata;
    return { type: "DELETED", object: { ...before, metadata: { ...before.metadata, resourceVersion } } };
  };
}

/**
 * The events after a revision, for a watch that resumes.
 * @throws Expired (410) if some of them are compacted.
 */
export function eventsSince<T extends KubeObject>(
  { store }: Registry,
  resource: Resource<T>,
  filter: Filter,
  revision: number,
): WatchEvent<T>[] {
  const project = projector(resource, filter);
  try {
    return store.since(revision).flatMap((change) => project(change) ?? []);
  } catch (error) {
    if (error instanceof Compacted) throw tooOldResourceVersion(revision, error.oldest);
    throw error;
  }
}
