/**
 * Pruning: what the schema does not declare is dropped, unless the schema says it is to be kept.
 *
 * Models apiextensions-apiserver/pkg/apiserver/schema/pruning and schema/objectmeta (Coerce).
 */
import { shapeNamed } from "#kernel/api/shapes";
import { decode, type JsonObject } from "#kernel/api/walk";
import {
  additionalOf,
  isEmbedded,
  isObject,
  itemsOf,
  preservesUnknown,
  propertyOf,
  put,
  type Schema,
} from "#kernel/resources/apiextensions/schema";

/** What was dropped: paths as strict decoding tells them, `spec.containers[0].foo`. */
export interface Pruned {
  readonly value: unknown;
  readonly dropped: readonly string[];
}

const RESOURCE_FIELDS = new Set(["apiVersion", "kind", "metadata"]);

interface Walk {
  readonly dropped: string[];
  /** Of the metadata of embedded objects, which is told last. */
  readonly droppedMeta: string[];
  readonly path: (string | number)[];
}

/** The value without undeclared fields; shared with what came in wherever nothing was dropped. */
export function prune(schema: Schema, value: unknown, isResource = false): Pruned {
  const walk: Walk = { dropped: [], droppedMeta: [], path: [] };
  const kept = pruned(walk, schema, value, isResource);
  return { value: kept, dropped: [...walk.dropped.sort(), ...walk.droppedMeta] };
}

function pruned(walk: Walk, schema: Schema, value: unknown, isResource: boolean): unknown {
  if (Array.isArray(value)) return prunedList(walk, schema, value);
  return isObject(value) ? prunedObject(walk, schema, value, isResource) : value;
}

function prunedList(walk: Walk, schema: Schema, list: readonly unknown[]): unknown {
  const items = itemsOf(schema) ?? (preservesUnknown(schema) ? undefined : NOTHING);
  if (items === undefined) return list;
  let copy: unknown[] | undefined;
  for (const [n, before] of list.entries()) {
    walk.path.push(n);
    const after = pruned(walk, items, before, isEmbedded(items));
    walk.path.pop();
    if (after === before) continue;
    copy ??= list.slice();
    copy[n] = after;
  }
  return copy ?? list;
}

const NOTHING: Schema = {};
const DROP = Symbol("dropped");

function prunedObject(walk: Walk, schema: Schema, object: JsonObject, isResource: boolean): JsonObject {
  let copy: JsonObject | undefined;
  for (const key of Object.keys(object)) {
    const before = object[key];
    walk.path.push(key);
    const after = prunedField(walk, schema, { key, value: before, isResource });
    walk.path.pop();
    if (after === before) continue;
    copy ??= { ...object };
    if (after === DROP) delete copy[key];
    else put(copy, key, after);
  }
  return copy ?? object;
}

interface Field {
  readonly key: string;
  readonly value: unknown;
  readonly isResource: boolean;
}

function prunedField(walk: Walk, schema: Schema, { key, value, isResource }: Field): unknown {
  if (isResource && RESOURCE_FIELDS.has(key)) return key === "metadata" ? knownMeta(walk, value) : value;
  const property = propertyOf(schema, key);
  if (property !== undefined) return pruned(walk, property, value, isEmbedded(property));
  const { additionalProperties } = schema;
  const additional = additionalOf(schema);
  if (additional !== undefined) return pruned(walk, additional, value, isEmbedded(additional));
  if (additionalProperties === true || preservesUnknown(schema)) return value;
  walk.dropped.push(pathText(walk.path));
  return DROP;
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** Metadata without fields nobody knows; malformed ones stay, to be refused by their validation. */
function knownMeta(walk: Walk, value: unknown): unknown {
  if (!isObject(value)) return value;
  const { fields } = shapeNamed(META);
  let copy: JsonObject | undefined;
  for (const key of Object.keys(value)) {
    if (fields.has(key)) continue;
    walk.path.push(key);
    walk.droppedMeta.push(pathText(walk.path));
    walk.path.pop();
    copy ??= { ...value };
    delete copy[key];
  }
  return copy ?? value;
}

/** Why metadata cannot be read as ObjectMeta, in Go's words; undefined if it can. */
export function metaProblem(metadata: unknown): string | undefined {
  if (metadata === undefined) return undefined;
  return decode(shapeNamed(META), metadata).problem;
}

function pathText(path: readonly (string | number)[]): string {
  let text = "";
  for (const step of path) text += typeof step === "number" ? `[${step}]` : text === "" ? step : `.${step}`;
  return text;
}
