/**
 * Conditions of the flow control kinds: each named, and each once.
 *
 * Models pkg/apis/flowcontrol/validation.
 */
import type { At } from "#kernel/apimachinery/field-errors";

/** Checks the conditions of a status; `at` stands at the status. */
export function validateConditions(conditions: readonly { readonly type?: string }[] = [], at: At): void {
  const seen = new Set<string>();
  conditions.forEach(({ type = "" }, i) => {
    if (seen.has(type)) at(`conditions[${i}].type`).duplicate(type);
    seen.add(type);
    if (type === "") at(`conditions[${i}].type`).required("must not be empty");
  });
}
