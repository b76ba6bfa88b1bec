/**
 * What ConfigMaps and Secrets have in common: keys, size, and data that no longer changes.
 *
 * Models ValidateConfigMap and ValidateSecret of pkg/apis/core/validation.
 */
import type { At } from "#kernel/apimachinery/field-errors";
import { configMapKey } from "#kernel/apimachinery/formats";
import { equal } from "#kernel/sim/clone";

/** The most data one object may hold (1 MiB). */
export const MAX_DATA_BYTES = 1_048_576;

/** Adds an error for each key that could not be a file's name. `at` stands at the map. */
export function validateKeys(keys: readonly string[], at: At): void {
  for (const key of keys) for (const text of configMapKey(key)) at(`[${key}]`).invalid(key, text);
}

/** How many bytes a base64 text stands for. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

const frozenText = "field is immutable when `immutable` is set";

/** Adds an error for each change of the data of an object that was declared immutable, and of that declaration. */
export function validateImmutable<T extends { readonly immutable?: boolean }>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
  at: At,
): void {
  if (old.immutable !== true) return;
  if (object.immutable !== true) at("immutable").forbidden(frozenText);
  for (const field of fields) {
    // No data and empty data are the same to whoever reads them, so they are here too.
    if (!equal(object[field] ?? {}, old[field] ?? {})) at(field).forbidden(frozenText);
  }
}
