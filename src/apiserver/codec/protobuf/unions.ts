/**
 * The unions of JSONSchemaProps: fields that hold a schema or something simpler, in JSON as either, in protobuf as a
 * message of both.
 *
 * Models apiextensions-apiserver/pkg/apis/apiextensions/v1/marshal.go and generated.pb.go.
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { BackwardBuffer } from "#apiserver/codec/protobuf/buffer";

type Schema = Readonly<Record<string, unknown>>;
type Union = "JSONSchemaPropsOrArray" | "JSONSchemaPropsOrBool" | "JSONSchemaPropsOrStringArray";

const UNION = /\.(JSONSchemaPropsOr(?:Array|Bool|StringArray))$/;

/** Whether a definition is one of the unions. */
export const isUnionDefinition = (definition: string): boolean => UNION.test(definition);

const unionOf = (definition: string): Union => UNION.exec(definition)?.[1] as Union;

/** Writes the content of a union; `writeSchema` writes a schema as the field of a number. */
export function writeUnion(
  out: BackwardBuffer,
  definition: string,
  value: unknown,
  writeSchema: (number: number, schema: Schema) => void,
): void {
  const union = unionOf(definition);
  const isSchema = typeof value === "object" && value !== null && !Array.isArray(value);
  if (union === "JSONSchemaPropsOrBool") {
    if (isSchema) writeSchema(2, value as Schema);
    // A schema that is there allows what it describes.
    out.byte(value === true || isSchema ? 1 : 0);
    out.tag(1, 0);
    return;
  }
  const list = Array.isArray(value) ? value : [];
  for (let n = list.length - 1; n >= 0; n -= 1) {
    if (union === "JSONSchemaPropsOrArray") {
      writeSchema(2, list[n] as Schema);
      continue;
    }
    const before = out.length;
    out.text(String(list[n]));
    out.delimit(2, before);
  }
  if (isSchema) writeSchema(1, value as Schema);
}

/** Reads the content of a union as JSON has it; `readSchema` reads the bytes of a schema. */
export function readUnion(bytes: Uint8Array, definition: string, readSchema: (bytes: Uint8Array) => unknown): unknown {
  const union = unionOf(definition);
  const reader = new BinaryReader(bytes);
  let schema: unknown;
  let allows = false;
  const list: unknown[] = [];
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (union === "JSONSchemaPropsOrBool") {
      if (number === 1) allows = reader.bool();
      else if (number === 2) schema = readSchema(reader.bytes());
      else reader.skip(wire, number);
    } else if (number === 1) schema = readSchema(reader.bytes());
    else if (number === 2) list.push(union === "JSONSchemaPropsOrArray" ? readSchema(reader.bytes()) : reader.string());
    else reader.skip(wire, number);
  }
  if (schema !== undefined) return schema;
  return union === "JSONSchemaPropsOrBool" ? allows : list;
}
