/**
 * Reads the values and types of the specification's test data, which are protobuf messages written as JSON.
 */
import { fromBase64 } from "#kernel/cel/library/base64";
import { parseGoDuration, parseTimestamp } from "#kernel/cel/library/instants";
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  optionalOf,
  STRING,
  TIMESTAMP,
  UINT,
} from "#kernel/cel/types";
import { Entries, Items, TypeValue, Uint } from "#kernel/cel/values";

type Json = Readonly<Record<string, unknown>>;

/** A value of the data as the evaluator knows it. */
export function valueFrom(value: object): unknown {
  const [[kind, given] = ["nullValue", null]] = Object.entries(value);
  switch (kind) {
    case "int64Value":
      return BigInt(given as string);
    case "uint64Value":
      return new Uint(BigInt(given as string));
    case "doubleValue":
      return doubleFrom(given);
    case "bytesValue":
      return fromBase64(given as string);
    case "listValue":
      return new Items((((given as Json).values ?? []) as object[]).map(valueFrom));
    case "mapValue":
      return mapFrom(((given as Json).entries ?? []) as { key: object; value: object }[]);
    case "typeValue":
      return new TypeValue(given as string);
    case "objectValue":
      return messageFrom(given as Json);
    case "nullValue":
      return null;
    default:
      return given;
  }
}

const doubleFrom = (given: unknown): number => (given === "-Infinity" ? Number.NEGATIVE_INFINITY : Number(given));

function mapFrom(entries: readonly { key: object; value: object }[]): Entries {
  const made = new Entries();
  for (const { key, value } of entries) made.set(valueFrom(key), valueFrom(value));
  return made;
}

function messageFrom(message: Json): unknown {
  const name = String(message["@type"]).replace(/^.*\//, "");
  if (name === "google.protobuf.Timestamp") return parseTimestamp(String(message.value));
  if (name === "google.protobuf.Duration") return parseGoDuration(String(message.value));
  return undefined;
}

const PRIMITIVES: Readonly<Record<string, CelType>> = {
  ...{ BOOL, INT64: INT, UINT64: UINT, DOUBLE, STRING, BYTES },
};

/** A type of the data. */
export function typeFrom(type: Json | object): CelType {
  const [[kind, given] = ["dyn", {}]] = Object.entries(type);
  const inner = given as Json;
  switch (kind) {
    case "primitive":
      return PRIMITIVES[String(given)] ?? DYN;
    case "listType":
      return listOf(typeFrom((inner.elemType ?? {}) as Json));
    case "mapType":
      return mapOf(typeFrom((inner.keyType ?? {}) as Json), typeFrom((inner.valueType ?? {}) as Json));
    case "wellKnown":
      return given === "TIMESTAMP" ? TIMESTAMP : given === "DURATION" ? DURATION : DYN;
    case "null":
      return NULL;
    case "abstractType":
      return optionalOf(typeFrom(((inner.parameterTypes as object[] | undefined)?.[0] ?? {}) as Json));
    default:
      return DYN;
  }
}

/** Something readable for a message about a difference. */
export function toPlain(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => (typeof inner === "bigint" ? `${inner}` : inner)) ?? String(value);
}
