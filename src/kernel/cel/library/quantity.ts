/**
 * Quantities: `quantity("1.5Gi").isGreaterThan(quantity("1Gi"))`.
 *
 * Models apiserver/pkg/cel/library/quantity.go.
 */
import {
  add,
  cmp,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityProblem,
  sub,
} from "#kernel/apimachinery/quantity";
import { RunError } from "#kernel/cel/errors";
import { define, type Overload, traversal } from "#kernel/cel/functions";
import { codePoints, OpaqueValue } from "#kernel/cel/values";

const NANOS = 1_000_000_000n;
const INT64 = 1n << 63n;

class QuantityValue extends OpaqueValue {
  override readonly typeName = "kubernetes.Quantity";

  readonly quantity: Quantity;

  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof QuantityValue && cmp(this.quantity, other.quantity) === 0;
  }

  override toString(): string {
    return formatQuantity(this.quantity);
  }
}

/** Longest text that is read as one: more digits than any amount has. */
const TEXT_CHARS_MAX = 256;

function problemWith(text: string): string | undefined {
  return text.length > TEXT_CHARS_MAX ? "quantity is too long" : quantityProblem(text);
}

function parsed(text: string): QuantityValue {
  const problem = problemWith(text);
  if (problem !== undefined) throw new RunError(problem);
  return new QuantityValue(parseQuantity(text));
}

/** The value of a quantity that is known to be one. */
export const quantityValue = (text: string): OpaqueValue => new QuantityValue(parseQuantity(text));

const ofInt = (value: bigint): Quantity => ({ nanos: value * NANOS, format: "DecimalSI" });

function asInteger({ quantity }: QuantityValue): bigint {
  if (!isInteger({ quantity })) throw new RunError("cannot convert value to integer");
  return quantity.nanos / NANOS;
}

function isInteger({ quantity: { nanos } }: Pick<QuantityValue, "quantity">): boolean {
  return nanos % NANOS === 0n && nanos / NANOS < INT64 && nanos / NANOS >= -INT64;
}

const sum = (a: Quantity, b: Quantity): QuantityValue => new QuantityValue(add(a, b));
const difference = (a: Quantity, b: Quantity): QuantityValue => new QuantityValue(sub(a, b));
const textCost = (text: string): number => Math.max(1, traversal(codePoints(text)));

export const QUANTITIES: readonly Overload[] = [
  define("isQuantity(string): bool", (text: string) => problemWith(text) === undefined, textCost),
  define("quantity(string): Quantity", parsed, textCost),
  define("Quantity.sign(): int", ({ quantity: { nanos } }: QuantityValue) => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n)),
  define("Quantity.isInteger(): bool", isInteger),
  define("Quantity.asInteger(): int", asInteger),
  define("Quantity.asApproximateFloat(): double", ({ quantity }: QuantityValue) => Number(quantity.nanos) / 1e9),
  define("Quantity.add(Quantity): Quantity", (a: QuantityValue, b: QuantityValue) => sum(a.quantity, b.quantity)),
  define("Quantity.add(int): Quantity", (a: QuantityValue, b: bigint) => sum(a.quantity, ofInt(b))),
  define("Quantity.sub(Quantity): Quantity", (a: QuantityValue, b: QuantityValue) =>
    difference(a.quantity, b.quantity),
  ),
  define("Quantity.sub(int): Quantity", (a: QuantityValue, b: bigint) => difference(a.quantity, ofInt(b))),
  define(
    "Quantity.isLessThan(Quantity): bool",
    (a: QuantityValue, b: QuantityValue) => cmp(a.quantity, b.quantity) < 0,
  ),
  define(
    "Quantity.isGreaterThan(Quantity): bool",
    (a: QuantityValue, b: QuantityValue) => cmp(a.quantity, b.quantity) > 0,
  ),
  define("Quantity.compareTo(Quantity): int", (a: QuantityValue, b: QuantityValue) =>
    BigInt(cmp(a.quantity, b.quantity)),
  ),
];
