/**
 * The order of a merged list: the patch's order goes before the stored one, and items that only the server knows keep
 * their place before the patched items they stood before.
 *
 * Models normalizeElementOrder and its kin in apimachinery/pkg/util/strategicpatch.
 */
import { unknownError } from "#kernel/apimachinery/errors";
import { goTypeName, goValue } from "#kernel/apimachinery/go-text";
import { isObject, type JsonObject } from "#kernel/apimachinery/patch/json";

/** True for an item of a patch that deletes its namesake. */
export function isDeleted(item: unknown): boolean {
  return isObject(item) && item["$patch"] === "delete";
}

/** Gives an item that has its merge key. Raises a 500 without a reason, worded as upstream, for any other. */
export function mapByKey(item: unknown, mergeKey: string): JsonObject {
  if (!isObject(item)) {
    throw unknownError(`expected a map[string]interface {}, but received a ${goTypeName(item)}`);
  }
  if (Object.hasOwn(item, mergeKey)) return item;
  throw unknownError(`map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`);
}

interface Order {
  readonly items: readonly unknown[];
  /** The items of the patch, or its `$setElementOrder`, in the order wished for. */
  readonly order: readonly unknown[];
  /** The list as it was stored. */
  readonly serverOrder: readonly unknown[];
  readonly mergeKey: string;
  readonly isListOfMaps: boolean;
}

/** Gives the items in order. Items and orders of a list of maps must all have their merge key. */
export function inOrder({ items, order, serverOrder, mergeKey, isListOfMaps }: Order): unknown[] {
  const isKeyed = isListOfMaps && mergeKey !== "";
  const keyOf = (item: unknown): unknown => (isKeyed ? mapByKey(item, mergeKey)[mergeKey] : item);
  const wished = placesOf(order, keyOf);
  const stored = placesOf(serverOrder, keyOf);
  const sortBy = (places: ReadonlyMap<unknown, number>) => (a: unknown, b: unknown) =>
    (places.get(keyOf(a)) ?? 0) - (places.get(keyOf(b)) ?? 0);
  const patched = items.filter((item) => wished.has(keyOf(item))).sort(sortBy(wished));
  const serverOnly = items.filter((item) => !wished.has(keyOf(item))).sort(sortBy(stored));
  return interleaved(serverOnly, patched, (item) => stored.get(keyOf(item)));
}

function placesOf(list: readonly unknown[], keyOf: (item: unknown) => unknown): Map<unknown, number> {
  const places = new Map<unknown, number>();
  for (const [i, item] of list.entries()) {
    const key = keyOf(item);
    if (!places.has(key)) places.set(key, i);
  }
  return places;
}

/** A server-only item comes first only where it is known to have stood before the next patched one. */
function interleaved(
  serverOnly: readonly unknown[],
  patched: readonly unknown[],
  placeOf: (item: unknown) => number | undefined,
): unknown[] {
  const result: unknown[] = [];
  let left = 0;
  for (const item of patched) {
    const place = placeOf(item);
    while (place !== undefined && left < serverOnly.length) {
      const other = placeOf(serverOnly[left]);
      if (other === undefined || other >= place) break;
      result.push(serverOnly[left]);
      left += 1;
    }
    result.push(item);
  }
  return [...result, ...serverOnly.slice(left)];
}
