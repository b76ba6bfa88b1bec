/**
 * Reading protobuf: a body in application/vnd.kubernetes.protobuf becomes the JSON the client would have sent.
 *
 * Models apimachinery/pkg/runtime/serializer/protobuf. Zeros that Go writes for fields it does not hold by pointer say
 * nothing and are dropped; zeros behind a pointer stay.
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { type Message, messageOf } from "#apiserver/codec/protobuf/messages";
import { isUnionDefinition, readUnion } from "#apiserver/codec/protobuf/unions";
import { type FieldShape, type ObjectShape, shapeNamed } from "#kernel/api/shapes";
import { timeText } from "#kernel/apimachinery/meta";

/** The four bytes every message begins with: "k8s" and a zero. */
export const MAGIC: Uint8Array = new Uint8Array([0x6b, 0x38, 0x73, 0x00]);

/** A body that is no protobuf message of Kubernetes. */
export class ProtobufError extends Error {}

type JsonObject = Record<string, unknown>;

/** What stands around every object: runtime.Unknown. */
interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

/**
 * Reads a whole body as an object of the shape.
 * @throws ProtobufError for bytes that cannot be read
 */
export function readProtobuf(bytes: Uint8Array, shape: ObjectShape): JsonObject {
  if (MAGIC.some((byte, n) => bytes[n] !== byte)) {
    throw new ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  }
  try {
    const { apiVersion, kind, raw } = readEnvelope(bytes.subarray(MAGIC.length));
    const message = messageOf(shape);
    if (message === undefined) throw new ProtobufError(`${kind} has no protobuf form`);
    const object = readMessage(new BinaryReader(raw), raw.length, message);
    return { ...(apiVersion !== "" && { apiVersion }), ...(kind !== "" && { kind }), ...object };
  } catch (error) {
    if (error instanceof ProtobufError) throw error;
    throw new ProtobufError(error instanceof Error ? error.message : String(error));
  }
}

function readEnvelope(bytes: Uint8Array): Envelope {
  const reader = new BinaryReader(bytes);
  let type: readonly string[] = [];
  let raw: Uint8Array = new Uint8Array();
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) type = readStrings(reader.bytes());
    else if (number === 2) raw = reader.bytes();
    else reader.skip(wire, number);
  }
  return { apiVersion: type[1] ?? "", kind: type[2] ?? "", raw };
}

/** The string fields of a small message, by number. */
function readStrings(bytes: Uint8Array): string[] {
  const reader = new BinaryReader(bytes);
  const strings: string[] = [];
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (wire === WireType.LengthDelimited) strings[number] = reader.string();
    else reader.skip(wire, number);
  }
  return strings;
}

function readMessage(reader: BinaryReader, end: number, message: Message, into: JsonObject = {}): JsonObject {
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    const field = message.fields.get(number);
    if (field === undefined) {
      reader.skip(wire, number);
    } else if ("message" in field) {
      const length = reader.uint32();
      readMessage(reader, reader.pos + length, field.message, into);
    } else {
      readField(reader, field.name, field.shape, field.isPointer, into);
    }
  }
  return into;
}

function readField(reader: BinaryReader, name: string, shape: FieldShape, isPointer: boolean, into: JsonObject): void {
  if (shape.type === "array" && shape.items !== undefined) {
    const list = (into[name] ?? []) as unknown[];
    list.push(readValue(reader, shape.items));
    into[name] = list;
  } else if (shape.type === "map" && shape.values !== undefined) {
    const map = (into[name] ?? {}) as JsonObject;
    const [key, value] = readEntry(reader, shape.values);
    map[key] = value;
    into[name] = map;
  } else {
    const value = readValue(reader, shape);
    if (value !== undefined && (isPointer || !isZero(value))) into[name] = value;
  }
}

function isZero(value: unknown): boolean {
  if (value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

function readEntry(reader: BinaryReader, values: FieldShape): [string, unknown] {
  const length = reader.uint32();
  const end = reader.pos + length;
  let key = "";
  let value: unknown = values.type === "string" || values.type === "bytes" ? "" : undefined;
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    if (number === 1) key = reader.string();
    else if (number === 2) value = readValue(reader, values);
    else reader.skip(wire, number);
  }
  return [key, value ?? null];
}

function readValue(reader: BinaryReader, shape: FieldShape): unknown {
  switch (shape.type) {
    case "string":
      return reader.string();
    case "boolean":
      return reader.bool();
    case "integer":
      return Number(reader.int64());
    case "number":
      return reader.double();
    case "bytes":
      return base64(reader.bytes());
    case "quantity":
      return readStrings(reader.bytes())[1] ?? "";
    case "time":
    case "microTime":
      return readTime(reader.bytes(), shape.type === "microTime");
    case "intOrString":
      return readIntOrString(reader.bytes());
    case "object":
      return readObject(reader.bytes(), shape);
    case "any":
      return readAny(reader.bytes(), shape);
    case "array":
      return readList(reader.bytes(), shape);
    case "map":
      throw new ProtobufError("a map of maps has no protobuf form");
  }
}

function readObject(bytes: Uint8Array, { object }: FieldShape): unknown {
  const message = object && messageOf(object);
  if (message === undefined) throw new ProtobufError(`${object?.name ?? "an object"} has no protobuf form`);
  return readMessage(new BinaryReader(bytes), bytes.length, message);
}

/** A named list type (ExtraValue, Verbs) is a message around its items. */
function readList(bytes: Uint8Array, { items }: FieldShape): unknown[] {
  const reader = new BinaryReader(bytes);
  const list: unknown[] = [];
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1 && items !== undefined) list.push(readValue(reader, items));
    else reader.skip(wire, number);
  }
  return list;
}

function readAny(bytes: Uint8Array, { definition = "" }: FieldShape): unknown {
  if (!isUnionDefinition(definition)) return readJson(bytes) ?? (definition.endsWith(".JSON") ? null : undefined);
  const schema = { type: "object" as const, object: shapeNamed(definition.replace(/Or[A-Za-z]+$/, "")) };
  return readUnion(bytes, definition, (inner) => readObject(inner, schema));
}

/** RawExtension, FieldsV1 and JSON hold their JSON text in field 1. */
function readJson(bytes: Uint8Array): unknown {
  const [, text = ""] = readStrings(bytes);
  return text === "" ? undefined : JSON.parse(text);
}

function readTime(bytes: Uint8Array, hasMicros: boolean): string | undefined {
  if (bytes.length === 0) return undefined;
  const reader = new BinaryReader(bytes);
  let seconds = 0;
  let nanos = 0;
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    if (number === 1) seconds = Number(reader.int64());
    else if (number === 2) nanos = reader.int32();
    else reader.skip(wire, number);
  }
  const text = timeText(seconds * 1000);
  if (!hasMicros) return text;
  return text.replace("Z", `.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z`);
}

function readIntOrString(bytes: Uint8Array): number | string {
  const reader = new BinaryReader(bytes);
  let isText = false;
  let number = 0;
  let text = "";
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1) isText = Number(reader.int64()) === 1;
    else if (field === 2) number = reader.int32();
    else if (field === 3) text = reader.string();
    else reader.skip(wire, field);
  }
  return isText ? text : number;
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
