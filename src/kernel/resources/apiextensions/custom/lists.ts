/**
 * Lists that are sets or maps: no element, or no key, stands twice.
 *
 * Models apiextensions-apiserver/pkg/apiserver/schema/listtype and cel/maplist.go.
 */
import type { At } from "#kernel/apimachinery/field-errors";
import { stableStringify } from "#kernel/apimachinery/json";
import type { Former } from "#kernel/resources/apiextensions/custom/values";
import {
  additionalOf,
  isObject,
  itemsOf,
  propertiesOf,
  propertyOf,
  type Schema,
} from "#kernel/resources/apiextensions/schema";

const withLists = new WeakMap<Schema, boolean>();

/** Whether a schema, or any it declares, is of a list that must be unique. */
function hasLists(schema: Schema): boolean {
  let known = withLists.get(schema);
  if (known === undefined) {
    const children = [itemsOf(schema), additionalOf(schema), ...propertiesOf(schema).map(([, child]) => child)];
    const type = schema["x-kubernetes-list-type"];
    known = type === "set" || type === "map" || children.some((child) => child !== undefined && hasLists(child));
    withLists.set(schema, known);
  }
  return known;
}

/** Says what stands twice. */
export function validateLists(schema: Schema, value: unknown, at: At): void {
  if (!hasLists(schema)) return;
  if (Array.isArray(value)) validateList(schema, value, at);
  else if (isObject(value)) {
    const additional = additionalOf(schema);
    for (const key in value) {
      const property = propertyOf(schema, key);
      if (property !== undefined) validateLists(property, value[key], at.under(key));
      else if (additional !== undefined) validateLists(additional, value[key], at.under(`[${key}]`));
    }
  }
}

function validateList(schema: Schema, list: readonly unknown[], at: At): void {
  const type = schema["x-kubernetes-list-type"];
  if (type === "set") for (const n of repeated(list)) at(`[${n}]`).duplicate(list[n]);
  if (type === "map") validateMap(schema, list, at);
  const items = itemsOf(schema);
  if (items === undefined) return;
  for (const [n, item] of list.entries()) validateLists(items, item, at.under(`[${n}]`));
}

function validateMap(schema: Schema, list: readonly unknown[], at: At): void {
  const stranger = list.findIndex((item) => item !== null && !isObject(item));
  if (stranger >= 0) {
    at(`[${stranger}]`).invalid(list[stranger], "must be an object for an array of list-type map");
    return;
  }
  const keys = list.map((item) => keyOf(schema, item));
  for (const n of repeated(keys)) at(`[${n}]`).duplicate(keys[n]);
}

/** The fields by which an item of a list map is known. */
function keyOf({ "x-kubernetes-list-map-keys": names = [] }: Schema, item: unknown): Record<string, unknown> {
  if (!isObject(item)) return {};
  return Object.fromEntries(names.filter((name) => Object.hasOwn(item, name)).map((name) => [name, item[name]]));
}

/** Where something stands for the second time. */
function repeated(list: readonly unknown[]): number[] {
  if (list.length < 2) return [];
  const seen = new Map<string, number>();
  const places: number[] = [];
  for (const [n, item] of list.entries()) {
    const text = stableStringify(item);
    const times = seen.get(text) ?? 0;
    seen.set(text, times + 1);
    if (times === 1) places.push(n);
  }
  return places;
}

const indexes = new WeakMap<object, { readonly schema: Schema; readonly byKey: ReadonlyMap<string, unknown> }>();

/** The item of a former list map that has the same key; other lists' items cannot be told apart. */
export function mapItem(schema: Schema, before: unknown, item: unknown): Former {
  if (schema["x-kubernetes-list-type"] !== "map" || !Array.isArray(before) || !isObject(item)) return undefined;
  let index = indexes.get(before);
  if (index?.schema !== schema) {
    index = { schema, byKey: new Map(before.map((one) => [stableStringify(keyOf(schema, one)), one])) };
    indexes.set(before, index);
  }
  const text = stableStringify(keyOf(schema, item));
  return index.byKey.has(text) ? { value: index.byKey.get(text) } : undefined;
}
