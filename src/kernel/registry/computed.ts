/**
 * Computed kinds: objects that are nowhere stored, but put together when somebody reads them.
 */
import type { StatusError } from "#kernel/apimachinery/errors";
import type { Key } from "#kernel/apimachinery/meta";
import type { Registry } from "#kernel/registry/registry";
import type { Bucket, KubeObject } from "#kernel/store/object";

/** Where the objects of a computed kind come from. */
export interface Source {
  get(registry: Registry, key: Key): KubeObject | undefined;
  /** What the server behind it answers where there is no such object; absent = as everybody does. */
  notFound?(key: Key): StatusError;
  /** In the order of their keys. */
  list(registry: Registry, namespace: string | undefined): readonly KubeObject[];
}

/** Sources by the bucket their kind would have. */
export type Sources = ReadonlyMap<Bucket, Source>;
