/**
 * Schedules of CronJobs: what may be written, and when the next time is.
 *
 * Models github.com/robfig/cron/v3 (ParseStandard), whose words its errors have. The calendar is left to a library,
 * which is told lists of numbers, so that its own dialect does not matter.
 */
import { Cron } from "croner";
import { DurationError, parseDuration } from "#kernel/apimachinery/duration";
import { quote } from "#kernel/apimachinery/go-text";
import { timeText } from "#kernel/apimachinery/time";
import { must } from "#kernel/sim/assert";
import type { Instant } from "#kernel/sim/instant";

/** A readable schedule: a pattern of the calendar, or every so many milliseconds. */
export type Schedule = { readonly pattern: string } | { readonly everyMs: number };

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** Minute, hour, day of the month, month, day of the week. */
const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];

const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const EVERY = "@every ";

/** Reads a schedule, or says what is wrong with it. */
export function parseSchedule(text: string): Schedule | { readonly wrong: string } {
  if (text === "") return { wrong: "empty spec string" };
  const zone = /^(?:CRON_)?TZ=(\S*) ?(.*)$/.exec(text);
  const [, zoneName, rest = text] = zone ?? [];
  if (zoneName !== undefined && zoneName !== "" && !isTimeZone(zoneName)) {
    return { wrong: `provided bad location ${zoneName}: unknown time zone ${zoneName}` };
  }
  const spec = rest.trim();
  if (spec.startsWith("@")) return parseDescriptor(spec);
  const fields = spec.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== FIELDS.length) {
    return { wrong: `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]` };
  }
  const parts: string[] = [];
  for (const [n, bounds] of FIELDS.entries()) {
    const part = parseField(fields[n] ?? "", bounds);
    if (typeof part !== "string") return part;
    parts.push(part);
  }
  return { pattern: parts.join(" ") };
}

function parseDescriptor(spec: string): Schedule | { readonly wrong: string } {
  const pattern = DESCRIPTORS[spec];
  if (pattern !== undefined) return { pattern };
  if (!spec.startsWith(EVERY)) return { wrong: `unrecognized descriptor: ${spec}` };
  try {
    const everyMs = Math.floor(parseDuration(spec.slice(EVERY.length)) / 1000) * 1000;
    return { everyMs: Math.max(1000, everyMs) };
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    return { wrong: `failed to parse duration ${spec}: ${error.message}` };
  }
}

/** The field as a list of numbers, or as a star where it says nothing. */
function parseField(field: string, bounds: Bounds): string | { readonly wrong: string } {
  const numbers = new Set<number>();
  let isOpen = false;
  for (const part of field.split(",")) {
    if (part === "") continue;
    const range = parseRange(part, bounds);
    if ("wrong" in range) return range;
    isOpen ||= range.isOpen;
    for (let n = range.start; n <= range.end; n += range.step) numbers.add(n);
  }
  return isOpen ? "*" : [...numbers].sort((a, b) => a - b).join(",");
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly isOpen: boolean;
}

function parseRange(text: string, { min, max, names }: Bounds): Range | { readonly wrong: string } {
  const [base = "", stepText, ...moreSlashes] = text.split("/");
  const [low = "", high, ...moreHyphens] = base.split("-");
  const isStar = low === "*" || low === "?";
  let [start, end, step] = [min, max, 1];
  if (!isStar) {
    const first = parseNumber(low, names);
    if (typeof first !== "number") return first;
    if (moreHyphens.length > 0) return { wrong: `too many hyphens: ${text}` };
    const last = high === undefined ? first : parseNumber(high, names);
    if (typeof last !== "number") return last;
    [start, end] = [first, last];
  }
  if (moreSlashes.length > 0) return { wrong: `too many slashes: ${text}` };
  if (stepText !== undefined) {
    const parsed = parseNumber(stepText);
    if (typeof parsed !== "number") return parsed;
    step = parsed;
    if (high === undefined) end = max;
  }
  if (start < min) return { wrong: `beginning of range (${start}) below minimum (${min}): ${text}` };
  if (end > max) return { wrong: `end of range (${end}) above maximum (${max}): ${text}` };
  if (start > end) return { wrong: `beginning of range (${start}) beyond end of range (${end}): ${text}` };
  if (step === 0) return { wrong: `step of range should be a positive number: ${text}` };
  return { start, end, step, isOpen: isStar && step === 1 };
}

function parseNumber(text: string, names?: readonly string[]): number | { readonly wrong: string } {
  const index = names?.indexOf(text.toLowerCase()) ?? -1;
  // Months are counted from one, days of the week from zero.
  if (index >= 0) return names === MONTHS ? index + 1 : index;
  if (!/^[+-]?\d+$/.test(text)) {
    return { wrong: `failed to parse int from ${text}: strconv.Atoi: parsing ${quote(text)}: invalid syntax` };
  }
  return Number(text) < 0 ? { wrong: `negative number (${Number(text)}) not allowed: ${text}` } : Number(text);
}

/** The next time after an instant; undefined if there is none. `zone` is a name of the IANA database. */
export function nextTime(schedule: Schedule, after: Instant, zone: string | undefined): Instant | undefined {
  if ("everyMs" in schedule) return Math.floor(after / 1000) * 1000 + schedule.everyMs;
  const cron = calendarOf(schedule.pattern, zone);
  let next = cron.nextRun(new Date(after));
  // An hour that a change of the clock leaves out is left out, not made up for.
  while (next !== null && !cron.match(next)) next = cron.nextRun(next);
  return next?.getTime();
}

/** Calendars by pattern and zone: they are costly to make and never change. */
const calendars = new Map<string, Cron>();
const CALENDARS_MAX = 256;

function calendarOf(pattern: string, zone: string | undefined): Cron {
  const id = `${pattern} ${zone ?? ""}`;
  let cron = calendars.get(id);
  if (cron === undefined) {
    if (calendars.size >= CALENDARS_MAX) calendars.clear();
    cron = new Cron(pattern, zone === undefined ? { utcOffset: 0 } : { timezone: zone });
    calendars.set(id, cron);
  }
  return cron;
}

/** True if the name is one of the IANA database, spelt as there. */
export function isTimeZone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    return timeZone.toLowerCase() !== name.toLowerCase() || timeZone === name;
  } catch {
    return false;
  }
}

/** The instant as RFC 3339 in a time zone: `2026-01-01T09:00:00+09:00`. */
export function zonedTimeText(instant: Instant, zone: string | undefined): string {
  if (zone === undefined) return timeText(instant);
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  const name = must(
    format.formatToParts(new Date(instant)).find(({ type }) => type === "timeZoneName"),
    "a long offset is asked for",
  ).value;
  const [, sign = "+", hours = "00", minutes = "00"] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  const offsetMs = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const local = new Date(instant + offsetMs).toISOString().slice(0, 19);
  return offsetMs === 0 ? `${local}Z` : `${local}${sign}${hours}:${minutes}`;
}
