/**
 * Quantities: `500m`, `1.5Gi`, `1e3`: exact, with upstream's canonical spelling.
 *
 * Models apimachinery/pkg/api/resource.
 * Leaves out the cached spelling of a parsed text: who wants the text as the user wrote it has it already.
 */
import { badRequest } from "#kernel/apimachinery/errors";

export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** An exact amount in billionths, and the kind of suffix it is written with. */
export interface Quantity {
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

/** A quantity as it stands in JSON, or parsed. */
export type QuantityLike = Quantity | string | number;

interface Known extends Quantity {
  readonly milli: number;
  readonly value: number;
}

const nanosPerOne = 1_000_000_000n;
const nanosPerMilli = 1_000_000n;
const int64Max = (1n << 63n) - 1n;

const decimalSuffixes: ReadonlyMap<string, number> = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const decimalByExponent = new Map([...decimalSuffixes].map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes: readonly string[] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

const messages = {
  format: "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  suffix: "unable to parse quantity's suffix",
};

const grammar = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;

// Enough for every amount that can be told apart: beyond, the exponent decides alone.
const exponentBound = 64;

// The same few texts come again for every pod; when clients send ever new ones the memory starts afresh.
const knownMax = 4096;
const known = new Map<string, Known>();

/** Gives what keeps the text from being a quantity, as upstream says it; undefined if it is one. */
export function quantityProblem(text: string): string | undefined {
  const read = lookUp(text);
  return typeof read === "string" ? read : undefined;
}

/** Gives the quantity of a text. Raises BadRequest with upstream's words if it is none. */
export function parseQuantity(text: QuantityLike): Quantity {
  return resolve(text);
}

function resolve(quantity: string | number | Quantity): Known {
  if (typeof quantity === "object") return withNumbers(quantity);
  const read = lookUp(typeof quantity === "string" ? quantity : String(quantity));
  if (typeof read === "string") throw badRequest(read);
  return read;
}

function lookUp(text: string): Known | string {
  const found = known.get(text);
  if (found !== undefined) return found;
  const read = readText(text);
  if (typeof read === "string") return read;
  const entry = withNumbers(read);
  if (known.size >= knownMax) known.clear();
  known.set(text, entry);
  return entry;
}

const withNumbers = ({ nanos, format }: Quantity): Known => ({
  nanos,
  format,
  milli: Number(divideUp(nanos, nanosPerMilli)),
  value: Number(divideUp(nanos, nanosPerOne)),
});

/** Divides and rounds away from zero: whoever asks for a part of a unit gets the unit. */
function divideUp(amount: bigint, unit: bigint): bigint {
  const whole = amount / unit;
  if (whole * unit === amount) return whole;
  return amount > 0n ? whole + 1n : whole - 1n;
}

function readText(text: string): Quantity | string {
  const match = grammar.exec(text);
  if (text === "" || match === null) return messages.format;
  const [, sign, whole = "", fraction = "", suffix = ""] = match;
  if (whole === "" && fraction === "") return messages.format;
  const scale = scaleOf(suffix);
  if (scale === undefined) return messages.suffix;
  const digits = BigInt(`0${whole}${fraction}`);
  if (digits === 0n) return { nanos: 0n, format: scale.format };
  const { format } = scale;
  const amount =
    format === "BinarySI"
      ? divideUp((digits << BigInt(scale.exponent)) * nanosPerOne, 10n ** BigInt(fraction.length))
      : shiftDecimal(digits, scale.exponent + 9 - fraction.length);
  const nanos = format === "BinarySI" && amount > int64Max * nanosPerOne ? int64Max * nanosPerOne : amount;
  return { nanos: sign === "-" ? -nanos : nanos, format };
}

function shiftDecimal(digits: bigint, exponent: number): bigint {
  if (exponent >= 0) return digits * 10n ** BigInt(Math.min(exponent, exponentBound));
  const length = digits.toString().length;
  return -exponent > length + exponentBound ? 1n : divideUp(digits, 10n ** BigInt(-exponent));
}

function scaleOf(suffix: string): { exponent: number; format: QuantityFormat } | undefined {
  const decimal = decimalSuffixes.get(suffix);
  if (decimal !== undefined) return { exponent: decimal, format: "DecimalSI" };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) return { exponent: 10 * binary, format: "BinarySI" };
  return /^[eE][+-]?\d+$/.test(suffix) ? { exponent: Number(suffix.slice(1)), format: "DecimalExponent" } : undefined;
}

/** Gives the canonical spelling: no fraction, the largest suffix that keeps it exact. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return "0";
  const isWhole = nanos % nanosPerOne === 0n;
  const one = nanos / nanosPerOne;
  if (format === "BinarySI" && isWhole && (one >= 1024n || one <= -1024n)) return formatBinary(one);
  return formatDecimal(nanos, format === "DecimalExponent");
}

function formatBinary(amount: bigint): string {
  let number = amount;
  let power = 0;
  while (power < binarySuffixes.length - 1 && number % 1024n === 0n) {
    number /= 1024n;
    power += 1;
  }
  return `${number}${binarySuffixes[power]}`;
}

function formatDecimal(nanos: bigint, isExponent: boolean): string {
  let number = nanos;
  let exponent = -9;
  while ((isExponent || exponent < 18) && number % 1000n === 0n) {
    number /= 1000n;
    exponent += 3;
  }
  if (!isExponent) return `${number}${decimalByExponent.get(exponent)}`;
  return exponent === 0 ? String(number) : `${number}e${exponent}`;
}

/** Gives the canonical spelling of a text: `1024Mi` is `1Gi`, `0.5` is `500m`. Raises BadRequest for no quantity. */
export function canonicalQuantity(text: QuantityLike): string {
  return formatQuantity(resolve(text));
}

/** Gives the canonical spelling rounded up to thousandths, as every list of resources is stored. */
export function canonicalResource(text: QuantityLike): string {
  const { nanos, format } = resolve(text);
  return formatQuantity({ nanos: divideUp(nanos, nanosPerMilli) * nanosPerMilli, format });
}

/** Gives thousandths, rounded up: CPU. */
export function milli(quantity: QuantityLike): number {
  return resolve(quantity).milli;
}

/** Gives whole units, rounded up: bytes, pods. */
export function value(quantity: QuantityLike): number {
  return resolve(quantity).value;
}

/** Gives the quantity of so many thousandths: CPU. */
export function fromMilli(amount: number): Quantity {
  return { nanos: BigInt(Math.ceil(amount)) * nanosPerMilli, format: "DecimalSI" };
}

/** Gives the quantity of so many units, written in binary steps unless told otherwise. */
export function fromValue(amount: number, format: QuantityFormat = "BinarySI"): Quantity {
  return { nanos: BigInt(Math.ceil(amount)) * nanosPerOne, format };
}

// As upstream: a zero has no format of its own.
const formatOfBoth = (a: Quantity, b: Quantity): QuantityFormat => (a.nanos === 0n ? b.format : a.format);

/** Gives the sum, spelt as the first unless that is zero. */
export function add(a: QuantityLike, b: QuantityLike): Quantity {
  const [x, y] = [resolve(a), resolve(b)];
  return { nanos: x.nanos + y.nanos, format: formatOfBoth(x, y) };
}

/** Gives the difference, spelt as the first unless that is zero. */
export function sub(a: QuantityLike, b: QuantityLike): Quantity {
  const [x, y] = [resolve(a), resolve(b)];
  return { nanos: x.nanos - y.nanos, format: formatOfBoth(x, y) };
}

/** Gives a negative number, zero or a positive one as the first is less, equal or more. */
export function cmp(a: QuantityLike, b: QuantityLike): number {
  const [x, y] = [resolve(a).nanos, resolve(b).nanos];
  return x < y ? -1 : x > y ? 1 : 0;
}
