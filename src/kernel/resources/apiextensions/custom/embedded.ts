/**
 * Embedded resources: objects within an object that have an apiVersion, a kind and metadata of their own.
 *
 * Models apiextensions-apiserver/pkg/apiserver/schema/objectmeta (validation.go).
 */
import type { JsonObject } from "#kernel/api/walk";
import type { At } from "#kernel/apimachinery/field-errors";
import { parseApiVersion } from "#kernel/apimachinery/meta";
import { dns1035Label, pathSegmentName, type ValidatedMeta, validateObjectMeta } from "#kernel/apimachinery/names";
import { metaProblem } from "#kernel/resources/apiextensions/custom/prune";
import {
  additionalOf,
  hasSchema,
  isEmbedded,
  isObject,
  itemsOf,
  propertyOf,
  type Schema,
} from "#kernel/resources/apiextensions/schema";

const withEmbedded = new WeakMap<Schema, boolean>();

function hasEmbedded(schema: Schema): boolean {
  let known = withEmbedded.get(schema);
  if (known === undefined) {
    known = hasSchema(schema, isEmbedded);
    withEmbedded.set(schema, known);
  }
  return known;
}

/** Says what is wrong with the resources within a value. */
export function validateEmbedded(schema: Schema, value: unknown, at: At): void {
  if (!hasEmbedded(schema)) return;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined) return;
    for (const [n, item] of value.entries()) validateEmbedded(items, item, at.under(`[${n}]`));
  } else if (isObject(value)) {
    if (isEmbedded(schema)) validateResource(value, at);
    const additional = additionalOf(schema);
    for (const key in value) {
      const property = propertyOf(schema, key);
      if (property !== undefined) validateEmbedded(property, value[key], at.under(key));
      else if (additional !== undefined) validateEmbedded(additional, value[key], at.under(`[${key}]`));
    }
  }
}

/** Says what is wrong with the type and the metadata of one resource. */
export function validateResource(object: JsonObject, at: At): void {
  validateName(object, "apiVersion", at, (text) => {
    if (parseApiVersion(text) === undefined) at("apiVersion").invalid(text, `unexpected GroupVersion string: ${text}`);
  });
  validateName(object, "kind", at, (text) => {
    const errors = dns1035Label(text.toLowerCase());
    if (errors.length > 0) {
      at("kind").invalid(text, `may have mixed case, but should otherwise match: ${errors.join(",")}`);
    }
  });
  const { metadata } = object;
  if (metadata === undefined) return;
  const problem = metaProblem(metadata);
  if (problem !== undefined) {
    at("metadata").invalid(metadata, problem);
    return;
  }
  const meta = metadata as ValidatedMeta;
  const name = meta.name === undefined || meta.name === "" ? "fakename" : meta.name;
  const namespaced = (meta.namespace ?? "") !== "";
  validateObjectMeta({ meta: { ...meta, name }, namespaced, nameFormat: pathSegmentName, at: at.under("metadata") });
}

function validateName(object: JsonObject, field: string, at: At, check: (text: string) => void): void {
  const text = object[field];
  if (text === undefined || text === "") at(field).required();
  else if (typeof text !== "string") at(field).invalid(text, "must be a string");
  else check(text);
}
