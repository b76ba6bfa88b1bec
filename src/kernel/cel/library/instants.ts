/**
 * Timestamps and durations: reading, writing, parts of the calendar, arithmetic.
 *
 * Models cel-go/common/types/{timestamp,duration}.go.
 */
import { RunError } from "#kernel/cel/errors";
import { define, type Overload } from "#kernel/cel/functions";
import { Duration, Timestamp } from "#kernel/cel/values";

const SECOND = 1_000_000_000n;
const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;
const EARLIEST = -62_135_596_800n * SECOND;
const LATEST = 253_402_300_799n * SECOND + 999_999_999n;
const INT64 = 1n << 63n;

/** The timestamp of an RFC 3339 text; undefined if it is none. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isDate = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!isDate || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const ofDay = Number(hour) * 3_600 + Number(minute) * 60 + Number(second);
  const seconds = BigInt(date.getTime() / 1_000 + ofDay - offsetSeconds(zone));
  const nanos = seconds * SECOND + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
  return nanos < EARLIEST || nanos > LATEST ? undefined : new Timestamp(nanos);
}

function offsetSeconds(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60);
}

/** RFC 3339 with as many digits of the second as there are. */
export function formatTimestamp({ nanos }: Timestamp): string {
  const seconds = floorDiv(nanos, SECOND);
  const text = new Date(Number(seconds) * 1_000).toISOString();
  const year = text.startsWith("+") || text.startsWith("-") ? text.slice(0, 7) : text.slice(0, 4);
  return `${year}${text.slice(year.length, year.length + 15)}${fractionText(nanos - seconds * SECOND)}Z`;
}

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n || a % b === 0n ? a / b : a / b - 1n);

const fractionText = (nanos: bigint): string =>
  nanos === 0n ? "" : `.${nanos.toString().padStart(9, "0").replace(/0+$/, "")}`;

const UNITS: Readonly<Record<string, bigint>> = {
  ...{ h: 3_600n * SECOND, m: 60n * SECOND, s: SECOND, ms: 1_000_000n, us: 1_000n, µs: 1_000n, μs: 1_000n, ns: 1n },
};

/** The duration of a text as Go writes it; undefined if it is none or does not fit 64 bits. */
export function parseGoDuration(text: string): Duration | undefined {
  const match = /^([-+]?)(0|(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|μs|ns))+)$/.exec(text);
  if (match === null || text.length > 200) return undefined;
  let nanos = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of text.matchAll(/(\d*)\.?(\d*)(h|ms|m|s|us|µs|μs|ns)/g)) {
    const scale = UNITS[unit] ?? 0n;
    nanos += BigInt(whole === "" ? "0" : whole) * scale;
    if (fraction !== "") nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  if (match[1] === "-") nanos = -nanos;
  return nanos >= -INT64 && nanos < INT64 ? new Duration(nanos) : undefined;
}

/** Seconds, as protobuf's JSON writes them: `3600s`, `0.5s`. */
export function formatDuration({ nanos }: Duration): string {
  const absolute = nanos < 0n ? -nanos : nanos;
  return `${nanos < 0n ? "-" : ""}${absolute / SECOND}${fractionText(absolute % SECOND)}s`;
}

/** @throws RunError out of range */
export function checkedTimestamp(nanos: bigint): Timestamp {
  if (nanos < EARLIEST || nanos > LATEST) throw new RunError("timestamp overflow");
  return new Timestamp(nanos);
}

/** @throws RunError out of range */
export function checkedDuration(nanos: bigint): Duration {
  if (nanos < -INT64 || nanos >= INT64) throw new RunError("duration overflow");
  return new Duration(nanos);
}

/** The calendar at a timestamp in a zone, as a date whose UTC parts are the zone's. @throws RunError */
function inZone({ nanos }: Timestamp, zone: string): Date {
  const ms = Number(floorDiv(nanos, 1_000_000n));
  if (zone === "" || zone === "UTC") return new Date(ms);
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return new Date(ms + (fixed[1] === "-" ? -minutes : minutes) * 60_000);
  }
  try {
    const parts = Object.fromEntries(
      new Intl.DateTimeFormat("en-US", {
        ...{ timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" },
        ...{ hour: "numeric", minute: "numeric", second: "numeric" },
      })
        .formatToParts(new Date(ms))
        .map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return new Date(Date.UTC(year, month - 1, day, hour, minute, second, ((ms % 1_000) + 1_000) % 1_000));
  } catch {
    throw new RunError(`unknown time zone ${zone}`);
  }
}

const DAY_MS = 86_400_000;

const PARTS: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDate: (date) => date.getUTCDate(),
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

const DURATION_PARTS: Readonly<Record<string, (nanos: bigint) => bigint>> = {
  getHours: (nanos) => nanos / (3_600n * SECOND),
  getMinutes: (nanos) => nanos / (60n * SECOND),
  getSeconds: (nanos) => nanos / SECOND,
  getMilliseconds: (nanos) => (nanos / 1_000_000n) % 1_000n,
};

export const INSTANTS: readonly Overload[] = [
  ...Object.entries(PARTS).flatMap(([name, part]) => [
    define(`timestamp.${name}(): int`, (at: Timestamp) => BigInt(part(inZone(at, "")))),
    define(`timestamp.${name}(string): int`, (at: Timestamp, zone: string) => BigInt(part(inZone(at, zone)))),
  ]),
  ...Object.entries(DURATION_PARTS).map(([name, part]) =>
    define(`duration.${name}(): int`, ({ nanos }: Duration) => part(nanos)),
  ),
  define("_+_(timestamp, duration): timestamp", (a: Timestamp, b: Duration) => checkedTimestamp(a.nanos + b.nanos)),
  define("_+_(duration, timestamp): timestamp", (a: Duration, b: Timestamp) => checkedTimestamp(a.nanos + b.nanos)),
  define("_+_(duration, duration): duration", (a: Duration, b: Duration) => checkedDuration(a.nanos + b.nanos)),
  define("_-_(timestamp, timestamp): duration", (a: Timestamp, b: Timestamp) => checkedDuration(a.nanos - b.nanos)),
  define("_-_(timestamp, duration): timestamp", (a: Timestamp, b: Duration) => checkedTimestamp(a.nanos - b.nanos)),
  define("_-_(duration, duration): duration", (a: Duration, b: Duration) => checkedDuration(a.nanos - b.nanos)),
  define("-_(duration): duration", (a: Duration) => checkedDuration(-a.nanos)),
];
