/**
 * Values at run time: bool, int (bigint), double (number), string and null as in JavaScript, the rest as classes.
 *
 * Models cel-go/common/types.
 */
import type { CelType } from "#kernel/cel/types";

export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds since the epoch. */
export class Timestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A type as a value: `type(1) == int`. */
export class TypeValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export class Optional {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  get isPresent(): boolean {
    return this !== NONE;
  }
}

export const NONE = new Optional(undefined);

/** A list; `size` and `at` are cheap, whatever stands behind it. */
export abstract class List {
  abstract readonly size: number;
  abstract at(index: number): unknown;
  /** How the server merges such lists: equality and `+` follow it. */
  readonly listType: "set" | "map" | undefined = undefined;
  readonly mapKeys: readonly string[] = [];

  *[Symbol.iterator](): Generator<unknown> {
    for (let index = 0; index < this.size; index += 1) yield this.at(index);
  }
}

/** A list whose items are at hand. */
export class Items extends List {
  readonly items: unknown[];

  constructor(items: unknown[]) {
    super();
    this.items = items;
  }

  get size(): number {
    return this.items.length;
  }

  at(index: number): unknown {
    return this.items[index];
  }
}

/** A map or an object of JSON. */
export abstract class Mapping {
  abstract readonly size: number;
  /** The value of a key; undefined if there is none. */
  abstract get(key: unknown): unknown;
  abstract keys(): Iterable<unknown>;
}

/** A map made by the expression. */
export class Entries extends Mapping {
  readonly #entries = new Map<unknown, { readonly key: unknown; readonly value: unknown }>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: unknown): unknown {
    return this.#entries.get(mapKey(key))?.value;
  }

  *keys(): Iterable<unknown> {
    for (const { key } of this.#entries.values()) yield key;
  }

  set(key: unknown, value: unknown): void {
    this.#entries.set(mapKey(key), { key, value });
  }
}

/** Numbers that are equal are one key, whatever their type. */
function mapKey(key: unknown): unknown {
  if (key instanceof Uint) return key.value;
  if (typeof key === "number") return Number.isInteger(key) ? BigInt(key) : undefined;
  return key;
}

/** `Name{...}`, as it was written. */
export class StructValue {
  readonly name: string;
  readonly fields: ReadonlyMap<string, unknown>;

  constructor(name: string, fields: ReadonlyMap<string, unknown>) {
    this.name = name;
    this.fields = fields;
  }
}

/** A value of a library: a quantity, an address. */
export abstract class OpaqueValue {
  /** Its type's name. */
  abstract readonly typeName: string;
  abstract equals(other: OpaqueValue): boolean;
}

/** The name of the type of a value, as `type()` gives it. */
export function typeNameOf(value: unknown): string {
  if (value === null) return "null_type";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "double";
  if (typeof value === "string") return "string";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Uint) return "uint";
  if (value instanceof List) return "list";
  if (value instanceof Mapping) return "map";
  if (value instanceof Timestamp) return "google.protobuf.Timestamp";
  if (value instanceof Duration) return "google.protobuf.Duration";
  if (value instanceof Optional) return "optional_type";
  if (value instanceof TypeValue) return "type";
  if (value instanceof StructValue) return value.name;
  return value instanceof OpaqueValue ? value.typeName : "dyn";
}

/** Whether a value is of a type, its items unseen: what chooses between the forms of a function. */
export function isInstance(value: unknown, type: CelType): boolean {
  switch (type.kind) {
    case "dyn":
    case "param":
    case "error":
      return true;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return typeof value === "bigint";
    case "uint":
      return value instanceof Uint;
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "null":
      return value === null;
    case "list":
      return value instanceof List;
    case "map":
    case "object":
      return value instanceof Mapping || (type.kind === "object" && value instanceof StructValue);
    case "timestamp":
      return value instanceof Timestamp;
    case "duration":
      return value instanceof Duration;
    case "type":
      return value instanceof TypeValue;
    case "opaque":
      if (type.name === "optional_type") return value instanceof Optional;
      return value instanceof OpaqueValue && value.typeName === type.name;
  }
}

