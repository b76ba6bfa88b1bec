/**
 * What the store keeps: Kubernetes objects, their place, and the changes made to them.
 */

import type { ObjectMeta } from "#kernel/api/types.gen";
import type { Key } from "#kernel/apimachinery/meta";

/** Any object of the API. Objects in the store are shared: whoever wants another one builds it. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Storage identity of a resource whatever its versions: `pods`, `deployments.apps`. */
export type Bucket = string;

/** One committed write. */
export interface Change<T extends KubeObject = KubeObject> {
  readonly revision: number;
  readonly bucket: Bucket;
  readonly key: Key;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** The object after the write; for a delete its last state, carrying the revision of the delete. */
  readonly object: T;
  /** The object before the write. */
  readonly previous?: T;
}

const texts = new WeakMap<object, string>();

/** The JSON text of an object that no longer changes, made once. */
export function textOf(object: object): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  texts.set(object, text);
  return text;
}
