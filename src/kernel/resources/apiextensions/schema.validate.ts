/**
 * Whether the schema of a custom resource is valid: structural, with defaults that fit it, within the subset of OpenAPI
 * that is served, and with rules that compile.
 *
 * Models apiextensions-apiserver/pkg/apis/apiextensions/validation (validateCustomResourceDefinitionValidation).
 */
import type { At } from "#kernel/apimachinery/field-errors";
import type { Schema } from "#kernel/resources/apiextensions/schema";
import { validateDefaults } from "#kernel/resources/apiextensions/schema.defaults";
import { validateNodes } from "#kernel/resources/apiextensions/schema.nodes";
import { structuralErrors } from "#kernel/resources/apiextensions/schema.structural";
import { printedSchema } from "#kernel/resources/apiextensions/versions.printed";

export interface SchemaContext {
  /** Whether the kind has the status subresource. */
  readonly hasStatus: boolean;
  /** Whether the version had this very schema before: it is not held against rules that have become stricter. */
  readonly isUnchanged: boolean;
  /** Stands above openAPIV3Schema. */
  readonly at: At;
}

/** What may stand at the root where the status is a resource of its own, in upstream's words. */
const AT_ROOT = [
  "Description",
  "Type",
  "Format",
  "Title",
  "Maximum",
  "ExclusiveMaximum",
  "Minimum",
  "ExclusiveMinimum",
  "MaxLength",
  "MinLength",
  "Pattern",
  "MaxItems",
  "MinItems",
  "UniqueItems",
  "MultipleOf",
  "Required",
  "Items",
  "Properties",
  "ExternalDocs",
  "Example",
  "XPreserveUnknownFields",
  "XValidations",
];

const GO_NAMES: Readonly<Record<string, string>> = {
  "x-kubernetes-preserve-unknown-fields": "XPreserveUnknownFields",
  "x-kubernetes-validations": "XValidations",
};

const goName = (field: string): string => GO_NAMES[field] ?? field.charAt(0).toUpperCase() + field.slice(1);

/** Says what is wrong with a version's schema. */
export function validateSchema(schema: Schema, { hasStatus, isUnchanged, at }: SchemaContext): void {
  if (hasStatus) validateRoot(schema, at);
  if (schema.nullable === true) at("openAPIV3Schema.nullable").forbidden("nullable cannot be true at the root");
  const below = at.under("openAPIV3Schema");
  const errors = structuralErrors(schema, below.path);
  for (const error of errors) at.add(error);
  const count = at.errors.length;
  if (errors.length === 0) validateDefaults(schema, below);
  const isSound = errors.length === 0 && at.errors.length === count;
  validateNodes(schema, { at: below, checksRules: isSound, isUnchanged });
}

function validateRoot(schema: Schema, at: At): void {
  for (const [field, value] of Object.entries(schema)) {
    if (value === undefined || value === null || value === "" || value === false) continue;
    if (field === "type") {
      if (value === "object") continue;
      at("openAPIV3Schema.type").invalid(
        value,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      );
      return;
    }
    if (AT_ROOT.includes(goName(field))) continue;
    at("openAPIV3Schema").invalid(
      printedSchema(schema),
      `only [${AT_ROOT.join(" ")}] fields are allowed at the root of the schema if the status subresource is enabled`,
    );
    return;
  }
}
