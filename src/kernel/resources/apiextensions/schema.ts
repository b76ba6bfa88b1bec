/**
 * The schema of a custom resource as a CustomResourceDefinition writes it, and the ways through it. Names of fields
 * come from users: they are only ever looked up as own keys.
 *
 * Models apiextensions-apiserver/pkg/apis/apiextensions/v1 (JSONSchemaProps) and pkg/apiserver/schema (Structural).
 */
import type { JSONSchemaProps } from "#kernel/api/types.gen";
import type { JsonObject } from "#kernel/api/walk";

export type Schema = JSONSchemaProps;

/** True for a JSON object: neither null nor a list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value under a key of the object itself. */
export const own = (object: JsonObject, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

/** Sets a key as data, whatever it is called. */
export function put(object: JsonObject, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The schema of a named property. */
export function propertyOf({ properties }: Schema, name: string): Schema | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** The properties in the order of their names: Go walks its maps in none, tests and readers want one. */
export const propertiesOf = ({ properties }: Schema): [string, Schema][] =>
  Object.entries(properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** The one schema of a list's items. */
export const itemsOf = ({ items }: Schema): Schema | undefined =>
  items === undefined || Array.isArray(items) ? undefined : items;

/** The schema of what has no name of its own. */
export const additionalOf = ({ additionalProperties }: Schema): Schema | undefined =>
  isObject(additionalProperties) ? (additionalProperties as Schema) : undefined;

/** Whether undeclared fields are kept. */
export const preservesUnknown = (schema: Schema): boolean => schema["x-kubernetes-preserve-unknown-fields"] === true;
/** Whether it is of an object with a type and metadata of its own. */
export const isEmbedded = (schema: Schema): boolean => schema["x-kubernetes-embedded-resource"] === true;
/** Whether it is of a value that may be either. */
export const isIntOrString = (schema: Schema): boolean => schema["x-kubernetes-int-or-string"] === true;

/** Whether a schema, or any within it, is what is asked for. */
export function hasSchema(schema: Schema | undefined, is: (schema: Schema) => boolean): boolean {
  if (schema === undefined) return false;
  if (is(schema)) return true;
  for (const child of childrenOf(schema)) if (hasSchema(child, is)) return true;
  return false;
}

function* childrenOf(schema: Schema): Generator<Schema> {
  const { items, allOf = [], anyOf = [], oneOf = [], not } = schema;
  if (Array.isArray(items)) yield* items;
  else if (items !== undefined) yield items;
  yield* allOf;
  yield* anyOf;
  yield* oneOf;
  if (not !== undefined) yield not;
  yield* Object.values(schema.properties ?? {});
  for (const other of [schema.additionalProperties, schema.additionalItems]) if (isObject(other)) yield other as Schema;
  yield* Object.values(schema.patternProperties ?? {});
  yield* Object.values(schema.definitions ?? {});
  for (const other of Object.values(schema.dependencies ?? {})) if (isObject(other)) yield other as Schema;
}
