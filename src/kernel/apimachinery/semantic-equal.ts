/**
 * Equality of decoded JSON as the API means it; equality to the letter is `equal` in #kernel/sim/clone.
 *
 * Models apimachinery/pkg/api/equality: an absent field equals an empty list, an empty map and null.
 */

/** True if both values mean the same to the API: nothing, null, an empty list and an empty map are all one. */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => semanticEqual(item, b[i]));
  }
  if (isFields(a) && isFields(b)) return fieldsEqual(a, b, semanticEqual);
  return isNothing(a) && isNothing(b);
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Fields = Readonly<Record<string, unknown>>;

function fieldsEqual(a: Fields, b: Fields, equal: (x: unknown, y: unknown) => boolean): boolean {
  for (const key in a) if (!equal(a[key], b[key])) return false;
  for (const key in b) if (a[key] === undefined && !equal(undefined, b[key])) return false;
  return true;
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== "object") return false;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}
