/**
 * Objects of one controller are much alike: a thousand pods of a ReplicaSet differ in their names and addresses. What
 * is equal in two of them is kept once, so that a large cluster fits into memory.
 */
import { alike } from "#kernel/sim/share";
import type { Bucket, KubeObject } from "#kernel/store/object";

/** How many controllers' last objects are remembered. */
const MODELS_MAX = 200;

/** The fields an object may have beside its metadata. */
type Fields = KubeObject & Record<string, unknown>;

export class Siblings {
  readonly #models = new Map<string, Fields>();

  /** The object, made of parts of its previous state and of the last one written of the same controller. */
  madeAlike<T extends KubeObject>(bucket: Bucket, object: T, previous: KubeObject | undefined): T {
    const made = previous === undefined ? object : partsOf(object, previous as Fields);
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner === undefined) return made;
    const id = `${bucket} ${owner.uid}`;
    const model = this.#models.get(id);
    // The last one written may be what this one was before.
    const one = model === undefined || model === previous ? made : partsOf(made, model);
    if (this.#models.size >= MODELS_MAX && model === undefined) this.#models.clear();
    this.#models.set(id, one as unknown as Fields);
    return one;
  }
}

function partsOf<T extends KubeObject>(object: T, model: Fields): T {
  const made: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(object)) {
    made[field] = field === "metadata" ? metadataOf(object, model) : alike(value, model[field]);
  }
  return made as unknown as T;
}

function metadataOf({ metadata }: KubeObject, model: KubeObject): KubeObject["metadata"] {
  const { labels, annotations, ownerReferences } = metadata;
  return {
    ...metadata,
    ...(labels && { labels: alike(labels, model.metadata.labels) }),
    ...(annotations && { annotations: alike(annotations, model.metadata.annotations) }),
    ...(ownerReferences && { ownerReferences: alike(ownerReferences, model.metadata.ownerReferences) }),
  };
}
