/**
 * The shape of a custom resource: its schema as the built-in kinds' shapes are, for field ownership and patches.
 *
 * Models apiextensions-apiserver/pkg/controller/openapi/builder and kube-openapi/pkg/schemaconv.
 */
import { type FieldShape, type ObjectShape, shapeNamed } from "#kernel/api/shapes";
import type { GroupVersionKind } from "#kernel/apimachinery/meta";
import {
  additionalOf,
  isEmbedded,
  isIntOrString,
  itemsOf,
  preservesUnknown,
  propertiesOf,
  type Schema,
} from "#kernel/resources/apiextensions/schema";

type Mutable<T> = { -readonly [key in keyof T]: T[key] };

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** The name under which a custom kind stands in documents: `com.example.stable.v1.CronTab`. */
export const definitionName = ({ group, version, kind }: GroupVersionKind): string =>
  [...group.split(".").reverse(), version, kind].join(".");

/** The shape of a kind's objects. Without a schema everything is kept as it is. */
export function shapeOfSchema(gvk: GroupVersionKind, schema: Schema | undefined): ObjectShape {
  return objectShape(definitionName(gvk), schema ?? { "x-kubernetes-preserve-unknown-fields": true }, true);
}

function resourceFields(): [string, FieldShape][] {
  const metadata: FieldShape = { type: "object", definition: META, object: shapeNamed(META) };
  return [
    ["apiVersion", { type: "string" }],
    ["kind", { type: "string" }],
    ["metadata", metadata],
  ];
}

function objectShape(name: string, schema: Schema, isResource: boolean): ObjectShape {
  const fields = new Map<string, FieldShape>(propertiesOf(schema).map(([key, child]) => [key, fieldShape(child)]));
  if (isResource) for (const [key, field] of resourceFields()) fields.set(key, field);
  const shape: Mutable<ObjectShape> = { name, fields, required: [...(schema.required ?? [])].sort() };
  if (schema["x-kubernetes-map-type"] === "atomic") shape.mapType = "atomic";
  if (preservesUnknown(schema)) shape.preservesUnknown = true;
  return shape;
}

/** The shape of one field; `keepsEmpty`, since nothing is left out of what is no Go struct. */
function fieldShape(schema: Schema): FieldShape {
  const shape: Mutable<FieldShape> = { type: "any", keepsEmpty: true };
  if (schema.default !== undefined) shape.default = schema.default;
  const mapType = schema["x-kubernetes-map-type"];
  if (mapType === "atomic" || mapType === "granular") shape.mapType = mapType;
  if (isIntOrString(schema)) shape.type = "intOrString";
  else if (schema.type === "array") fillList(shape, schema);
  else if (schema.type === "object") fillObject(shape, schema);
  else if (isScalar(schema.type)) shape.type = schema.type;
  return shape;
}

const isScalar = (type: string | undefined): type is "string" | "boolean" | "integer" | "number" =>
  type === "string" || type === "boolean" || type === "integer" || type === "number";

function fillList(shape: Mutable<FieldShape>, schema: Schema): void {
  shape.type = "array";
  const items = itemsOf(schema);
  if (items !== undefined) shape.items = fieldShape(items);
  const listType = schema["x-kubernetes-list-type"];
  shape.listType = listType === "set" || listType === "map" ? listType : "atomic";
  if (listType === "map") shape.listMapKeys = schema["x-kubernetes-list-map-keys"] ?? [];
}

function fillObject(shape: Mutable<FieldShape>, schema: Schema): void {
  const additional = additionalOf(schema);
  if (additional !== undefined) {
    shape.type = "map";
    shape.values = fieldShape(additional);
  } else if (propertiesOf(schema).length > 0 || isEmbedded(schema)) {
    shape.type = "object";
    shape.object = objectShape("", schema, isEmbedded(schema));
  } else shape.type = "map";
}
