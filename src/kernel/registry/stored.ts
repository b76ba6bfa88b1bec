/**
 * Stored objects: what stands between a resource and its bucket. Versions of one kind share a bucket; each reads what
 * is stored as its own version and writes what it has as the stored one.
 *
 * Models k8s.io/apiserver/pkg/server/storage (the codec of a resource's storage) and runtime.UnsafeObjectConvertor.
 */
import type { Key } from "#kernel/apimachinery/meta";
import type { AnyResource, Resource } from "#kernel/registry/definition";
import type { Registry } from "#kernel/registry/registry";
import type { KubeObject } from "#kernel/store/object";

/** What an object looks like in other versions; made once as long as it is present. */
const views = new WeakMap<KubeObject, Map<AnyResource, KubeObject>>();

/** A stored object as the resource's version has it. Shared: never change it. */
export function readAs<T extends KubeObject>(resource: Resource<T>, stored: KubeObject): T {
  if (resource.conversion === undefined) return stored as T;
  let known = views.get(stored);
  const view = known?.get(resource);
  if (view !== undefined) return view as T;
  const made = resource.conversion.fromStored(stored);
  if (known === undefined) {
    known = new Map();
    views.set(stored, known);
  }
  known.set(resource, made);
  return made as T;
}

/** Several stored objects as the resource's version has them. */
export function readAllAs<T extends KubeObject>(resource: Resource<T>, stored: readonly KubeObject[]): readonly T[] {
  if (resource.conversion === undefined) return stored as readonly T[];
  resource.conversion.prepare?.(stored.filter((object) => views.get(object)?.get(resource) === undefined));
  return stored.map((object) => readAs(resource, object));
}

/** An object of the resource's version as it is stored. */
export const storedFrom = (resource: AnyResource, object: KubeObject): KubeObject =>
  resource.conversion === undefined ? object : resource.conversion.toStored(object);

/** The object under a key as the resource's version has it, or undefined. */
export function getAs<T extends KubeObject>({ store }: Registry, resource: Resource<T>, key: Key): T | undefined {
  const stored = store.get(resource.bucket, key);
  return stored === undefined ? undefined : readAs(resource, stored);
}

/** Writes an object of the resource's version and gives it as it can now be read. */
export function putAs<T extends KubeObject>({ store }: Registry, resource: Resource<T>, key: Key, object: T): T {
  return readAs(resource, store.put(resource.bucket, key, storedFrom(resource, object)));
}

/** Whether what is stored under a key is of a version that is not the stored one any more. */
export function isStale({ store }: Registry, resource: AnyResource, key: Key, object: KubeObject): boolean {
  if (resource.conversion === undefined) return false;
  const { storedVersion = storedFrom(resource, object).apiVersion } = resource.conversion;
  return store.get(resource.bucket, key)?.apiVersion !== storedVersion;
}
