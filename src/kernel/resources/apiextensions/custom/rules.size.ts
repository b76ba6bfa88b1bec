/**
 * How often a part of a schema may stand in one object at most: as often as its shortest form fits into a request.
 *
 * Models apiserver/pkg/cel/common/schemas.go and apiextensions-apiserver's cel/compilation.go (maxCardinality).
 */
import { REQUEST_BYTES } from "#kernel/cel/estimate";
import { isIntOrString, propertiesOf, type Schema } from "#kernel/resources/apiextensions/schema";

/** How many values of a schema one request can hold. */
export const timesPerRequest = (schema: Schema): number => Math.floor(REQUEST_BYTES / (leastBytesOf(schema) + 1));

/** Bytes the shortest JSON a schema allows takes. */
function leastBytesOf(schema: Schema): number {
  if (isIntOrString(schema)) return 1;
  switch (schema.type) {
    case "boolean":
      return 4;
    case "string":
      return 2 + (schema.minLength ?? 0);
    case "array":
      return 2;
    case "object":
      return propertiesOf(schema)
        .filter(([name]) => schema.required?.includes(name) === true)
        .reduce((sum, [name, property]) => sum + name.length + 4 + leastBytesOf(property), 2);
    default:
      return 1;
  }
}
