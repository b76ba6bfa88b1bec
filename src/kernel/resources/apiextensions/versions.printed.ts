/**
 * Versions of a definition as upstream's errors show them: in their internal form, without what all of them agree on.
 *
 * Models apiextensions-apiserver/pkg/apis/apiextensions/types.go as encoding/json writes it.
 */
import type { CustomResourceDefinitionVersion, CustomResourceSubresources } from "#kernel/api/types.gen";
import { goStruct } from "#kernel/apimachinery/go-text";
import { isObject, type Schema } from "#kernel/resources/apiextensions/schema";

type Version = CustomResourceDefinitionVersion;

/** The fields of a schema in their order, each with what it is when it is not set, or how its parts are shown. */
const SCHEMA_FIELDS: readonly (readonly [keyof Schema, unknown])[] = [
  ["id", ""],
  ["$schema", ""],
  ["$ref", null],
  ["description", ""],
  ["type", ""],
  ["nullable", false],
  ["format", ""],
  ["title", ""],
  ["default", null],
  ["maximum", null],
  ["exclusiveMaximum", false],
  ["minimum", null],
  ["exclusiveMinimum", false],
  ["maxLength", null],
  ["minLength", null],
  ["pattern", ""],
  ["maxItems", null],
  ["minItems", null],
  ["uniqueItems", false],
  ["multipleOf", null],
  ["enum", null],
  ["maxProperties", null],
  ["minProperties", null],
  ["required", null],
  ["items", null],
  ["allOf", null],
  ["oneOf", null],
  ["anyOf", null],
  ["not", null],
  ["properties", null],
  ["additionalProperties", null],
  ["patternProperties", null],
  ["dependencies", null],
  ["additionalItems", null],
  ["definitions", null],
  ["externalDocs", null],
  ["example", null],
  ["x-kubernetes-preserve-unknown-fields", null],
  ["x-kubernetes-embedded-resource", false],
  ["x-kubernetes-int-or-string", false],
  ["x-kubernetes-list-map-keys", null],
  ["x-kubernetes-list-type", null],
  ["x-kubernetes-map-type", null],
  ["x-kubernetes-validations", null],
];

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function goName(field: string): string {
  if (field === "id") return "ID";
  if (field === "$schema") return "Schema";
  if (field === "$ref") return "Ref";
  return field.startsWith("x-kubernetes-")
    ? `X${field.slice("x-kubernetes-".length).split("-").map(upper).join("")}`
    : upper(field);
}

/** A schema in its internal form. */
export function printedSchema(schema: Schema): object {
  const fields = SCHEMA_FIELDS.map(([field, unset]) => [goName(field), printedField(field, schema[field]) ?? unset]);
  return goStruct(Object.fromEntries(fields));
}

function printedField(field: string, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    const isOfSchemas = field === "allOf" || field === "oneOf" || field === "anyOf";
    if (field === "x-kubernetes-validations") return value.map(printedRule);
    return isOfSchemas ? value.map(printedSchema) : value;
  }
  if (field === "not") return printedSchema(value);
  if (field === "items") return goStruct({ Schema: printedSchema(value), JSONSchemas: null });
  if (field === "additionalProperties" || field === "additionalItems") {
    const isSchema = isObject(value);
    return goStruct({ Allows: isSchema || value, Schema: isSchema ? printedSchema(value as Schema) : null });
  }
  if (field !== "properties" && field !== "patternProperties" && field !== "definitions") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, property]) => [name, printedSchema(property as Schema)]),
  );
}

const printedRule = (rule: NonNullable<Schema["x-kubernetes-validations"]>[number]): object =>
  goStruct({
    Rule: rule.rule,
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  });

function printedSubresources({ status, scale }: CustomResourceSubresources): object {
  return goStruct({
    Status: status ?? null,
    Scale:
      scale === undefined
        ? null
        : goStruct({
            SpecReplicasPath: scale.specReplicasPath,
            StatusReplicasPath: scale.statusReplicasPath,
            LabelSelectorPath: scale.labelSelectorPath ?? null,
          }),
  });
}

/** The versions in their internal form; `common` names the parts that stand in the spec instead. */
export const printedVersions = (versions: readonly Version[], common: ReadonlySet<string>): object[] =>
  versions.map((version) => {
    const { schema, subresources, additionalPrinterColumns: columns, selectableFields } = version;
    const own = <T>(part: string, value: T | undefined, shown: (value: T) => unknown): unknown =>
      common.has(part) || value === undefined ? null : shown(value);
    return goStruct({
      Name: version.name,
      Served: version.served,
      Storage: version.storage,
      Deprecated: version.deprecated ?? false,
      DeprecationWarning: version.deprecationWarning ?? null,
      Schema: own("schema", schema, ({ openAPIV3Schema: root }) =>
        goStruct({ OpenAPIV3Schema: root === undefined ? null : printedSchema(root) }),
      ),
      Subresources: own("subresources", subresources, printedSubresources),
      AdditionalPrinterColumns: own("additionalPrinterColumns", columns, (all) =>
        all.map((one) =>
          goStruct({
            Name: one.name,
            Type: one.type,
            Format: one.format ?? "",
            Description: one.description ?? "",
            Priority: one.priority ?? 0,
            JSONPath: one.jsonPath,
          }),
        ),
      ),
      SelectableFields: own("selectableFields", selectableFields, (all) =>
        all.map(({ jsonPath }) => goStruct({ JSONPath: jsonPath })),
      ),
    });
  });
