/**
 * Whether the defaults of a schema are values it would accept.
 *
 * Models apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go.
 */
import type { At } from "#kernel/apimachinery/field-errors";
import { validateEmbedded } from "#kernel/resources/apiextensions/custom/embedded";
import { metaProblem, prune } from "#kernel/resources/apiextensions/custom/prune";
import { valueErrors } from "#kernel/resources/apiextensions/custom/values";
import { isEmbedded, itemsOf, propertiesOf, type Schema } from "#kernel/resources/apiextensions/schema";

const RESOURCE_FIELDS = new Set(["apiVersion", "kind", "metadata"]);

/** Says which defaults do not fit. */
export function validateDefaults(schema: Schema, at: At): void {
  check(schema, { at, isResource: true, isInMeta: false });
}

interface Place {
  readonly at: At;
  readonly isResource: boolean;
  readonly isInMeta: boolean;
}

function check(schema: Schema, { at, isResource, isInMeta: inside }: Place): void {
  const isInMeta = inside && !isResource;
  const value = schema.default;
  if (value !== undefined && value !== null)
    checkDefault(schema, value, { at: at.under("default"), isResource, isInMeta });
  const items = itemsOf(schema);
  if (items !== undefined) check(items, { at: at.under("items"), isResource: isEmbedded(items), isInMeta });
  for (const [name, property] of propertiesOf(schema)) {
    check(property, {
      at: at.under(`properties[${name}]`),
      isResource: isEmbedded(property),
      isInMeta: isInMeta || (isResource && RESOURCE_FIELDS.has(name)),
    });
  }
}

function checkDefault(schema: Schema, value: unknown, { at, isResource, isInMeta }: Place): void {
  if (!isInMeta && prune(schema, value, isResource).dropped.length > 0) {
    at("").invalid(value, "must not have unknown fields");
  }
  const before = at.errors.length;
  if (!isInMeta) {
    const meta = isResource ? (value as { metadata?: unknown }).metadata : undefined;
    const problem = metaProblem(meta);
    if (problem !== undefined) at("metadata").invalid(meta, problem);
    else validateEmbedded(schema, value, at);
  }
  if (at.errors.length > before) return;
  for (const error of valueErrors(schema, value, undefined, at.path)) at.add(error);
}