const isNumeric = (value: unknown): value is bigint | number | Uint =>
  typeof value === "bigint" || typeof value === "number" || value instanceof Uint;

/** -1, 0 or 1; undefined with a NaN. An int and a double are compared as doubles. */
export function compareNumbers(a: bigint | number | Uint, b: bigint | number | Uint): number | undefined {
  const isReal = typeof a === "number" || typeof b === "number";
  const [left, right] = [a, b].map((one) => {
    const value = one instanceof Uint ? one.value : one;
    return isReal ? Number(value) : value;
  }) as [number, number];
  if (left < right) return -1;
  if (left > right) return 1;
  return left === right ? 0 : undefined;
}

/** `==` of CEL. */
export function equal(a: unknown, b: unknown): boolean {
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(a, b) === 0;
  if (a instanceof List) return b instanceof List && listsEqual(a, b);
  if (a instanceof Mapping) return b instanceof Mapping && mapsEqual(a, b);
  if (a instanceof Uint8Array) {
    return b instanceof Uint8Array && a.length === b.length && a.every((byte, n) => byte === b[n]);
  }
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Optional) {
    if (!(b instanceof Optional) || a.isPresent !== b.isPresent) return false;
    return !a.isPresent || equal(a.value, b.value);
  }
  if (a instanceof OpaqueValue) return b instanceof OpaqueValue && a.typeName === b.typeName && a.equals(b);
  if (a instanceof StructValue) return b instanceof StructValue && structsEqual(a, b);
  return a === b;
}

function structsEqual(a: StructValue, b: StructValue): boolean {
  if (a.name !== b.name || a.fields.size !== b.fields.size) return false;
  return [...a.fields].every(([name, value]) => b.fields.has(name) && equal(value, b.fields.get(name)));
}

function listsEqual(a: List, b: List): boolean {
  if (a.size !== b.size) return false;
  const listType = a.listType ?? b.listType;
  if (listType === undefined) {
    for (let index = 0; index < a.size; index += 1) if (!equal(a.at(index), b.at(index))) return false;
    return true;
  }
  const others = [...b];
  const keys = a.listType === undefined ? b.mapKeys : a.mapKeys;
  return [...a].every((item) => others.some((other) => equal(item, other) && isSameItem(item, other, keys)));
}

/** Whether two items of a map list have the same keys, or two of a set are the same. */
export function isSameItem(a: unknown, b: unknown, keys: readonly string[]): boolean {
  if (keys.length === 0) return equal(a, b);
  if (!(a instanceof Mapping) || !(b instanceof Mapping)) return false;
  return keys.every((key) => equal(a.get(key), b.get(key)));
}

function mapsEqual(a: Mapping, b: Mapping): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    const other = b.get(key);
    if (other === undefined || !equal(a.get(key), other)) return false;
  }
  return true;
}

/** How much there is of a value: code points, bytes, items; 1 for the rest. */
export function sizeOf(value: unknown): number {
  if (typeof value === "string") return codePoints(value);
  if (value instanceof Uint8Array) return value.length;
  return value instanceof List || value instanceof Mapping ? value.size : 1;
}

/** Deepest, and most, that is counted. */
const COUNTED_MAX = 10_000_000;

/** How much there is of a value with everything in it. */
export function deepSizeOf(value: unknown): number {
  let count = 0;
  const pending: unknown[] = [value];
  while (pending.length > 0 && count < COUNTED_MAX) {
    const next = pending.pop();
    count += sizeOf(next);
    if (next instanceof List) for (const item of next) if (isNested(item)) pending.push(item);
    if (next instanceof Mapping) {
      for (const key of next.keys()) {
        const inner = next.get(key);
        if (isNested(inner)) pending.push(inner);
      }
    }
  }
  return count;
}

const isNested = (value: unknown): boolean =>
  value instanceof List || value instanceof Mapping || typeof value === "string";

const WIDE = /[\ud800-\udbff]/;

/** The number of code points. */
export function codePoints(text: string): number {
  if (!WIDE.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
