/**
 * Defaults of a custom resource's schema, and the nulls they stand in for.
 *
 * Models apiextensions-apiserver/pkg/apiserver/schema/defaulting (algorithm.go, prunenulls.go).
 */
import type { JsonObject } from "#kernel/api/walk";
import {
  additionalOf,
  isObject,
  itemsOf,
  propertiesOf,
  propertyOf,
  put,
  type Schema,
} from "#kernel/resources/apiextensions/schema";
import { clone } from "#kernel/sim/clone";

const hasDefault = ({ default: value }: Schema): boolean => value !== undefined && value !== null;

const isMisplacedNull = (value: unknown, schema: Schema): boolean => value === null && schema.nullable !== true;

/** The properties of a schema that have a default; most have none. */
const defaulted = new WeakMap<Schema, readonly [string, Schema][]>();

function defaultsOf(schema: Schema): readonly [string, Schema][] {
  let known = defaulted.get(schema);
  if (known === undefined) {
    known = propertiesOf(schema).filter(([, property]) => hasDefault(property));
    defaulted.set(schema, known);
  }
  return known;
}

/** The value with its defaults; shared with what came in wherever nothing was missing. */
export function withDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) return defaultedList(schema, value);
  return isObject(value) ? defaultedObject(schema, value) : value;
}

function defaultedList(schema: Schema, list: readonly unknown[]): unknown {
  const items = itemsOf(schema);
  if (items === undefined) return list;
  let copy: unknown[] | undefined;
  for (const [n, before] of list.entries()) {
    const present = isMisplacedNull(before, items) && hasDefault(items) ? clone(items.default) : before;
    const after = withDefaults(items, present);
    if (after === before) continue;
    copy ??= list.slice();
    copy[n] = after;
  }
  return copy ?? list;
}

function defaultedObject(schema: Schema, object: JsonObject): JsonObject {
  let copy: JsonObject | undefined;
  const set = (key: string, value: unknown): void => {
    copy ??= { ...object };
    put(copy, key, value);
  };
  for (const [name, property] of defaultsOf(schema)) {
    const isThere = Object.hasOwn(object, name) && !isMisplacedNull(object[name], property);
    if (!isThere) set(name, clone(property.default));
  }
  const additional = additionalOf(schema);
  const present: JsonObject = copy ?? object;
  for (const key of Object.keys(present)) {
    const property = propertyOf(schema, key);
    const child = property ?? additional;
    if (child === undefined) continue;
    const before = present[key];
    if (isMisplacedNull(before, child) && !hasDefault(child)) {
      if (property === undefined) continue;
      // Null means nothing there: the field is gone.
      copy ??= { ...object };
      delete copy[key];
      continue;
    }
    const value = isMisplacedNull(before, child) ? clone(child.default) : before;
    const after = withDefaults(child, value);
    if (after !== before) set(key, after);
  }
  return copy ?? object;
}
