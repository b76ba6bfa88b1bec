/**
 * Durations as text: Go's `1h30m`, and the ages that kubectl prints. Durations are in milliseconds.
 *
 * Models Go's time.ParseDuration and Duration.String, and apimachinery/pkg/util/duration.
 */
import { quote } from "#kernel/apimachinery/go-text";

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

const units: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["\u00b5s", 1e-3],
  ["\u03bcs", 1e-3],
  ["ms", 1],
  ["s", secondMs],
  ["m", minuteMs],
  ["h", hourMs],
]);

/** What `parseDuration` throws; its message is Go's. */
export class DurationError extends Error {}

const failed = (problem: string): never => {
  throw new DurationError(`time: ${problem}`);
};

/** Gives the milliseconds of Go's `1h30m` or `-1.5s`. Raises DurationError, worded as Go, for anything else. */
export function parseDuration(text: string): number {
  const sign = /^[+-]/.test(text) ? text.charAt(0) : "";
  let rest = text.slice(sign.length);
  if (rest === "0") return 0;
  if (rest === "") return failed(`invalid duration ${quote(text)}`);
  let sum = 0;
  while (rest !== "") {
    const match = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest);
    if (match === null) return failed(`invalid duration ${quote(text)}`);
    const [whole, amount = "", unit = ""] = match;
    if (unit === "") return failed(`missing unit in duration ${quote(text)}`);
    const factor = units.get(unit);
    if (factor === undefined) return failed(`unknown unit ${quote(unit)} in duration ${quote(text)}`);
    sum += Number(amount) * factor;
    rest = rest.slice(whole.length);
  }
  // An int64 of nanoseconds holds some 292 years.
  if (sum > 9_223_372_036_854) return failed(`invalid duration ${quote(text)}`);
  return sign === "-" ? -sum : sum;
}

/** Gives milliseconds as Go prints them: `1h0m0s`, `1.5s`, `100ms`, `0s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  const sign = durationMs < 0 ? "-" : "";
  const nanos = BigInt(Math.round(Math.abs(durationMs) * 1e6));
  if (nanos < 1000n) return `${sign}${nanos}ns`;
  if (nanos < 1_000_000n) return `${sign}${decimal(nanos, 3)}\u00b5s`;
  if (nanos < 1_000_000_000n) return `${sign}${decimal(nanos, 6)}ms`;
  const minutes = nanos / 60_000_000_000n;
  const seconds = `${decimal(nanos % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`;
}

/** Divides by a power of ten and drops trailing zeroes. */
function decimal(amount: bigint, digits: number): string {
  const text = amount.toString().padStart(digits + 1, "0");
  const fraction = text.slice(-digits).replace(/0+$/, "");
  return fraction === "" ? text.slice(0, -digits) : `${text.slice(0, -digits)}.${fraction}`;
}

/** Joins two units, without the second where it is zero: `2m30s`, `2m`. */
const joined = (first: number, firstUnit: string, second: number, secondUnit: string): string =>
  second === 0 ? `${first}${firstUnit}` : `${first}${firstUnit}${second}${secondUnit}`;

/** Gives the age that `kubectl get` prints: `119s`, `2m30s`, `3h`, `5d20h`, `2y10d`. */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / secondMs);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return joined(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return joined(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return joined(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return years < 8 ? joined(years, "y", days % 365, "d") : `${years}y`;
}

/** Gives the age in its largest unit alone: `3m`, `2h`, `5d`. */
export function shortHumanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / secondMs);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 24) return `${hours}h`;
  return hours < 24 * 365 ? `${Math.trunc(hours / 24)}d` : `${Math.trunc(hours / 24 / 365)}y`;
}
