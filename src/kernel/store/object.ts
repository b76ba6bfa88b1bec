/**
 * What the store keeps: Kubernetes objects, their place, and the changes made to them.
 */

import type { ObjectMeta } from "#kernel/api/types.gen";
import type { Key } from "#kernel/apimachinery/meta";
import { LIMITS } from "#kernel/sim/limits";
import { jsonText } from "#kernel/store/json-text";

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

/** Texts made lately: a write is saved, shown to watchers and listed soon after. */
const texts = new Map<object, string>();
let textChars = 0;

/** The JSON text of an object that no longer changes; made once as long as it is asked for again soon. */
export function textOf(object: object): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = jsonText(object);
  texts.set(object, text);
  textChars += text.length;
  for (const [oldest, old] of texts) {
    if (textChars <= LIMITS.textChars) break;
    texts.delete(oldest);
    textChars -= old.length;
  }
  return text;
}
