/**
 * Functions of SQL on values: texts, numbers, dates.
 */
import type { Dialect, Value } from "#kernel/runtime/images/sql/ast";
import { fail } from "#kernel/runtime/images/sql/errors";
import { textOf } from "#kernel/runtime/images/sql/types";
import type { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";

/** What functions know of where they are called. */
export interface Surroundings {
  readonly dialect: Dialect;
  readonly now: Instant;
  readonly entropy: Entropy;
  readonly user: string;
  readonly database: string;
  readonly version: string;
  readonly lastInsertId: number;
  readonly affected: number;
  readonly pid: number;
  /** Settings and variables that were set. */
  variable(name: string): Value | undefined;
  /** Waits: SLEEP, pg_sleep. */
  sleep(seconds: number): void;
}

type Call = (args: readonly Value[], where: Surroundings) => Value;

/** Longest text a function makes. */
const CHARS_MAX = 65_536;

/** A number as far as a value is one: MySQL reads as many digits as there are. */
export function numberOf(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return Number(/^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(value ?? "")?.[0] ?? "0");
}

/** `2026-11-23 20:00:00` */
export function stamp(at: Instant): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}

/** Milliseconds of a date; undefined if it is none. */
export function instantOf(value: Value): Instant | undefined {
  const text = textOf(value).trim().replace(" ", "T");
  const at = Date.parse(/T/.test(text) ? `${text.replace(/Z$|[+-]\d\d(:?\d\d)?$/, "")}Z` : `${text}T00:00:00Z`);
  return Number.isNaN(at) ? undefined : at;
}

const UNITS: Readonly<Record<string, number>> = {
  MICROSECOND: 0.001,
  MILLISECOND: 1,
  SECOND: 1_000,
  SEC: 1_000,
  MINUTE: 60_000,
  MIN: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
  WEEK: 7 * 86_400_000,
};

/** A date so many units later; dates without a time stay so if the unit is a day or more. */
export function later(value: Value, amount: number, unit: string): Value {
  const at = instantOf(value);
  if (at === undefined) return null;
  const step = UNITS[unit];
  const date = new Date(at);
  if (step !== undefined) date.setTime(at + amount * step);
  else if (unit === "MONTH" || unit === "QUARTER" || unit === "MON")
    addMonths(date, amount * (unit === "QUARTER" ? 3 : 1));
  else if (unit === "YEAR") addMonths(date, amount * 12);
  else return null;
  if (Number.isNaN(date.getTime())) return null;
  const isWhole = textOf(value).length <= 10 && (step === undefined || step >= 86_400_000);
  return isWhole ? stamp(date.getTime()).slice(0, 10) : stamp(date.getTime());
}

/** The same day so many months later, or the last of that month. */
function addMonths(date: Date, months: number): void {
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
}

const part =
  (read: (date: Date) => number): Call =>
  ([value = null]) => {
    const at = value === null ? undefined : instantOf(value);
    return at === undefined ? null : read(new Date(at));
  };

const PARTS: Readonly<Record<string, (date: Date) => number>> = {
  YEAR: (date) => date.getUTCFullYear(),
  MONTH: (date) => date.getUTCMonth() + 1,
  DAY: (date) => date.getUTCDate(),
  HOUR: (date) => date.getUTCHours(),
  MINUTE: (date) => date.getUTCMinutes(),
  SECOND: (date) => date.getUTCSeconds(),
  DOW: (date) => date.getUTCDay(),
  EPOCH: (date) => date.getTime() / 1_000,
};

/** A function of texts that is null if one of them is. */
const strict =
  (call: Call): Call =>
  (args, where) =>
    args.includes(null) ? null : call(args, where);

const text = (call: (text: string, ...rest: readonly Value[]) => Value): Call =>
  strict(([first = "", ...rest]) => call(textOf(first), ...rest));

const number = (call: (value: number, ...rest: readonly number[]) => number): Call =>
  strict(([first = 0, ...rest]) => call(numberOf(first), ...rest.map(numberOf)));

