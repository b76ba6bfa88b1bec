/**
 * The schemas of custom kinds in OpenAPI: what a definition says, with the metadata every object has; version 2 without
 * what it cannot say.
 *
 * Models apiextensions-apiserver/pkg/controller/openapi (builder, v2).
 */
import { REFERENCE, type Version } from "#apiserver/describe/openapi.schemas";
import type { Schema } from "#apiserver/describe/openapi.served";
import type { AnyResource } from "#kernel/registry/definition";
import { isObject, put } from "#kernel/resources/apiextensions/schema";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const API_VERSION =
  "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized " +
  "schemas to the latest internal value, and may reject unrecognized values. More info: " +
  "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";
const KIND =
  "Kind is a string value representing the REST resource this object represents. Servers may infer this from the " +
  "endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: " +
  "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";
const LIST_META =
  "Standard list metadata. More info: " +
  "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";
const OBJECT_META =
  "Standard object's metadata. More info: " +
  "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/** The schemas of a custom kind and of its list, by definition name. */
export function customSchemas(resource: AnyResource, version: Version): Record<string, Schema> {
  const { gvk, listKind, shape } = resource;
  const own =
    resource.schema === undefined
      ? { type: "object" }
      : version === "v3"
        ? (resource.schema as Schema)
        : v2(resource.schema as Schema, true);
  const properties = { ...(isObject(own["properties"]) ? own["properties"] : {}) };
  const kinds = (kind: string) => ({ "x-kubernetes-group-version-kind": [{ ...gvk, kind }] });
  const object = {
    ...own,
    properties: {
      ...properties,
      apiVersion: { description: API_VERSION, type: "string" },
      kind: { description: KIND, type: "string" },
      metadata: reference("ObjectMeta", OBJECT_META, version),
    },
    ...kinds(gvk.kind),
  };
  const list = {
    description: `${listKind} is a list of ${gvk.kind}`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { description: API_VERSION, type: "string" },
      items: {
        description: `List of ${resource.names.plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: "array",
        items: { $ref: REFERENCE[version] + shape.name },
      },
      kind: { description: KIND, type: "string" },
      metadata: reference("ListMeta", LIST_META, version),
    },
    ...kinds(listKind),
  };
  // Without a schema nothing is said of the fields, so that clients check none.
  return {
    [shape.name]: resource.schema === undefined ? { type: "object", ...kinds(gvk.kind) } : object,
    [`${shape.name}List`]: list,
  };
}

function reference(name: string, description: string, version: Version): Schema {
  const $ref = `${REFERENCE[version]}${META}.${name}`;
  return version === "v2" ? { description, $ref } : { description, allOf: [{ $ref }] };
}

/** Version 2 knows no alternatives and no null: what uses them is left open, so that clients refuse nothing valid. */
function v2(schema: Schema, isRoot = false): Schema {
  const { oneOf: _, anyOf: __, allOf: ___, not: ____, nullable, default: _____, ...rest } = schema;
  const isOpen =
    nullable === true ||
    schema["x-kubernetes-int-or-string"] === true ||
    schema["x-kubernetes-preserve-unknown-fields"] === true;
  const out: Record<string, unknown> = { ...rest };
  if (isOpen && !isRoot) {
    delete out["type"];
    delete out["items"];
    delete out["properties"];
    delete out["additionalProperties"];
    return out;
  }
  if (isObject(out["items"])) out["items"] = v2(out["items"]);
  if (isObject(out["additionalProperties"])) out["additionalProperties"] = v2(out["additionalProperties"]);
  if (isObject(out["properties"])) {
    const properties: Record<string, unknown> = {};
    for (const [name, property] of Object.entries(out["properties"])) put(properties, name, v2(property as Schema));
    out["properties"] = properties;
  }
  return out;
}
