/**
 * The rows of custom resources: their name, and what their definition's printer columns lead to.
 *
 * Models apiextensions-apiserver/pkg/registry/customresource/tableconvertor.
 */
import type { CustomResourceColumnDefinition } from "#kernel/api/types.gen";
import { goValue } from "#kernel/apimachinery/go-text";
import { stableStringify } from "#kernel/apimachinery/json";
import { findJsonPath, parseJsonPath } from "#kernel/apimachinery/json-path";
import { ageText } from "#kernel/apimachinery/table";
import { parseTime } from "#kernel/apimachinery/time";
import type { CellValue, Column } from "#kernel/registry/definition";
import type { Instant } from "#kernel/sim/instant";
import type { KubeObject } from "#kernel/store/object";

const NAME: Column<KubeObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description: "Name must be unique within a namespace.",
  priority: 0,
  cell: ({ metadata }) => metadata.name,
};

/** The one column of a definition that names none. */
const AGE: CustomResourceColumnDefinition = {
  name: "Age",
  type: "date",
  description: "CreationTimestamp is a timestamp representing the server time when this object was created.",
  jsonPath: ".metadata.creationTimestamp",
};

/** All columns of a version, in print order. */
export function customColumns(defined: readonly CustomResourceColumnDefinition[] = []): readonly Column<KubeObject>[] {
  return [NAME, ...(defined.length === 0 ? [AGE] : defined).map(columnOf)];
}

function columnOf({
  name,
  type,
  format,
  description,
  priority = 0,
  jsonPath,
}: CustomResourceColumnDefinition): Column<KubeObject> {
  const path = parseJsonPath(jsonPath);
  const said = description ?? "";
  return {
    name,
    type: type as Column<KubeObject>["type"],
    ...(format !== undefined && { format }),
    description: said === "" ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : said,
    priority,
    cell: (object, now) => (path === undefined ? null : cellOf(type, findJsonPath(path, object)[0], now)),
  };
}

function cellOf(type: string, value: unknown, now: Instant): CellValue {
  if (value === undefined || value === null) return null;
  switch (type) {
    case "string":
      return typeof value === "object" ? stableStringify(value) : goValue(value);
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    default:
      return typeof value === "string" ? dateCell(value, now) : null;
  }
}

function dateCell(text: string, now: Instant): string {
  return text !== "" && Number.isNaN(parseTime(text)) ? "<invalid>" : ageText(text, now);
}
