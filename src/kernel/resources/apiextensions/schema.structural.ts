/**
 * Structural schemas: every field a schema restricts is also declared outside of its logical parts, with a type.
 *
 * Models apiextensions-apiserver/pkg/apiserver/schema (validation.go, complete.go).
 */
import { type At, collector, errorText, type FieldError, joinPath } from "#kernel/apimachinery/field-errors";
import { compareText } from "#kernel/apimachinery/go-text";
import { patternProblem } from "#kernel/resources/apiextensions/custom/pattern";
import {
  additionalOf,
  isEmbedded,
  isIntOrString,
  itemsOf,
  preservesUnknown,
  propertiesOf,
  propertyOf,
  type Schema,
} from "#kernel/resources/apiextensions/schema";
import { equal } from "#kernel/sim/clone";

type Level = "root" | "item" | "field";

/** What keeps a schema from being structural. */
export function structuralErrors(schema: Schema, path: string): FieldError[] {
  const found = collector(path);
  checkInvariants(schema, "root", found);
  checkCompleteness(schema, found);
  return [...found.errors].sort((a, b) => compareText(errorText(a), errorText(b)));
}

function checkInvariants(schema: Schema, level: Level, at: At): void {
  const items = itemsOf(schema);
  if (schema.type === "array" && items === undefined) at("items").required("must be specified");
  if (items !== undefined) checkInvariants(items, "item", at.under("items"));
  for (const [name, property] of propertiesOf(schema)) {
    checkInvariants(property, "field", at.under(`properties[${name}]`));
  }
  const additional = additionalOf(schema);
  if (schema.additionalProperties !== undefined && level === "root") {
    at("additionalProperties").forbidden("must not be used at the root");
  }
  if (additional !== undefined) checkInvariants(additional, "field", at.under("additionalProperties"));
  checkExtensions(schema, at);
  checkValues(schema, at, { skipsAnyOf: isIntOrStringChoice(schema.anyOf), skipsFirstAllOf: hasChoiceFirst(schema) });
  checkType(schema, level, at);
  if (isEmbedded(schema) && schema.additionalProperties !== undefined) {
    at("additionalProperties").forbidden("must not be used if x-kubernetes-embedded-resource is set");
  }
  if (level === "root" && (schema.type ?? "") !== "" && schema.type !== "object") {
    at("type").invalid(schema.type, "must be object at the root");
  }
  checkMeta(schema, level, at);
  if (isEmbedded(schema) && !preservesUnknown(schema) && propertiesOf(schema).length === 0) {
    at("properties").required(
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    );
  }
}

const TYPE_MISSING: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function checkType(schema: Schema, level: Level, at: At): void {
  const { type = "" } = schema;
  if (isEmbedded(schema) && type !== "object") {
    const detail = "must be object if x-kubernetes-embedded-resource is true";
    if (type === "") at("type").required(detail);
    else at("type").invalid(type, detail);
  } else if (type === "" && !isIntOrString(schema) && !preservesUnknown(schema)) {
    at("type").required(TYPE_MISSING[level]);
  }
}

function checkExtensions(schema: Schema, at: At): void {
  if (!isIntOrString(schema)) return;
  const detail = "must be false if x-kubernetes-int-or-string is true";
  if (preservesUnknown(schema)) at("x-kubernetes-preserve-unknown-fields").invalid(true, detail);
  if (isEmbedded(schema)) at("x-kubernetes-embedded-resource").invalid(true, detail);
}

function checkMeta(schema: Schema, level: Level, at: At): void {
  const isResource = level === "root" || isEmbedded(schema);
  for (const name of ["kind", "apiVersion"]) {
    const property = propertyOf(schema, name);
    if (property !== undefined && isResource && property.type !== "string") {
      at(`properties[${name}].type`).invalid(property.type ?? "", "must be string");
    }
  }
  const metadata = propertyOf(schema, "metadata");
  if (metadata === undefined) return;
  const path = "properties[metadata]";
  if (isResource && metadata.type !== "object") at(`${path}.type`).invalid(metadata.type ?? "", "must be object");
  if (level !== "root") return;
  const { properties = {}, type: _, default: __, ...rest } = metadata;
  const others = Object.keys(properties).filter((name) => name !== "name" && name !== "generateName");
  if (others.length > 0 || Object.keys(rest).length > 0) {
    at(path).forbidden(
      "must not specify anything other than name and generateName, but metadata is implicitly specified",
    );
  }
}

const INT_OR_STRING = [{ type: "integer" }, { type: "string" }];

const isIntOrStringChoice = (anyOf: readonly Schema[] | undefined): boolean =>
  anyOf?.length === 2 && equal(anyOf, INT_OR_STRING);

