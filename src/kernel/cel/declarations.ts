/**
 * Types of objects, from what the API knows of them: the shapes of built-in kinds, the schemas of custom ones.
 *
 * Models apiserver/pkg/cel/{common/schemas.go,openapi,escaping.go}.
 */
import type { FieldShape, ObjectShape } from "#kernel/api/shapes";
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  type Field,
  INT,
  type ListType,
  type MapType,
  type ObjectType,
  STRING,
  TIMESTAMP,
} from "#kernel/cel/types";

const RESERVED: ReadonlySet<string> = new Set([
  ...["true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import"],
  ...["let", "loop", "package", "namespace", "return", "var", "void", "while"],
]);

const ESCAPES: Readonly<Record<string, string>> = { __: "underscores", ".": "dot", "-": "dash", "/": "slash" };

/** The name by which an expression selects a property; undefined if there is none. */
export function celName(property: string): string | undefined {
  if (RESERVED.has(property)) return `__${property}__`;
  if (!/^[A-Za-z_.\-/][A-Za-z0-9_.\-/]*$/.test(property)) return undefined;
  return property.replace(/__|[.\-/]/g, (part) => `__${ESCAPES[part]}__`);
}

const known = new WeakMap<ObjectShape, ObjectType>();

/** The type of a built-in kind, or of a part of one. */
export function typeOfShape(shape: ObjectShape): ObjectType {
  const found = known.get(shape);
  if (found !== undefined) return found;
  let fields: Map<string, Field> | undefined;
  const type: ObjectType = {
    kind: "object",
    name: shape.name,
    // Made when first asked for: some shapes hold themselves.
    get fields() {
      fields ??= fieldsOf(shape);
      return fields;
    },
  };
  known.set(shape, type);
  return type;
}

function fieldsOf(shape: ObjectShape): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const [json, field] of shape.fields) {
    const name = celName(json);
    if (name !== undefined) fields.set(name, { type: typeOfField(field), json });
  }
  return fields;
}

/** Whether anything may stand in an object. */
const isOpen = ({ fields, preservesUnknown }: ObjectShape): boolean => fields.size === 0 && preservesUnknown === true;

function typeOfField({ type, object, items, values, listType, listMapKeys = [] }: FieldShape): CelType {
  switch (type) {
    case "string":
      return STRING;
    case "integer":
      return INT;
    case "number":
      return DOUBLE;
    case "boolean":
      return BOOL;
    case "bytes":
      return BYTES;
    case "time":
    case "microTime":
      return TIMESTAMP;
    case "object":
      return object === undefined || isOpen(object) ? DYN : typeOfShape(object);
    case "array":
      return {
        kind: "list",
        item: items === undefined ? DYN : typeOfField(items),
        ...(listType !== undefined && { listType, mapKeys: listMapKeys }),
      };
    case "map":
      return { kind: "map", key: STRING, value: values === undefined ? DYN : typeOfField(values) };
    default:
      return DYN;
  }
}

/** As much of a structural schema as types need. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema | unknown;
  readonly nullable?: boolean;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly enum?: readonly unknown[];
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

const METADATA: ObjectType = {
  kind: "object",
  name: "objectMeta",
  fields: new Map([
    ["name", { type: STRING }],
    ["generateName", { type: STRING }],
  ]),
};

/**
 * The type of a schema; undefined where nothing can be known of the value, which expressions then cannot name.
 * `isRoot` adds what every object has: apiVersion, kind and the name of its metadata.
 */
export function typeOfSchema(schema: Schema, name = "selfType1", isRoot = false): CelType | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) return DYN;
  switch (schema.type) {
    case "array":
      return listOfSchema(schema, name);
    case "object":
      return objectOfSchema(schema, name, isRoot || schema["x-kubernetes-embedded-resource"] === true);
    case "string":
      return textOfSchema(schema);
    case "boolean":
      return BOOL;
    case "number":
      return DOUBLE;
    case "integer":
      return INT;
    default:
      return undefined;
  }
}

function listOfSchema(schema: Schema, name: string): ListType | undefined {
  const items = schema.items as Schema | undefined;
  const item = items === undefined ? undefined : typeOfSchema(items, `${name}.@idx`);
  if (item === undefined) return undefined;
  const listType = schema["x-kubernetes-list-type"] as ListType["listType"];
  return {
    ...{ kind: "list", item },
    ...(listType !== undefined && { listType, mapKeys: schema["x-kubernetes-list-map-keys"] ?? [] }),
    ...(schema.maxItems !== undefined && { max: schema.maxItems }),
  };
}

function objectOfSchema(schema: Schema, name: string, isResource: boolean): ObjectType | MapType | undefined {
  const { properties = {}, additionalProperties, maxProperties } = schema;
  if (typeof additionalProperties === "object") {
    const value = typeOfSchema(additionalProperties, `${name}.@elem`);
    const max = maxProperties === undefined ? {} : { max: maxProperties };
    return value === undefined ? undefined : { kind: "map", key: STRING, value, ...max };
  }
  const fields = new Map<string, Field>();
  if (isResource) {
    fields.set("apiVersion", { type: STRING }).set("kind", { type: STRING }).set("metadata", { type: METADATA });
  }
  for (const [json, property] of Object.entries(properties)) {
    const key = celName(json);
    const type = typeOfSchema(property, `${name}.${json}`);
    if (key === undefined || type === undefined || (isResource && fields.has(key))) continue;
    fields.set(key, { type, json, isNullable: property.nullable === true });
  }
  return { kind: "object", name, fields };
}

function textOfSchema({ format, maxLength, enum: values }: Schema): CelType {
  const longest = values?.reduce<number>((length, value) => Math.max(length, String(value).length), 0);
  const max = longest ?? maxLength;
  switch (format) {
    case "byte":
      return { kind: "bytes", ...(max !== undefined && { max }) };
    case "duration":
      return DURATION;
    case "date":
    case "date-time":
      return TIMESTAMP;
    default:
      return { kind: "string", ...(max !== undefined && { max }) };
  }
}

/** Whether an expression may use a name as it is. */
export const isCelName = (name: string): boolean => /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.has(name);
