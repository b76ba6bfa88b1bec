/**
 * Whether the finalizers of an object of a built-in kind have names that somebody can own.
 *
 * Models pkg/apis/core/validation (validateKubeFinalizerName).
 */

import type { ObjectMeta } from "#kernel/api/types.gen";
import type { At, FieldProblem } from "#kernel/apimachinery/field-errors";
import { eachAt } from "#kernel/resources/core/pod.validate.fields";

const STANDARD = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

/** Adds an error for a finalizer that is neither a standard one nor says whose it is. */
export function validateFinalizerName(name: string, problem: FieldProblem): void {
  if (name.includes("/") || STANDARD.has(name)) return;
  problem.invalid(name, "name is neither a standard finalizer name nor is it fully qualified");
}

/** Checks the names of an object's finalizers; `at` stands at the object. */
export function validateFinalizerNames({ finalizers }: Pick<ObjectMeta, "finalizers">, at: At): void {
  for (const [name, nameAt] of eachAt(finalizers, at.under("metadata.finalizers"))) {
    validateFinalizerName(name, nameAt(""));
  }
}
