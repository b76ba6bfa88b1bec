/**
 * Watching every kind at once: for the controllers that serve whatever there is (garbage, namespaces).
 */
import type { Key } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import type { EverythingWatch } from "#kernel/registry/controller";
import type { AnyResource } from "#kernel/registry/definition";
import type { Bucket, Change } from "#kernel/store/object";

/** One resource per bucket: versions of one kind share their objects. */
export function oneByBucket(resources: Iterable<AnyResource>): AnyResource[] {
  const byBucket = new Map<Bucket, AnyResource>();
  for (const resource of resources) if (!byBucket.has(resource.bucket)) byBucket.set(resource.bucket, resource);
  return [...byBucket.values()];
}

/** A watch on every kind, whether a cluster is born with it or not. */
export const watchingEverything = (keys: (change: Change, client: Client) => readonly Key[]): EverythingWatch => ({
  everything: true,
  keys,
});
