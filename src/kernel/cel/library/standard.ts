/**
 * The operators every expression has: arithmetic, comparison, indexing, membership, size.
 *
 * Models cel-go/common/stdlib.
 */
import { noSuchKey, noSuchOverload, RunError } from "#kernel/cel/errors";
import { define, type Overload, traversal } from "#kernel/cel/functions";
import { concatenated } from "#kernel/cel/json";
import {
  compareNumbers,
  Duration,
  deepSizeOf,
  type Entries,
  equal,
  List,
  Mapping,
  NONE,
  Optional,
  sizeOf,
  Timestamp,
  Uint,
} from "#kernel/cel/values";

const INT_MIN = -(1n << 63n);
const INT_MAX = (1n << 63n) - 1n;
const UINT_MAX = (1n << 64n) - 1n;

/** @throws RunError where it does not fit 64 bits */
export function int(value: bigint): bigint {
  if (value < INT_MIN || value > INT_MAX) throw new RunError("integer overflow");
  return value;
}

/** @throws RunError where it does not fit 64 bits */
export function uint(value: bigint): Uint {
  if (value < 0n || value > UINT_MAX) throw new RunError("unsigned integer overflow");
  return new Uint(value);
}

function divided(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new RunError("division by zero");
  return a / b;
}

function modulus(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new RunError("modulus by zero");
  return a % b;
}

type Whole = (a: bigint, b: bigint) => bigint;

function arithmetic(fn: string, whole: Whole, real?: (a: number, b: number) => number): Overload[] {
  return [
    define(`${fn}(int, int): int`, (a: bigint, b: bigint) => int(whole(a, b))),
    define(`${fn}(uint, uint): uint`, (a: Uint, b: Uint) => uint(whole(a.value, b.value))),
    ...(real === undefined ? [] : [define(`${fn}(double, double): double`, real)]),
  ];
}

type Comparable = bigint | number | Uint | string | boolean | Uint8Array | Timestamp | Duration;

/** -1, 0, 1, or undefined with a NaN. */
export function compare(a: Comparable, b: Comparable): number | undefined {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  if (a instanceof Timestamp || a instanceof Duration) return compareNumbers(a.nanos, (b as Timestamp).nanos);
  return compareNumbers(a as bigint, b as bigint);
}

/** By code points, as Go compares the bytes of UTF-8. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [[...a], [...b]];
  for (let n = 0; n < Math.min(left.length, right.length); n += 1) {
    const difference = (left[n]?.codePointAt(0) ?? 0) - (right[n]?.codePointAt(0) ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(left.length - right.length);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let n = 0; n < Math.min(a.length, b.length); n += 1) {
    const difference = (a[n] ?? 0) - (b[n] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(a.length - b.length);
}

const PAIRS = [
  ...["bool, bool", "int, int", "uint, uint", "double, double", "string, string", "bytes, bytes"],
  ...["timestamp, timestamp", "duration, duration", "int, uint", "int, double", "uint, int", "uint, double"],
  ...["double, int", "double, uint"],
];

function ordering(fn: string, holds: (order: number) => boolean): Overload[] {
  return PAIRS.map((pair) =>
    define(
      `${fn}(${pair}): bool`,
      (a: Comparable, b: Comparable) => {
        const order = compare(a, b);
        return order !== undefined && holds(order);
      },
      compareCost,
    ),
  );
}

/** As much as the smaller of two values; lists without an order are compared each item with each. */
function compareCost(a: unknown, b: unknown): number {
  const size = Math.min(deepSizeOf(a), deepSizeOf(b));
  if (isUnordered(a) || isUnordered(b)) return Math.max(1, size * size);
  return Math.max(1, a instanceof List || a instanceof Mapping ? size : traversal(size));
}

const isUnordered = (value: unknown): boolean => value instanceof List && value.listType !== undefined;

const bothCost = (a: unknown, b: unknown): number => Math.max(1, traversal(sizeOf(a) + sizeOf(b)));

/** Lists are copied; those without an order are searched for what they have already. */
const concatenationCost = (a: List, b: List): number =>
  Math.max(1, traversal(isUnordered(a) ? a.size * b.size : a.size + b.size));

