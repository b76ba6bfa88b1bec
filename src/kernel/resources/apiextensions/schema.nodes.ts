/**
 * Every node of a schema: which of OpenAPI's fields may be used, how lists and maps are declared, and its rules.
 *
 * Models apiextensions-apiserver/pkg/apis/apiextensions/validation (ValidateCustomResourceDefinitionOpenAPISchema,
 * specStandardValidatorV3).
 */
import type { At } from "#kernel/apimachinery/field-errors";
import {
  additionalOf,
  isEmbedded,
  isObject,
  itemsOf,
  propertiesOf,
  type Schema,
} from "#kernel/resources/apiextensions/schema";
import { validateListsAndMaps } from "#kernel/resources/apiextensions/schema.lists";
import { validateExpressions, validateRuleTexts } from "#kernel/resources/apiextensions/schema.rules";

export interface NodesContext {
  readonly at: At;
  /** Whether the schema is sound so far: only then are its rules compiled. */
  readonly checksRules: boolean;
  readonly isUnchanged: boolean;
}

/** Says what is wrong with the nodes of a schema. */
export function validateNodes(schema: Schema, context: NodesContext): void {
  const before = context.at.errors.length;
  node(schema, { at: context.at, isRoot: true, isInMeta: false });
  const isSound = context.at.errors.length === before;
  if (context.checksRules && isSound) validateExpressions(schema, context);
}

interface Place {
  readonly at: At;
  readonly isRoot: boolean;
  readonly isInMeta: boolean;
  /** Why no default may stand here. */
  readonly noDefault?: string;
}

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];
const RESOURCE_FIELDS = new Set(["apiVersion", "kind", "metadata"]);

function node(schema: Schema, place: Place): void {
  const { at, isInMeta, noDefault } = place;
  validateFields(schema, place);
  if (schema.uniqueItems === true) {
    at("uniqueItems").forbidden("uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
  }
  const below = (child: Schema, path: string, more: Partial<Place> = {}): void =>
    node(child, { ...place, isRoot: false, ...more, at: at.under(path) });

  validateAdditional(schema, place, below);
  for (const [name, property] of propertiesOf(schema)) {
    const isMeta = (place.isRoot || isEmbedded(schema)) && RESOURCE_FIELDS.has(name);
    const reason = isMeta && place.isRoot ? ` in top-level ${name}` : noDefault;
    below(property, `properties[${name}]`, {
      isInMeta: isInMeta || isMeta,
      ...(reason !== undefined && { noDefault: reason }),
    });
  }
  if (schema.not !== undefined) below(schema.not, "not");
  for (const field of ["allOf", "oneOf", "anyOf"] as const) {
    for (const [n, part] of (schema[field] ?? []).entries()) below(part, `${field}[${n}]`);
  }
  const items = itemsOf(schema);
  if (items !== undefined) below(items, "items");
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    at("x-kubernetes-preserve-unknown-fields").invalid(false, "must be true or undefined");
  }
  validateListsAndMaps(schema, at);
  validateRuleTexts(schema, at);
}

function validateAdditional(
  schema: Schema,
  { at, isInMeta }: Place,
  below: (child: Schema, path: string, more?: Partial<Place>) => void,
): void {
  const { additionalProperties: additional } = schema;
  if (additional === undefined) return;
  if (propertiesOf(schema).length > 0 && additional !== true) {
    at("additionalProperties").forbidden("additionalProperties and properties are mutual exclusive");
  }
  const child = additionalOf(schema);
  if (child === undefined) return;
  const noDefault = " inside additionalProperties applying to object metadata";
  below(child, "additionalProperties", isInMeta ? { noDefault } : {});
}

/** OpenAPI's fields that are not served. */
function validateFields(schema: Schema, { at, isInMeta, noDefault }: Place): void {
  const { type = "" } = schema;
  if (type !== "" && !TYPES.includes(type)) at("type").notSupported(type, TYPES);
  if (schema.default !== undefined && schema.default !== null && noDefault !== undefined) {
    at("default").forbidden(`must not be set${noDefault}`);
  }
  const refuse = (field: string, isThere: boolean): void => {
    if (isThere) at(field).forbidden(`${field} is not supported`);
  };
  const hasAny = (value: object | undefined): boolean => value !== undefined && Object.keys(value).length > 0;
  refuse("id", (schema.id ?? "") !== "");
  refuse("additionalItems", schema.additionalItems !== undefined);
  refuse("patternProperties", hasAny(schema.patternProperties));
  refuse("definitions", hasAny(schema.definitions));
  refuse("dependencies", isObject(schema.dependencies));
  refuse("$ref", schema.$ref !== undefined);
  if (type === "null") at("type").forbidden("type cannot be set to null, use nullable as an alternative");
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    at("items").forbidden("items must be a schema object and not an array");
  }
  if (isInMeta && isEmbedded(schema)) {
    at("x-kubernetes-embedded-resource").forbidden("must not be used inside of resource meta");
  }
}
