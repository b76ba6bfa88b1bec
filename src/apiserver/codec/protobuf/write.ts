/**
 * Writing protobuf: an object as JSON has it becomes the bytes Go's generated marshallers write for it.
 *
 * Models apimachinery/pkg/runtime/serializer/protobuf and the generated.pb.go of k8s.io/api: what Go holds by value is
 * always written, zero or not; what it holds by pointer is written where it is there; maps are written by key.
 */
import { BackwardBuffer } from "#apiserver/codec/protobuf/buffer";
import { discoveryShape } from "#apiserver/codec/protobuf/discovery";
import { type Message, messageOf, type WireField } from "#apiserver/codec/protobuf/messages";
import { MAGIC, ProtobufError } from "#apiserver/codec/protobuf/read";
import { isUnionDefinition, writeUnion } from "#apiserver/codec/protobuf/unions";
import { type FieldShape, type ObjectShape, shapeNamed, shapeOf } from "#kernel/api/shapes";
import { parseDuration } from "#kernel/apimachinery/duration";
import { nodeMetricsShape, podMetricsShape } from "#kernel/resources/metrics/shape";

export type JsonObject = Readonly<Record<string, unknown>>;

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const VARINT = 0;
const FIXED64 = 1;

/**
 * A whole body: the magic bytes and the envelope around the object (or list of objects, or Status).
 * @throws ProtobufError for a kind that has no protobuf form
 */
export function writeProtobuf(object: JsonObject): Uint8Array {
  const out = new BackwardBuffer();
  writeEnvelope(out, object);
  return out.bytes;
}

/** A frame of a watch: its length in four bytes, then the event, whose object is a whole body of its own. */
export function writeWatchFrame(type: string, object: JsonObject): Uint8Array {
  const out = new BackwardBuffer();
  writeEnvelope(out, object);
  out.delimit(1, 0);
  out.delimit(2, 0);
  const before = out.length;
  out.text(type);
  out.delimit(1, before);
  const { length } = out;
  for (let shift = 0; shift < 32; shift += 8) out.byte((length >>> shift) & 255);
  return out.bytes;
}

/** runtime.Unknown: type, content, and the two fields about its encoding, which stay empty. */
function writeEnvelope(out: BackwardBuffer, object: JsonObject): void {
  out.raw(new Uint8Array([0x1a, 0, 0x22, 0]));
  const end = out.length;
  writeContent(out, object);
  out.delimit(2, end);
  const before = out.length;
  for (const [number, text] of [
    [2, String(object["kind"] ?? "")],
    [1, String(object["apiVersion"] ?? "")],
  ] as const) {
    const inner = out.length;
    out.text(text);
    out.delimit(number, inner);
  }
  out.delimit(1, before);
  out.raw(MAGIC);
}

function writeContent(out: BackwardBuffer, object: JsonObject): void {
  const kind = String(object["kind"] ?? "");
  const items = object["items"];
  if (!Array.isArray(items) || !kind.endsWith("List")) {
    writeMessage(out, contentOf(object, kind), object);
    return;
  }
  const item = contentOf(object, kind.slice(0, -"List".length));
  for (let n = items.length - 1; n >= 0; n -= 1) {
    const before = out.length;
    writeMessage(out, item, items[n] as JsonObject);
    out.delimit(2, before);
  }
  const before = out.length;
  writeMessage(out, messageNamed(`${META}.ListMeta`), (object["metadata"] ?? {}) as JsonObject);
  out.delimit(1, before);
}

/** The message of a kind of an object's group and version. @throws ProtobufError */
function contentOf({ apiVersion }: JsonObject, kind: string): Message {
  const message = kindMessage(String(apiVersion ?? ""), kind);
  if (message === undefined) throw new ProtobufError(`${kind} has no protobuf form`);
  return message;
}

function kindMessage(apiVersion: string, kind: string): Message | undefined {
  if (apiVersion === "meta.k8s.io/v1" || (apiVersion === "v1" && kind === "Status")) {
    return messageNamed(`${META}.${kind}`);
  }
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  const shape =
    discoveryShape(apiVersion, kind) ??
    shapeOf({ group, version, kind }) ??
    (group === "metrics.k8s.io" ? METRICS.get(kind) : undefined);
  return shape && messageOf(shape);
}

/** The kinds of the metrics server, which no document of Kubernetes describes. */
const METRICS: ReadonlyMap<string, ObjectShape> = new Map([
  ["NodeMetrics", nodeMetricsShape],
  ["PodMetrics", podMetricsShape],
]);

function messageNamed(definition: string): Message {
  const message = messageOf(definition.endsWith(".PartialObjectMetadata") ? PARTIAL : shapeNamed(definition));
  if (message === undefined) throw new ProtobufError(`${definition} has no protobuf form`);
  return message;
}

/** The one kind of the API that no OpenAPI document describes. */
const PARTIAL: ObjectShape = {
  name: `${META}.PartialObjectMetadata`,
  required: [],
  fields: new Map([
    [
      "metadata",
      {
        type: "object" as const,
        get object() {
          return shapeNamed(`${META}.ObjectMeta`);
        },
      },
    ],
  ]),
};

const NOTHING: JsonObject = {};

function writeMessage(out: BackwardBuffer, message: Message, object: JsonObject): void {
  const { ordered } = message;
  for (let n = ordered.length - 1; n >= 0; n -= 1) {
    const field = ordered[n] as (typeof ordered)[number];
    if ("message" in field) {
      const before = out.length;
      writeMessage(out, field.message, object);
      out.delimit(field.number, before);
    } else writeField(out, field, object[field.name]);
  }
}

