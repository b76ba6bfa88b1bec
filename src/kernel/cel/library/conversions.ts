/**
 * Conversions between types: `int("5")`, `string(1.5)`, `timestamp("2026-01-01T00:00:00Z")`, `type(x)`, `dyn(x)`.
 *
 * Models cel-go/common/stdlib and the ConvertToType methods of cel-go/common/types.
 */
import { RunError } from "#kernel/cel/errors";
import { define, type Overload, traversal } from "#kernel/cel/functions";
import { fromUtf8, utf8 } from "#kernel/cel/lexer";
import {
  checkedTimestamp,
  formatDuration,
  formatTimestamp,
  parseGoDuration,
  parseTimestamp,
} from "#kernel/cel/library/instants";
import { int, uint } from "#kernel/cel/library/standard";
import { codePoints, Duration, type Timestamp, TypeValue, typeNameOf, Uint } from "#kernel/cel/values";

const SECOND = 1_000_000_000n;
const INTEGER = /^[-+]?\d{1,20}$/;
const REAL = /^[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|[iI]nf(?:inity)?|NaN|nan)$/;

const textCost = (text: string): number => Math.max(1, traversal(codePoints(text)));

function intOfDouble(value: number): bigint {
  if (!Number.isFinite(value) || value <= -(2 ** 63) || value >= 2 ** 63) throw new RunError("integer overflow");
  return BigInt(Math.trunc(value));
}

function uintOfDouble(value: number): Uint {
  if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64) throw new RunError("unsigned integer overflow");
  return new Uint(BigInt(Math.trunc(value)));
}

function intOfText(text: string): bigint {
  if (!INTEGER.test(text)) throw new RunError(`cannot parse '${text}' as int: invalid syntax`);
  return int(BigInt(text.replace(/^\+/, "")));
}

function uintOfText(text: string): Uint {
  if (!/^\+?\d{1,20}$/.test(text)) throw new RunError(`cannot parse '${text}' as uint: invalid syntax`);
  return uint(BigInt(text.replace(/^\+/, "")));
}

function doubleOfText(text: string): number {
  if (!REAL.test(text)) throw new RunError(`strconv.ParseFloat: parsing "${text}": invalid syntax`);
  if (/nan/i.test(text)) return Number.NaN;
  if (/inf/i.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}

const TRUE = new Set(["1", "t", "true", "TRUE", "True"]);
const FALSE = new Set(["0", "f", "false", "FALSE", "False"]);

function boolOfText(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new RunError(`type conversion error from 'string' to 'bool'`);
}

/** A double as Go's %g writes it. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 21) return plain(value);
  const sign = exponent < 0 ? "-" : "+";
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function plain(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  return value.toFixed(20).replace(/\.?0+$/, "");
}

function textOfBytes(bytes: Uint8Array): string {
  const text = fromUtf8(bytes);
  if (text === undefined) throw new RunError("invalid UTF-8 in bytes, cannot convert to string");
  return text;
}

function timestampOfText(text: string): Timestamp {
  const found = parseTimestamp(text);
  if (found === undefined) throw new RunError(`parsing time "${text}": cannot parse as RFC 3339`);
  return found;
}

function durationOfText(text: string): Duration {
  const found = parseGoDuration(text);
  if (found === undefined) throw new RunError(`time: invalid duration "${text}"`);
  return found;
}

const same = <T>(value: T): T => value;

export const CONVERSIONS: readonly Overload[] = [
  define("type(A): type<A>", (value: unknown) => new TypeValue(typeNameOf(value))),
  define("dyn(A): dyn", same),
  define("bool(bool): bool", same),
  define("bool(string): bool", boolOfText),
  define("int(int): int", same),
  define("int(uint): int", ({ value }: Uint) => int(value)),
  define("int(double): int", intOfDouble),
  define("int(string): int", intOfText),
  define("int(timestamp): int", ({ nanos }: Timestamp) => (nanos - (((nanos % SECOND) + SECOND) % SECOND)) / SECOND),
  define("int(duration): int", ({ nanos }: Duration) => nanos),
  define("uint(uint): uint", same),
  define("uint(int): uint", uint),
  define("uint(double): uint", uintOfDouble),
  define("uint(string): uint", uintOfText),
  define("double(double): double", same),
  define("double(int): double", Number),
  define("double(uint): double", ({ value }: Uint) => Number(value)),
  define("double(string): double", doubleOfText),
  define("string(string): string", same),
  define("string(bool): string", String),
  define("string(int): string", String),
  define("string(uint): string", ({ value }: Uint) => String(value)),
  define("string(double): string", doubleText),
  define("string(bytes): string", textOfBytes, (bytes: Uint8Array) => Math.max(1, traversal(bytes.length))),
  define("string(timestamp): string", formatTimestamp),
  define("string(duration): string", formatDuration),
  define("bytes(bytes): bytes", same),
  define("bytes(string): bytes", (text: string) => Uint8Array.from(utf8(text)), textCost),
  define("timestamp(timestamp): timestamp", same),
  define("timestamp(string): timestamp", timestampOfText),
  define("timestamp(int): timestamp", (seconds: bigint) => checkedTimestamp(seconds * SECOND)),
  define("duration(duration): duration", same),
  define("duration(string): duration", durationOfText),
  define("duration(int): duration", (nanos: bigint) => new Duration(nanos)),
];
