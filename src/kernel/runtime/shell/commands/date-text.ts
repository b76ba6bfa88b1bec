/**
 * Dates as people write them for `date -d`: calendar dates, times, zones by offset, and steps from there.
 *
 * Models GNU date's input formats as far as scripts use them, in UTC.
 */

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const SECONDS: Readonly<Record<string, number>> = {
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
  fortnight: 1_209_600,
};
const DAY_MS = 86_400_000;

/** What has been read of a text. */
interface Reading {
  rest: string;
  date?: readonly [year: number, month: number, day: number];
  time?: number;
  zoneMs: number;
  months: number;
  ms: number;
}

/** Takes what a pattern matches out of the text; undefined if it does not. */
function take(reading: Reading, pattern: RegExp): RegExpExecArray | undefined {
  const found = pattern.exec(reading.rest);
  if (found === null) return undefined;
  reading.rest = `${reading.rest.slice(0, found.index)} ${reading.rest.slice(found.index + found[0].length)}`;
  return found;
}

/** The instant a text means, seen from now; undefined if it is no date. */
export function instantIn(text: string, now: number): number | undefined {
  const reading: Reading = { rest: ` ${text.toLowerCase()} `, zoneMs: 0, months: 0, ms: 0 };
  readDate(reading, now);
  readTime(reading);
  readSteps(reading);
  take(reading, /\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b,?/);
  if (/[^\s,]/.test(reading.rest)) return undefined;
  const base = new Date(now);
  const {
    date = [base.getUTCFullYear(), base.getUTCMonth(), base.getUTCDate()] as const,
    months,
    ms,
    zoneMs,
  } = reading;
  const isAbsolute = reading.date !== undefined || reading.time !== undefined;
  const time = reading.time ?? (isAbsolute ? 0 : now % DAY_MS);
  return Date.UTC(date[0], date[1] + months, date[2]) + time - zoneMs + ms;
}

function readDate(reading: Reading, now: number): void {
  const iso = take(reading, /\b(\d{4})-(\d{1,2})-(\d{1,2})(?=t|\s)/);
  if (iso !== undefined) {
    reading.date = [Number(iso[1]), Number(iso[2]) - 1, Number(iso[3])];
    return;
  }
  const names = `(${MONTHS.join("|")})[a-z]*`;
  const dayFirst = take(reading, new RegExp(`\\b(\\d{1,2})[\\s-]+${names}[\\s,-]*(\\d{4})?\\b`));
  const found = dayFirst ?? take(reading, new RegExp(`\\b${names}\\s+(\\d{1,2})(?:,?\\s+(\\d{4}))?\\b`));
  if (found === undefined) return;
  const [day, month] = dayFirst === undefined ? [found[2], found[1]] : [found[1], found[2]];
  reading.date = [Number(found[3] ?? new Date(now).getUTCFullYear()), MONTHS.indexOf(month ?? ""), Number(day)];
}

function readTime(reading: Reading): void {
  const found = take(reading, /[\st](\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(am|pm)?/);
  if (found !== undefined) {
    const [, hour, minute, second = "0", half] = found;
    const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half === "pm" ? 12 : 0);
    reading.time = (hours * 3_600 + Number(minute) * 60 + Number(second)) * 1_000;
    const zone = take(reading, /\s([+-])(\d\d):?(\d\d)\b/);
    if (zone !== undefined) {
      reading.zoneMs = (zone[1] === "-" ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) * 60_000;
    }
  }
  take(reading, /(?<=\s)(?:z|utc|gmt)\b/);
  if (take(reading, /\bmidnight\b/) !== undefined) reading.time = 0;
}

function readSteps(reading: Reading): void {
  take(reading, /\b(?:now|today)\b/);
  const day = take(reading, /\b(yesterday|tomorrow)\b/);
  if (day !== undefined) reading.ms += day[1] === "tomorrow" ? DAY_MS : -DAY_MS;
  const pattern =
    /(?:([+-]?)\s*(\d+)\s*|\b(next|last)\s+)(year|month|fortnight|week|day|hour|minute|min|second|sec)s?\b(\s+ago\b)?/;
  for (let found = take(reading, pattern); found !== undefined; found = take(reading, pattern)) {
    const [, sign, count = "1", word, unit = "", ago] = found;
    const isBack = (sign === "-") !== (ago !== undefined) || word === "last";
    const steps = (isBack ? -1 : 1) * Number(count);
    if (unit === "month") reading.months += steps;
    else if (unit === "year") reading.months += 12 * steps;
    else reading.ms += steps * (SECONDS[unit] ?? 0) * 1_000;
  }
}
