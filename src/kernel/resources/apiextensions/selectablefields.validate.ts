/**
 * The fields by which custom resources may be selected.
 *
 * Models apiextensions-apiserver/pkg/apis/apiextensions/validation (ValidateCustomResourceSelectableFields).
 */
import type { SelectableField } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import type { Schema } from "#kernel/resources/apiextensions/schema";
import { findPath } from "#kernel/resources/apiextensions/schema.path";

/** How many a version may have. */
const FIELDS_MAX = 8;

/** Says which fields are not there, or are not of a type that can be selected. */
export function validateSelectableFields(fields: readonly SelectableField[], schema: Schema | undefined, at: At): void {
  if (schema === undefined) {
    at("").invalid("", "selectableFields may only be set when version.schema.openAPIV3Schema is not included");
    return;
  }
  const known = new Set<string>();
  for (const [n, { jsonPath }] of fields.entries()) {
    const problem = at(`[${n}].jsonPath`);
    if (jsonPath === "") {
      problem.required();
      continue;
    }
    const found = findPath(jsonPath, schema, { allowsBrackets: false });
    if ("problem" in found) {
      problem.invalid(jsonPath, `is an invalid path: ${found.problem}`);
      continue;
    }
    if (found.names[0] === "metadata") problem.invalid(jsonPath, "must not point to fields in metadata");
    if (!["string", "boolean", "integer"].includes(found.schema?.type ?? "")) {
      problem.invalid(
        jsonPath,
        "must point to a field of type string, boolean or integer. " +
          "Enum string fields and strings with formats are allowed.",
      );
    }
    if (known.has(found.text)) problem.duplicate(jsonPath);
    known.add(found.text);
  }
  if (known.size > FIELDS_MAX) at("").tooMany(known.size, FIELDS_MAX);
}
