/**
 * JSON seen as CEL values, and back: nothing is copied until an expression looks at it.
 *
 * A number is an int or a double by its type; where nothing is known of it, by whether it is whole.
 *
 * Models apiserver/pkg/cel/common/values.go and cel-go's adapters of native values.
 */
import { RunError } from "#kernel/cel/errors";
import { fromBase64, toBase64 } from "#kernel/cel/library/base64";
import { formatDuration, formatTimestamp, parseGoDuration, parseTimestamp } from "#kernel/cel/library/instants";
import { type CelType, DYN, type Field, type ListType } from "#kernel/cel/types";
import {
  Duration,
  equal,
  Items,
  List,
  Mapping,
  OpaqueValue,
  Optional,
  StructValue,
  Timestamp,
  Uint,
} from "#kernel/cel/values";

type Json = Readonly<Record<string, unknown>>;

/** The value of a piece of JSON. A value that does not fit its type is taken as it is. */
export function toCel(json: unknown, type: CelType = DYN): unknown {
  if (json === null || json === undefined) return null;
  switch (typeof json) {
    case "number":
      return numberOf(json, type);
    case "string":
      return textOf(json, type);
    case "object":
      return Array.isArray(json) ? new JsonList(json, type) : objectOf(json as Json, type);
    default:
      return json;
  }
}

function numberOf(json: number, type: CelType): unknown {
  if (type.kind === "uint") return new Uint(BigInt(Math.trunc(json)));
  return type.kind !== "double" && Number.isInteger(json) && Math.abs(json) < 2 ** 63 ? BigInt(json) : json;
}

function textOf(json: string, type: CelType): unknown {
  if (type.kind === "timestamp") return parseTimestamp(json) ?? parseTimestamp(`${json}T00:00:00Z`) ?? json;
  if (type.kind === "duration") return parseGoDuration(json) ?? json;
  if (type.kind === "bytes") return fromBase64(json) ?? json;
  return json;
}

/** What is no JSON already is a value. */
function objectOf(json: Json, type: CelType): unknown {
  if (
    json instanceof List ||
    json instanceof Mapping ||
    json instanceof OpaqueValue ||
    json instanceof Optional ||
    json instanceof StructValue ||
    json instanceof Uint8Array ||
    json instanceof Uint
  ) {
    return json;
  }
  if (type.kind === "object") return new JsonObject(json, type.fields);
  return new JsonMap(json, type.kind === "map" ? type.value : DYN);
}

class JsonList extends List {
  readonly #item: CelType;
  override readonly listType: "set" | "map" | undefined;
  override readonly mapKeys: readonly string[];

  readonly json: readonly unknown[];

  constructor(json: readonly unknown[], type: CelType) {
    super();
    this.json = json;
    const of: Partial<ListType> = type.kind === "list" ? type : {};
    this.#item = of.item ?? DYN;
    this.listType = of.listType === "atomic" ? undefined : of.listType;
    this.mapKeys = of.mapKeys ?? [];
  }

  get size(): number {
    return this.json.length;
  }

  at(index: number): unknown {
    return toCel(this.json[index], this.#item);
  }
}

class JsonMap extends Mapping {
  #size: number | undefined;

  readonly json: Json;
  readonly value: CelType;

  constructor(json: Json, value: CelType) {
    super();
    this.json = json;
    this.value = value;
  }

  get size(): number {
    this.#size ??= Object.keys(this.json).length;
    return this.#size;
  }

  get(key: unknown): unknown {
    if (typeof key !== "string" || !Object.hasOwn(this.json, key)) return undefined;
    return toCel(this.json[key], this.value);
  }

  keys(): Iterable<unknown> {
    return Object.keys(this.json);
  }
}

class JsonObject extends Mapping {
  readonly json: Json;
  readonly fields: ReadonlyMap<string, Field>;

  constructor(json: Json, fields: ReadonlyMap<string, Field>) {
    super();
    this.json = json;
    this.fields = fields;
  }

  get size(): number {
    return [...this.keys()].length;
  }

  get(key: unknown): unknown {
    if (typeof key !== "string") return undefined;
    const field = this.fields.get(key);
    if (field === undefined) return undefined;
    const name = field.json ?? key;
    if (!Object.hasOwn(this.json, name)) return undefined;
    return toCel(this.json[name], field.type);
  }

  *keys(): Iterable<unknown> {
    for (const [key, { json = key }] of this.fields) if (Object.hasOwn(this.json, json)) yield key;
  }
}

/** The JSON of a value, for patches and audit annotations. @throws RunError for what has none */
export function toJson(value: unknown): unknown {
  if (value === null || typeof value === "boolean" || typeof value === "string" || typeof value === "number") {
    return value;
  }
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (value instanceof JsonList || value instanceof JsonMap || value instanceof JsonObject) return value.json;
  if (value instanceof List) return [...value].map(toJson);
  if (value instanceof Mapping) return Object.fromEntries([...value.keys()].map((key) => entryOf(value, key)));
  if (value instanceof StructValue) {
    return Object.fromEntries([...value.fields].map(([name, field]) => [name, toJson(field)]));
  }
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Uint8Array) return toBase64(value);
  throw new RunError("unsupported conversion to JSON");
}

function entryOf(map: Mapping, key: unknown): readonly [string, unknown] {
  if (typeof key !== "string") throw new RunError("unsupported conversion to JSON: map key is no string");
  return [key, toJson(map.get(key))];
}

/** `+` of two lists: of sets and of map lists it is a union. */
export function concatenated(a: List, b: List): List {
  if (a.listType === undefined) return new Items([...a, ...b]);
  const items = [...a];
  for (const item of b) {
    const index = items.findIndex((one) => sameItem(a, one, item));
    if (index === -1) items.push(item);
    else if (a.listType === "map") items[index] = item;
  }
  return new Items(items);
}

function sameItem({ listType, mapKeys }: List, a: unknown, b: unknown): boolean {
  if (listType === "set") return equal(a, b);
  if (!(a instanceof Mapping) || !(b instanceof Mapping)) return false;
  return mapKeys.every((key) => {
    const value = a.get(key);
    return value !== undefined && equal(value, b.get(key));
  });
}
