/**
 * Sets that are equal become one: thousands of pods made from one template own the same fields, and one set is kept for
 * all of them.
 */
import type { FieldSet, MutableSet } from "#kernel/apimachinery/managedfields/set";

/** How many writers' last sets are remembered. */
const MODELS_MAX = 500;

const models = new Map<string, FieldSet>();

/** The set, made of the same writer's last one as far as they are equal. */
export function shared(writer: string, set: FieldSet): FieldSet {
  const model = models.get(writer);
  if (model === set) return set;
  const one = model === undefined ? set : reuse(set, model);
  if (one === model) return one;
  if (models.size >= MODELS_MAX) models.clear();
  models.set(writer, one);
  return one;
}

function reuse(node: FieldSet, model: FieldSet): FieldSet {
  if (node === model) return model;
  let copy: MutableSet | undefined;
  let isEqual = true;
  let surplus = 0;
  for (const element in node) {
    const child = node[element] as FieldSet;
    const like = model[element];
    surplus += 1;
    const one = like === undefined ? child : reuse(child, like);
    if (one !== like) isEqual = false;
    if (one === child) continue;
    copy ??= { ...node };
    copy[element] = one;
  }
  if (!isEqual) return copy ?? node;
  for (const _ in model) surplus -= 1;
  return surplus === 0 ? model : (copy ?? node);
}
