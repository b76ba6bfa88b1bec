/**
 * Sets that are equal become one: thousands of pods made from one template own the same fields, and one set is kept for
 * all of them.
 */
import type { FieldSet } from "#kernel/apimachinery/managedfields/set";
import { alike } from "#kernel/sim/share";

/** How many writers' last sets are remembered. */
const MODELS_MAX = 500;

const models = new Map<string, FieldSet>();

/** The set, made of the same writer's last one as far as they are equal. */
export function shared(writer: string, set: FieldSet): FieldSet {
  const model = models.get(writer);
  if (model === set) return set;
  const one = model === undefined ? set : alike(set, model);
  if (one === model) return one;
  if (models.size >= MODELS_MAX) models.clear();
  models.set(writer, one);
  return one;
}
