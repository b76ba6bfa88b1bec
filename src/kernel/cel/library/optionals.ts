/**
 * Optional values. `or` and `orValue` are run by the evaluator, which looks at their argument only if it must.
 *
 * Models cel-go/cel/library.go (OptionalTypes) and common/types/optional.go.
 */
import { RunError } from "#kernel/cel/errors";
import { define, type Overload } from "#kernel/cel/functions";
import { Items, type List, NONE, Optional, sizeOf, Timestamp, Uint } from "#kernel/cel/values";

function heldBy(optional: Optional): unknown {
  if (!optional.isPresent) throw new RunError("optional.none() dereference");
  return optional.value;
}

function isZero(value: unknown): boolean {
  if (value === null || value === false || value === 0 || value === 0n || value === "") return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Timestamp) return false;
  return sizeOf(value) === 0;
}

const present = (list: List): Items =>
  new Items(
    [...list].filter((item) => item instanceof Optional && item.isPresent).map((item) => (item as Optional).value),
  );

export const OPTIONALS: readonly Overload[] = [
  define("optional.of(A): optional<A>", (value: unknown) => new Optional(value)),
  define("optional.ofNonZeroValue(A): optional<A>", (value: unknown) => (isZero(value) ? NONE : new Optional(value))),
  define("optional.none(): optional<A>", () => NONE),
  define("optional.unwrap(list<optional<A>>): list<A>", present),
  define("list<optional<A>>.unwrapOpt(): list<A>", present),
  define("optional<A>.value(): A", heldBy),
  define("optional<A>.hasValue(): bool", (optional: Optional) => optional.isPresent),
  define("optional<A>.or(optional<A>): optional<A>", (optional: Optional) => optional),
  define("optional<A>.orValue(A): A", (optional: Optional) => optional.value),
];
