/**
 * The OpenAPI document of version 2 as a protobuf message, the form in which kubectl and Helm ask for it.
 *
 * Models openapiv2/OpenAPIv2.proto of google/gnostic-models: maps are lists of named values, what the specification
 * does not know (x-kubernetes-...) is YAML text.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";

type Json = Readonly<Record<string, unknown>>;
type Write = (writer: BinaryWriter, value: Json) => void;

/** The media type under which clients ask for it. */
export const OPENAPI_V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** Encodes a document of version 2. */
export function openApiV2Protobuf(document: Json): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  text(writer, 1, document["swagger"]);
  message(writer, 2, document["info"], (inner, info) => {
    text(inner, 1, info["title"]);
    text(inner, 2, info["version"]);
    text(inner, 3, info["description"]);
  });
  message(writer, 8, document["paths"], (inner, paths) => named(inner, 2, paths, pathItem));
  message(writer, 9, document["definitions"], (inner, definitions) => named(inner, 1, definitions, schema));
  for (const requirement of listOf(document["security"])) message(writer, 12, requirement, securityRequirement);
  message(writer, 13, document["securityDefinitions"], (inner, schemes) =>
    named(inner, 1, schemes, (item, scheme) => message(item, 2, scheme, apiKey)),
  );
  return new Uint8Array(writer.finish());
}

function text(writer: BinaryWriter, number: number, value: unknown): void {
  if (typeof value === "string" && value !== "") writer.uint32((number << 3) | 2).string(value);
}

function texts(writer: BinaryWriter, number: number, values: unknown): void {
  for (const value of listOf(values)) writer.uint32((number << 3) | 2).string(String(value));
}

function flag(writer: BinaryWriter, number: number, value: unknown): void {
  if (value === true) writer.uint32(number << 3).bool(true);
}

function message(writer: BinaryWriter, number: number, value: unknown, write: Write): void {
  if (value === undefined) return;
  writer.uint32((number << 3) | 2).fork();
  write(writer, value as Json);
  writer.join();
}

/** A map as a list of {name = 1, value = 2}. */
function named(writer: BinaryWriter, number: number, map: Json, write: Write): void {
  for (const [name, value] of Object.entries(map)) {
    message(writer, number, value as Json, (inner) => {
      text(inner, 1, name);
      message(inner, 2, value, write);
    });
  }
}

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);

/** Any value the specification leaves open, as YAML; JSON is YAML. */
const any: Write = (writer, value) => text(writer, 2, `${JSON.stringify(value)}\n`);

function extensions(writer: BinaryWriter, number: number, value: Json): void {
  for (const [name, extension] of Object.entries(value)) {
    if (!name.startsWith("x-")) continue;
    message(writer, number, value, (inner) => {
      text(inner, 1, name);
      message(inner, 2, extension, any);
    });
  }
}

const METHODS = { get: 2, put: 3, post: 4, delete: 5, options: 6, head: 7, patch: 8 } as const;

const pathItem: Write = (writer, item) => {
  for (const [method, number] of Object.entries(METHODS)) message(writer, number, item[method], operation);
  for (const one of listOf(item["parameters"])) message(writer, 9, one, parametersItem);
  extensions(writer, 10, item);
};

const operation: Write = (writer, value) => {
  texts(writer, 1, value["tags"]);
  text(writer, 3, value["description"]);
  text(writer, 5, value["operationId"]);
  texts(writer, 6, value["produces"]);
  texts(writer, 7, value["consumes"]);
  for (const one of listOf(value["parameters"])) message(writer, 8, one, parametersItem);
  message(writer, 9, value["responses"], (inner, responses) => named(inner, 1, responses, responseValue));
  texts(writer, 10, value["schemes"]);
  flag(writer, 11, value["deprecated"]);
  extensions(writer, 13, value);
};

const responseValue: Write = (writer, value) => message(writer, 1, value, response);

const response: Write = (writer, value) => {
  text(writer, 1, value["description"]);
  message(writer, 2, value["schema"], (inner, one) => message(inner, 1, one, schema));
};

const parametersItem: Write = (writer, value) => {
  if (typeof value["$ref"] === "string") message(writer, 2, value, (inner) => text(inner, 1, value["$ref"]));
  else message(writer, 1, value, parameter);
};

const parameter: Write = (writer, value) => {
  if (value["in"] === "body") message(writer, 1, value, bodyParameter);
  else if (value["in"] === "path") {
    message(writer, 2, value, (inner) => message(inner, 4, value, (item) => placed(item, value, PATH)));
  } else message(writer, 2, value, (inner) => message(inner, 3, value, (item) => placed(item, value, QUERY)));
};

const bodyParameter: Write = (writer, value) => {
  text(writer, 1, value["description"]);
  text(writer, 2, value["name"]);
  text(writer, 3, value["in"]);
  flag(writer, 4, value["required"]);
  message(writer, 5, value["schema"], schema);
  extensions(writer, 6, value);
};

/** Field numbers that differ between parameters of a path and of a query. */
const PATH = { type: 5, format: 6, uniqueItems: 19, extension: 22 };
const QUERY = { type: 6, format: 7, uniqueItems: 20, extension: 23 };

function placed(writer: BinaryWriter, value: Json, numbers: typeof PATH): void {
  flag(writer, 1, value["required"]);
  text(writer, 2, value["in"]);
  text(writer, 3, value["description"]);
  text(writer, 4, value["name"]);
  text(writer, numbers.type, value["type"]);
  text(writer, numbers.format, value["format"]);
  flag(writer, numbers.uniqueItems, value["uniqueItems"]);
  extensions(writer, numbers.extension, value);
}

const schema: Write = (writer, value) => {
  text(writer, 1, value["$ref"]);
  text(writer, 2, value["format"]);
  text(writer, 3, value["title"]);
  text(writer, 4, value["description"]);
  if (value["default"] !== undefined) message(writer, 5, value["default"], any);
  texts(writer, 19, value["required"]);
  for (const one of listOf(value["enum"])) message(writer, 20, one, any);
  message(writer, 21, value["additionalProperties"], additional);
  message(writer, 22, value["type"], (inner, type) => text(inner, 1, type));
  message(writer, 23, value["items"], (inner, items) => message(inner, 1, items, schema));
  for (const one of listOf(value["allOf"])) message(writer, 24, one, schema);
  message(writer, 25, value["properties"], (inner, properties) => named(inner, 1, properties, schema));
  extensions(writer, 31, value);
};

const additional: Write = (writer, value) => {
  if (typeof value === "boolean") flag(writer, 2, value);
  else message(writer, 1, value, schema);
};

const securityRequirement: Write = (writer, requirement) =>
  named(writer, 1, requirement, (inner, scopes) => texts(inner, 1, scopes));

const apiKey: Write = (writer, scheme) => {
  text(writer, 1, scheme["type"]);
  text(writer, 2, scheme["name"]);
  text(writer, 3, scheme["in"]);
  text(writer, 4, scheme["description"]);
};