/** An item by its index or key. @throws RunError where there is none */
export function indexed(of: unknown, key: unknown): unknown {
  const found = lookUp(of, key);
  if (found !== undefined) return found;
  if (of instanceof List) throw new RunError(`index out of bounds: ${keyText(key)}`);
  throw noSuchKey(keyText(key));
}

function lookUp(of: unknown, key: unknown): unknown {
  if (of instanceof Mapping) return of.get(key);
  if (!(of instanceof List)) throw noSuchOverload();
  const index = indexOf(key);
  return index >= 0 && index < of.size ? of.at(index) : undefined;
}

function indexOf(key: unknown): number {
  if (typeof key === "bigint") return Number(key);
  if (key instanceof Uint) return Number(key.value);
  if (typeof key === "number" && Number.isInteger(key)) return key;
  throw new RunError("unsupported index type in list");
}

/** A key as messages print it. */
export const keyText = (key: unknown): string => (key instanceof Uint ? String(key.value) : String(key));

/** An item that may not be there. */
export function optionally(of: unknown, key: unknown): Optional {
  if (of instanceof Optional) return of.isPresent ? optionally(of.value, key) : NONE;
  const found = lookUp(of, key);
  return found === undefined ? NONE : new Optional(found);
}

function contains(item: unknown, of: List | Mapping): boolean {
  if (of instanceof Mapping) return of.get(item) !== undefined;
  for (const one of of) if (equal(one, item)) return true;
  return false;
}

function inserted(map: Entries, key: unknown, value: unknown): Entries {
  if (map.get(key) !== undefined) throw new RunError(`insert failed: key ${keyText(key)} already exists`);
  map.set(key, value);
  return map;
}

function joinedBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

const sized = (value: unknown): bigint => BigInt(sizeOf(value));

export const STANDARD: readonly Overload[] = [
  define("!_(bool): bool", (value: boolean) => !value),
  define("-_(int): int", (value: bigint) => int(-value)),
  define("-_(double): double", (value: number) => -value),
  define("@not_strictly_false(bool): bool", (value: unknown) => value !== false),
  ...arithmetic(
    "_+_",
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  ...arithmetic(
    "_-_",
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  ...arithmetic(
    "_*_",
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  ...arithmetic("_/_", divided, (a, b) => a / b),
  ...arithmetic("_%_", modulus),
  define("_+_(string, string): string", (a: string, b: string) => a + b, bothCost),
  define("_+_(bytes, bytes): bytes", joinedBytes, bothCost),
  define("_+_(list<A>, list<A>): list<A>", concatenated, concatenationCost),
  define("_==_(A, A): bool", equal, compareCost),
  define("_!=_(A, A): bool", (a: unknown, b: unknown) => !equal(a, b), compareCost),
  ...ordering("_<_", (order) => order < 0),
  ...ordering("_<=_", (order) => order <= 0),
  ...ordering("_>_", (order) => order > 0),
  ...ordering("_>=_", (order) => order >= 0),
  define("_[_](list<A>, int): A", indexed),
  define("_[_](map<A, B>, A): B", indexed),
  define("_[_](optional<list<A>>, int): optional<A>", optionally),
  define("_[_](optional<map<A, B>>, A): optional<B>", optionally),
  define("_[?_](list<A>, int): optional<A>", optionally),
  define("_[?_](optional<list<A>>, int): optional<A>", optionally),
  define("_[?_](map<A, B>, A): optional<B>", optionally),
  define("_[?_](optional<map<A, B>>, A): optional<B>", optionally),
  define("@in(A, list<A>): bool", contains, (_item: unknown, list: List) => Math.max(1, list.size)),
  define("@in(A, map<A, B>): bool", contains),
  define("cel.@mapInsert(map<A, B>, A, B): map<A, B>", inserted),
  define("cel.@mapInsert(map<A, B>, map<A, B>): map<A, B>", (map: Entries, more: Mapping) => {
    for (const key of more.keys()) inserted(map, key, more.get(key));
    return map;
  }),
  ...["string", "bytes", "list<A>", "map<A, B>"].flatMap((type) => [
    define(`size(${type}): int`, sized),
    define(`${type}.size(): int`, sized),
  ]),
];
