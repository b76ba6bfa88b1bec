/**
 * Lists: order, sums, extremes, positions; sets made of lists.
 *
 * Models apiserver/pkg/cel/library/lists.go and cel-go/ext/sets.go.
 */
import { RunError } from "#kernel/cel/errors";
import { define, type Overload } from "#kernel/cel/functions";
import { checkedDuration } from "#kernel/cel/library/instants";
import { compare, int, uint } from "#kernel/cel/library/standard";
import { type Duration, equal, type List, type Uint } from "#kernel/cel/values";

type Comparable = Parameters<typeof compare>[0];

const COMPARABLE = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];

function isSorted(list: List): boolean {
  for (let n = 1; n < list.size; n += 1) {
    if ((compare(list.at(n - 1) as Comparable, list.at(n) as Comparable) ?? 1) > 0) return false;
  }
  return true;
}

const extreme =
  (name: "min" | "max") =>
  (list: List): unknown => {
    if (list.size === 0) throw new RunError(`${name} called on empty list`);
    let best = list.at(0) as Comparable;
    for (const item of list) {
      const order = compare(item as Comparable, best) ?? 0;
      if (name === "min" ? order < 0 : order > 0) best = item as Comparable;
    }
    return best;
  };

function folded<T>(initial: T, add: (sum: T, item: T) => T): (list: List) => T {
  return (list) => {
    let sum = initial;
    for (const item of list) sum = add(sum, item as T);
    return sum;
  };
}

function indexOf(list: List, item: unknown): bigint {
  for (let n = 0; n < list.size; n += 1) if (equal(list.at(n), item)) return BigInt(n);
  return -1n;
}

function lastIndexOf(list: List, item: unknown): bigint {
  for (let n = list.size - 1; n >= 0; n -= 1) if (equal(list.at(n), item)) return BigInt(n);
  return -1n;
}

const isIn = (item: unknown, list: List): boolean => indexOf(list, item) !== -1n;

const containsAll = (list: List, part: List): boolean => [...part].every((item) => isIn(item, list));

const whole = (list: List): number => Math.max(1, list.size);
const product = (a: List, b: List): number => Math.max(1, a.size * b.size);

export const LISTS: readonly Overload[] = [
  ...COMPARABLE.flatMap((type) => [
    define(`list<${type}>.isSorted(): bool`, isSorted, whole),
    define(`list<${type}>.min(): ${type}`, extreme("min"), whole),
    define(`list<${type}>.max(): ${type}`, extreme("max"), whole),
  ]),
  define("list<int>.sum(): int", sum, whole),
  define("list<uint>.sum(): uint", sum, whole),
  define("list<double>.sum(): double", sum, whole),
  define("list<duration>.sum(): duration", sum, whole),
  define("list<A>.indexOf(A): int", indexOf, whole),
  define("list<A>.lastIndexOf(A): int", lastIndexOf, whole),
  define("sets.contains(list<A>, list<A>): bool", containsAll, product),
  define(
    "sets.equivalent(list<A>, list<A>): bool",
    (a: List, b: List) => containsAll(a, b) && containsAll(b, a),
    (a: List, b: List) => 2 * product(a, b),
  ),
  define(
    "sets.intersects(list<A>, list<A>): bool",
    (a: List, b: List) => [...b].some((item) => isIn(item, a)),
    product,
  ),
];

/** The kind of sum follows from the items: at run time a list does not know its type. */
function sum(list: List): unknown {
  const first = list.size === 0 ? 0n : list.at(0);
  if (typeof first === "bigint") return folded(0n, (a, b: bigint) => int(a + b))(list);
  if (typeof first === "number") return folded(0, (a, b: number) => a + b)(list);
  if ("value" in (first as object)) return folded(uint(0n), (a, b: Uint) => uint(a.value + b.value))(list);
  return folded(checkedDuration(0n), (a, b: Duration) => checkedDuration(a.nanos + b.nanos))(list);
}