function writeField(out: BackwardBuffer, { number, shape, isPointer }: WireField, value: unknown): void {
  const isThere = value !== undefined && value !== null;
  if (shape.type === "array" && shape.items !== undefined) {
    const items = isThere ? (value as readonly unknown[]) : [];
    for (let n = items.length - 1; n >= 0; n -= 1) writeValue(out, number, shape.items, items[n]);
  } else if (shape.type === "map" && shape.values !== undefined) {
    writeMap(out, number, shape.values, (value ?? NOTHING) as JsonObject);
  } else if (isThere || (!isPointer && shape.type !== "bytes")) writeValue(out, number, shape, value);
}

function writeMap(out: BackwardBuffer, number: number, values: FieldShape, map: JsonObject): void {
  for (const key of Object.keys(map).sort(byBytes).reverse()) {
    const before = out.length;
    const value = map[key];
    if (values.type !== "bytes" || (value !== null && value !== undefined)) writeValue(out, 2, values, value);
    const begin = out.length;
    out.text(key);
    out.delimit(1, begin);
    out.delimit(number, before);
  }
}

/** The order of Go's strings: by the bytes of their UTF-8, which is the order of code points. */
function byBytes(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let n = 0; n < Math.min(x.length, y.length); n += 1) {
    const difference = (x[n]?.codePointAt(0) ?? 0) - (y[n]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

/** One value with its tag; one that is not there is written as the zero of its type. */
function writeValue(out: BackwardBuffer, number: number, shape: FieldShape, value: unknown): void {
  const before = out.length;
  switch (shape.type) {
    case "boolean":
      out.byte(value === true ? 1 : 0);
      out.tag(number, VARINT);
      return;
    case "integer":
      out.varint(Number(value ?? 0));
      out.tag(number, VARINT);
      return;
    case "number":
      out.double(Number(value ?? 0));
      out.tag(number, FIXED64);
      return;
    case "string":
      if (shape.definition === DURATION) writeNumber(out, 1, parseDuration(String(value || "0s")) * NANOSECONDS);
      else out.text(String(value ?? ""));
      break;
    case "bytes":
      writeBase64(out, String(value ?? ""));
      break;
    case "quantity":
      writeText(out, 1, String(value ?? "0"));
      break;
    case "time":
    case "microTime":
      writeTime(out, value, shape.type === "microTime");
      break;
    case "intOrString":
      writeIntOrString(out, value ?? 0);
      break;
    case "object":
      writeMessage(out, objectMessage(shape), (value ?? NOTHING) as JsonObject);
      break;
    case "array":
      writeNamedList(out, shape, (value ?? []) as readonly unknown[]);
      break;
    case "any":
      writeAny(out, shape, value);
      break;
    case "map":
      throw new ProtobufError("a map of maps has no protobuf form");
  }
  out.delimit(number, before);
}

function objectMessage({ object }: FieldShape): Message {
  const message = object && messageOf(object);
  if (message === undefined) throw new ProtobufError(`${object?.name ?? "an object"} has no protobuf form`);
  return message;
}

const DURATION = `${META}.Duration`;
const NANOSECONDS = 1_000_000;

function writeNumber(out: BackwardBuffer, number: number, value: number): void {
  out.varint(value);
  out.tag(number, VARINT);
}

function writeText(out: BackwardBuffer, number: number, text: string): void {
  const before = out.length;
  out.text(text);
  out.delimit(number, before);
}

/** A named list type (ExtraValue, Verbs) is a message around its items. */
function writeNamedList(out: BackwardBuffer, { items }: FieldShape, list: readonly unknown[]): void {
  if (items === undefined) return;
  for (let n = list.length - 1; n >= 0; n -= 1) writeValue(out, 1, items, list[n]);
}

/** RawExtension, FieldsV1 and JSON hold their JSON text; unions of schemas are messages. */
function writeAny(out: BackwardBuffer, shape: FieldShape, value: unknown): void {
  const { definition = "" } = shape;
  if (isUnionDefinition(definition)) {
    writeUnion(out, definition, value, (number, schema) => {
      const before = out.length;
      writeMessage(
        out,
        messageNamed("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"),
        schema,
      );
      out.delimit(number, before);
    });
  } else if (value !== undefined && value !== null) writeText(out, 1, JSON.stringify(value));
}

function writeTime(out: BackwardBuffer, value: unknown, hasMicros: boolean): void {
  if (typeof value !== "string" || value === "") return;
  const [, digits = ""] = /\.(\d+)Z$/.exec(value) ?? [];
  out.varint(hasMicros ? Number(digits.padEnd(6, "0").slice(0, 6)) * 1000 : 0);
  out.tag(2, VARINT);
  out.varint(Math.floor(Date.parse(value) / 1000));
  out.tag(1, VARINT);
}

function writeIntOrString(out: BackwardBuffer, value: unknown): void {
  const isText = typeof value === "string";
  writeText(out, 3, isText ? value : "");
  out.varint(isText ? 0 : Number(value));
  out.tag(2, VARINT);
  out.varint(isText ? 1 : 0);
  out.tag(1, VARINT);
}

function writeBase64(out: BackwardBuffer, text: string): void {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let n = 0; n < binary.length; n += 1) bytes[n] = binary.charCodeAt(n);
  out.raw(bytes);
}
