/**
 * `"%s has %d".format([name, count])`.
 *
 * Models cel-go/ext/formatting.go.
 */
import { RunError } from "#kernel/cel/errors";
import { utf8 } from "#kernel/cel/lexer";
import { doubleText } from "#kernel/cel/library/conversions";
import { formatDuration, formatTimestamp } from "#kernel/cel/library/instants";
import { Duration, List, Mapping, Timestamp, TypeValue, typeNameOf, Uint } from "#kernel/cel/values";

/** The text with each `%` clause replaced by its argument. @throws RunError */
export function formatted(text: string, args: List): string {
  let next = 0;
  return text.replace(/%(?:%|(?:\.(\d{1,3}))?([\s\S]?))/g, (clause, precision: string | undefined, verb: string) => {
    if (clause === "%%") return "%";
    if (!"sdfeboxX".includes(verb) || verb === "") {
      throw new RunError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
    }
    if (next >= args.size) throw new RunError(`index ${next} out of range`);
    const value = args.at(next);
    next += 1;
    return clauseText(verb, value, precision === undefined ? undefined : Number(precision));
  });
}

function clauseText(verb: string, value: unknown, precision: number | undefined): string {
  switch (verb) {
    case "s":
      return shown(value);
    case "d":
      return decimal(value);
    case "f":
      return real(value, (number) => number.toFixed(Math.min(precision ?? 6, 100)), "fixed-point");
    case "e":
      return real(value, (number) => scientific(number, Math.min(precision ?? 6, 100)), "scientific");
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      return whole(value, 2, "binary");
    case "o":
      return whole(value, 8, "octal");
    default:
      return hex(value, verb === "X");
  }
}

/** A value as `%s` shows it. */
function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null) return "null";
  if (typeof value === "number")
    return doubleText(value)
      .replace(/^\+Inf$/, "Infinity")
      .replace(/^-Inf$/, "-Infinity");
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof List) return `[${[...value].map(shown).join(", ")}]`;
  if (value instanceof Mapping) {
    const entries = [...value.keys()].map((key) => `${shown(key)}: ${shown(value.get(key))}`);
    return `{${entries.sort().join(", ")}}`;
  }
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  throw wrongType(
    "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
    value,
  );
}

function bytesText(bytes: Uint8Array): string {
  let encoded = "";
  for (const byte of bytes) encoded += `%${byte.toString(16).padStart(2, "0")}`;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return "\ufffd";
  }
}

function decimal(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint) return String(value.value);
  if (typeof value === "number" && !Number.isFinite(value)) return shown(value);
  throw wrongType("integer clause can only be used on integers", value);
}

function real(value: unknown, text: (number: number) => string, what: string): string {
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return value;
  const number = value instanceof Uint ? Number(value.value) : typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number") throw wrongType(`${what} clause can only be used on doubles`, value);
  return Number.isFinite(number) ? text(number) : shown(number);
}

function scientific(number: number, precision: number): string {
  const [mantissa = "", exponent = "0"] = number.toExponential(precision).split("e");
  const sign = exponent.startsWith("-") ? "-" : "+";
  return `${mantissa}e${sign}${exponent.replace(/^[-+]/, "").padStart(2, "0")}`;
}

function whole(value: unknown, base: number, what: string): string {
  if (typeof value === "bigint") return value.toString(base);
  if (value instanceof Uint) return value.value.toString(base);
  const also = base === 2 ? "integers and bools" : "integers";
  throw wrongType(`${what} clause can only be used on ${also}`, value);
}

function hex(value: unknown, isUpper: boolean): string {
  const bytes = typeof value === "string" ? utf8(value) : value instanceof Uint8Array ? [...value] : undefined;
  const isWhole = typeof value === "bigint" || value instanceof Uint;
  if (bytes === undefined && !isWhole) {
    throw wrongType("only integers, byte buffers, and strings can be formatted as hex", value);
  }
  const text =
    bytes === undefined ? whole(value, 16, "hex") : bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return isUpper ? text.toUpperCase() : text;
}

const wrongType = (rule: string, value: unknown): RunError =>
  new RunError(`error during formatting: ${rule}, was given ${typeNameOf(value)}`);