const hasChoiceFirst = ({ allOf = [] }: Schema): boolean => isIntOrStringChoice(allOf[0]?.anyOf);

interface Exceptions {
  readonly skipsAnyOf?: boolean;
  readonly skipsFirstAllOf?: boolean;
}

/** The logical parts, and what restricts values. */
function checkValues(schema: Schema, at: At, { skipsAnyOf = false, skipsFirstAllOf = false }: Exceptions): void {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern = "" } = schema;
  if (!skipsAnyOf) for (const [n, part] of anyOf.entries()) checkNested(part, at.under(`anyOf[${n}]`));
  for (const [n, part] of allOf.entries()) {
    checkNested(part, at.under(`allOf[${n}]`), skipsFirstAllOf && n === 0);
  }
  for (const [n, part] of oneOf.entries()) checkNested(part, at.under(`oneOf[${n}]`));
  if (not !== undefined) checkNested(not, at.under("not"));
  const problem = pattern === "" ? undefined : patternProblem(pattern);
  if (problem !== undefined) {
    at("pattern").invalid(pattern, `must be a valid regular expression, but isn't: ${problem}`);
  }
}

const MUST_BE_FALSE = [
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
] as const;

/** A part under a logical junctor restricts values and declares nothing. */
function checkNested(part: Schema, at: At, skipsAnyOf = false): void {
  checkValues(part, at, { skipsAnyOf });
  const items = itemsOf(part);
  if (items !== undefined) checkNested(items, at.under("items"));
  for (const [name, property] of propertiesOf(part)) checkNested(property, at.under(`properties[${name}]`));
  if ((part.type ?? "") !== "") at("type").forbidden("must be empty to be structural");
  if (part.additionalProperties !== undefined) {
    at("additionalProperties").forbidden("must be undefined to be structural");
  }
  if (part.default !== undefined && part.default !== null) {
    at("default").forbidden("must be undefined to be structural");
  }
  for (const field of ["title", "description"] as const) {
    if ((part[field] ?? "") !== "") at(field).forbidden("must be empty to be structural");
  }
  if (part.nullable === true) at("nullable").forbidden("must be false to be structural");
  for (const field of MUST_BE_FALSE) if (part[field] === true) at(field).forbidden("must be false to be structural");
  if ((part["x-kubernetes-list-map-keys"] ?? []).length > 0) {
    at("x-kubernetes-list-map-keys").forbidden("must be empty to be structural");
  }
  for (const field of ["x-kubernetes-list-type", "x-kubernetes-map-type"] as const) {
    if (part[field] !== undefined) at(field).forbidden("must be undefined to be structural");
  }
  if ((part["x-kubernetes-validations"] ?? []).length > 0) {
    at("x-kubernetes-validations").forbidden("must be empty to be structural");
  }
  if (propertyOf(part, "metadata") !== undefined) {
    at("properties[metadata]").forbidden("must not be specified in a nested context");
  }
}

/** Every field and item that a logical part at the root restricts is declared outside of it. */
function checkCompleteness(schema: Schema, at: At): void {
  completeValues(schema, schema, { declaredAt: at, path: at.path });
}

interface Completing {
  /** Where the declaration stands, or should. */
  readonly declaredAt: At;
  /** Where the restriction stands. */
  readonly path: string;
}

function completeValues(part: Schema, declared: Schema, { declaredAt, path }: Completing): void {
  const { anyOf = [], allOf = [], oneOf = [], not } = part;
  const below = (nested: Schema, name: string): void =>
    completeNested(nested, declared, { declaredAt, path: joinPath(path, name) });
  if (not !== undefined) below(not, "not");
  for (const [n, nested] of allOf.entries()) below(nested, `allOf[${n}]`);
  for (const [n, nested] of anyOf.entries()) below(nested, `anyOf[${n}]`);
  for (const [n, nested] of oneOf.entries()) below(nested, `oneOf[${n}]`);
}

function completeNested(part: Schema, declared: Schema, { declaredAt, path }: Completing): void {
  completeValues(part, declared, { declaredAt, path });
  const complete = (nested: Schema, found: Schema | undefined, name: string): void => {
    const at = joinPath(path, name);
    if (found === undefined) declaredAt(name).required(`because it is defined in ${at}`);
    else completeNested(nested, found, { declaredAt: declaredAt.under(name), path: at });
  };
  const items = itemsOf(part);
  if (items !== undefined) complete(items, itemsOf(declared), "items");
  for (const [name, property] of propertiesOf(part)) {
    complete(property, propertyOf(declared, name), `properties[${name}]`);
  }
}
