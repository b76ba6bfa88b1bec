/**
 * Computed kinds: objects that are nowhere stored, but put together when somebody reads them.
 */
import type { Key } from "#kernel/apimachinery/meta";
import type { Registry } from "#kernel/registry/registry";
import type { Bucket, KubeObject } from "#kernel/store/object";

/** Where the objects of a computed kind come from. */
export interface Source {
  /** @throws NotFound, worded as the server behind it words it; undefined = as everybody does. */
  get(registry: Registry, key: Key): KubeObject | undefined;
  /** In the order of their keys. */
  list(registry: Registry, namespace: string | undefined): readonly KubeObject[];
}

/** Sources by the bucket their kind would have. */
export type Sources = ReadonlyMap<Bucket, Source>;