const short = (made: string): string => (made.length > CHARS_MAX ? fail({ kind: "steps" }) : made);

function pad(isLeft: boolean): Call {
  return text((given, length = 0, filler = " ") => {
    const size = Math.min(CHARS_MAX, numberOf(length));
    if (given.length >= size) return given.slice(0, size);
    return isLeft ? given.padStart(size, textOf(filler)) : given.padEnd(size, textOf(filler));
  });
}

function substring(given: string, from: Value = 1, length?: Value): string {
  const start = numberOf(from);
  const begin = start > 0 ? start - 1 : start === 0 ? given.length : Math.max(0, given.length + start);
  return length === undefined ? given.slice(begin) : given.slice(begin, begin + Math.max(0, numberOf(length)));
}

const rounded = (value: number, digits = 0): number => {
  const scale = 10 ** Math.max(-15, Math.min(15, digits));
  return (Math.sign(value) * Math.round(Math.abs(value) * scale + Number.EPSILON)) / scale;
};

/** A whole that depends on the text alone, as hexadecimal digits. */
function digest(given: string, length: number): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  let made = "";
  while (made.length < length) {
    for (let n = 0; n < given.length; n += 1) a = Math.imul(a ^ given.charCodeAt(n), 0x01000193) >>> 0;
    b = (Math.imul(b ^ a, 0x85ebca6b) ^ made.length) >>> 0;
    made += (a ^ b).toString(16).replace("-", "").padStart(8, "0").slice(-8);
  }
  return made.slice(0, length);
}

const FORMAT: Readonly<Record<string, (date: Date) => string>> = {
  Y: (date) => String(date.getUTCFullYear()),
  m: (date) => String(date.getUTCMonth() + 1).padStart(2, "0"),
  d: (date) => String(date.getUTCDate()).padStart(2, "0"),
  H: (date) => String(date.getUTCHours()).padStart(2, "0"),
  i: (date) => String(date.getUTCMinutes()).padStart(2, "0"),
  s: (date) => String(date.getUTCSeconds()).padStart(2, "0"),
  T: (date) => date.toISOString().slice(11, 19),
};

const now: Call = (_args, { now: at, dialect }) => (dialect === "mysql" ? stamp(at) : `${stamp(at)}+00`);
const today: Call = (_args, { now: at }) => stamp(at).slice(0, 10);

const FUNCTIONS: Readonly<Record<string, Call>> = {
  CONCAT: (args, { dialect }) => (dialect === "mysql" && args.includes(null) ? null : short(args.map(textOf).join(""))),
  CONCAT_WS: ([separator = "", ...rest]) =>
    short(
      rest
        .filter((one) => one !== null)
        .map(textOf)
        .join(textOf(separator)),
    ),
  LENGTH: text((given) => given.length),
  CHAR_LENGTH: text((given) => [...given].length),
  UPPER: text((given) => given.toUpperCase()),
  UCASE: text((given) => given.toUpperCase()),
  LOWER: text((given) => given.toLowerCase()),
  LCASE: text((given) => given.toLowerCase()),
  TRIM: text((given) => given.trim()),
  BTRIM: text((given) => given.trim()),
  LTRIM: text((given) => given.trimStart()),
  RTRIM: text((given) => given.trimEnd()),
  LEFT: text((given, length = 0) => given.slice(0, numberOf(length))),
  RIGHT: text((given, length = 0) => (numberOf(length) <= 0 ? "" : given.slice(-numberOf(length)))),
  SUBSTRING: text(substring),
  SUBSTR: text(substring),
  MID: text(substring),
  LPAD: pad(true),
  RPAD: pad(false),
  REPEAT: text((given, count = 0) => {
    const times = Math.max(0, Math.min(CHARS_MAX + 1, numberOf(count)));
    return given.length * times > CHARS_MAX ? fail({ kind: "steps" }) : given.repeat(times);
  }),
  REPLACE: text((given, from = "", to = "") =>
    from === "" ? given : short(given.replaceAll(textOf(from), textOf(to))),
  ),
  REVERSE: text((given) => [...given].reverse().join("")),
  INITCAP: text((given) => given.toLowerCase().replace(/\b[a-z]/g, (letter) => letter.toUpperCase())),
  INSTR: text((given, needle = "") => given.toLowerCase().indexOf(textOf(needle).toLowerCase()) + 1),
  STRPOS: text((given, needle = "") => given.indexOf(textOf(needle)) + 1),
  LOCATE: strict(([needle = "", given = ""]) => textOf(given).toLowerCase().indexOf(textOf(needle).toLowerCase()) + 1),
  SPLIT_PART: text((given, separator = "", n = 1) => given.split(textOf(separator))[numberOf(n) - 1] ?? ""),
  MD5: text((given) => digest(given, 32)),
  SHA1: text((given) => digest(given, 40)),
  ABS: number(Math.abs),
  CEIL: number(Math.ceil),
  CEILING: number(Math.ceil),
  FLOOR: number(Math.floor),
  ROUND: number(rounded),
  TRUNCATE: number((value, digits = 0) => Math.trunc(value * 10 ** digits) / 10 ** digits),
  TRUNC: number((value, digits = 0) => Math.trunc(value * 10 ** digits) / 10 ** digits),
  SQRT: number(Math.sqrt),
  POWER: number((value, exponent = 1) => value ** exponent),
  POW: number((value, exponent = 1) => value ** exponent),
  EXP: number(Math.exp),
  LN: number(Math.log),
  LOG10: number(Math.log10),
  PI: () => Math.PI,
  SIGN: number(Math.sign),
  MOD: strict(([a = 0, b = 1]) => (numberOf(b) === 0 ? null : numberOf(a) % numberOf(b))),
  RAND: (_args, { entropy }) => entropy.fraction(),
  RANDOM: (_args, { entropy }) => entropy.fraction(),
  COALESCE: (args) => args.find((one) => one !== null) ?? null,
  IFNULL: ([value = null, otherwise = null]) => value ?? otherwise,
  NULLIF: ([value = null, other = null]) =>
    value !== null && other !== null && textOf(value) === textOf(other) ? null : value,
  ISNULL: ([value = null]) => (value === null ? 1 : 0),
  GREATEST: strict((args) => args.reduce((best, one) => (isLess(best, one) ? one : best), args[0] ?? null)),
  LEAST: strict((args) => args.reduce((best, one) => (isLess(one, best) ? one : best), args[0] ?? null)),
  NOW: now,
  CURRENT_TIMESTAMP: now,
  LOCALTIME: now,
  LOCALTIMESTAMP: (_args, { now: at }) => stamp(at),
  SYSDATE: now,
  UTC_TIMESTAMP: now,
  CLOCK_TIMESTAMP: now,
  STATEMENT_TIMESTAMP: now,
  CURRENT_DATE: today,
  CURDATE: today,
  CURRENT_TIME: (_args, { now: at }) => stamp(at).slice(11),
  CURTIME: (_args, { now: at }) => stamp(at).slice(11),
  UNIX_TIMESTAMP: ([value], { now: at }) => Math.floor(((value === undefined ? at : instantOf(value)) ?? 0) / 1_000),
  FROM_UNIXTIME: strict(([seconds = 0]) => stamp(numberOf(seconds) * 1_000)),
  TO_TIMESTAMP: strict(([seconds = 0]) => `${stamp(numberOf(seconds) * 1_000)}+00`),
  YEAR: part((date) => date.getUTCFullYear()),
  MONTH: part((date) => date.getUTCMonth() + 1),
  DAY: part((date) => date.getUTCDate()),
  DAYOFMONTH: part((date) => date.getUTCDate()),
  HOUR: part((date) => date.getUTCHours()),
  MINUTE: part((date) => date.getUTCMinutes()),
  SECOND: part((date) => date.getUTCSeconds()),
  EXTRACT: strict(([unit = "", value = ""]) =>
    PARTS[textOf(unit)] === undefined ? null : part(PARTS[textOf(unit)] as never)([value], undefined as never),
  ),
  DATEDIFF: strict(([a = "", b = ""]) =>
    Math.round(((instantOf(textOf(a).slice(0, 10)) ?? 0) - (instantOf(textOf(b).slice(0, 10)) ?? 0)) / 86_400_000),
  ),
  DATE_FORMAT: strict(([value = "", format = ""]) => {
    const at = instantOf(value);
    return at === undefined
      ? null
      : textOf(format).replace(/%(.)/g, (_, letter: string) => FORMAT[letter]?.(new Date(at)) ?? letter);
  }),
  USER: (_args, { user, dialect }) => (dialect === "mysql" ? `${user}@localhost` : user),
  SESSION_USER: (_args, { user, dialect }) => (dialect === "mysql" ? `${user}@localhost` : user),
  CURRENT_USER: (_args, { user, dialect }) => (dialect === "mysql" ? `${user}@%` : user),
  DATABASE: (_args, { database }) => (database === "" ? null : database),
  SCHEMA: (_args, { database }) => (database === "" ? null : database),
  CURRENT_DATABASE: (_args, { database }) => database,
  CURRENT_SCHEMA: () => "public",
  VERSION: (_args, { version }) => version,
  CONNECTION_ID: (_args, { pid }) => pid,
  PG_BACKEND_PID: (_args, { pid }) => pid,
  LAST_INSERT_ID: (_args, { lastInsertId }) => lastInsertId,
  ROW_COUNT: (_args, { affected }) => affected,
  UUID: (_args, { entropy }) => entropy.uid(),
  GEN_RANDOM_UUID: (_args, { entropy }) => entropy.uid(),
  SLEEP: ([seconds = 0], where) => {
    where.sleep(numberOf(seconds));
    return 0;
  },
  PG_SLEEP: ([seconds = 0], where) => {
    where.sleep(numberOf(seconds));
    return "";
  },
  PG_IS_IN_RECOVERY: () => false,
  CURRENT_SETTING: ([name = ""], where) => where.variable(textOf(name)) ?? null,
  HEX: strict(([value = ""]) =>
    typeof value === "number"
      ? value.toString(16).toUpperCase()
      : [...textOf(value)].map((one) => (one.codePointAt(0) ?? 0).toString(16).padStart(2, "0").toUpperCase()).join(""),
  ),
  TO_CHAR: strict(([value = "", format = ""]) => toChar(value, textOf(format))),
  FORMAT: strict(([value = 0, digits = 0]) =>
    grouped(numberOf(value).toFixed(Math.max(0, Math.min(30, numberOf(digits))))),
  ),
  JSON_UNQUOTE: text((given) => given.replace(/^"|"$/g, "")),
};

const grouped = (digits: string): string => digits.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");

function toChar(value: Value, format: string): string {
  const at = typeof value === "number" ? undefined : instantOf(value);
  if (at === undefined) return textOf(value);
  const date = new Date(at);
  const words: Readonly<Record<string, string>> = { YYYY: "Y", MM: "m", DD: "d", HH24: "H", MI: "i", SS: "s" };
  return format.replace(/YYYY|MM|DD|HH24|MI|SS/g, (word) => FORMAT[words[word] ?? ""]?.(date) ?? word);
}

function isLess(a: Value, b: Value): boolean {
  if (typeof a === "number" && typeof b === "number") return a < b;
  return textOf(a) < textOf(b);
}

/** Whether there is such a function. */
export const isFunction = (name: string): boolean => Object.hasOwn(FUNCTIONS, name);

/** Calls a function of values. Raises `no function`. */
export function callFunction(name: string, args: readonly Value[], where: Surroundings, at: number): Value {
  const call = isFunction(name) ? FUNCTIONS[name] : undefined;
  if (call !== undefined) return call(args, where);
  const types = args.map((one) => (typeof one === "number" ? "integer" : "unknown")).join(", ");
  return fail({ kind: "no function", name, database: where.database, types, at });
}
