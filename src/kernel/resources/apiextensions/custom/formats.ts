/**
 * The formats of texts that schemas may name; what is not listed is not checked, whatever it says.
 *
 * Models apiextensions-apiserver/pkg/apiserver/validation/formats.go and kube-openapi's strfmt.
 */
import { DurationError, parseDuration } from "#kernel/apimachinery/duration";
import { dns1123Label, dns1123Subdomain } from "#kernel/apimachinery/formats";
import { parseCidr, parseIp } from "#kernel/apimachinery/ip";

type Check = (text: string) => boolean;

const matching =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const uuid = (version: string, variant: string): Check =>
  matching(
    new RegExp(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-${version}[0-9A-Fa-f]{3}-${variant}[0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$`),
  );

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[tT](\d{2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?:[zZ]|[+-](\d{2}):?(\d{2}))$/;
const HOSTNAME =
  /^([a-zA-Z0-9\p{So}\p{Sm}\p{Lo}]((-?[a-zA-Z0-9\p{So}\p{Sm}\p{Lo}]{0,62})?)|[a-zA-Z0-9\p{So}\p{Sm}\p{Lo}](([a-zA-Z0-9-\p{So}\p{Sm}\p{Lo}]{0,61}[a-zA-Z0-9\p{So}\p{Sm}\p{Lo}])?)(\.)){1,}([a-zA-Z\p{So}\p{Sm}\p{Lo}]){2,63}$/u;
const EMAIL = /^(?:"?[^"<>]*"?\s*<)?[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+>?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const CREDIT_CARD =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/;
const RGB =
  /^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$/;
const GO_DURATION_WORDS = /^((\d+)\s*([A-Za-zµ]+))+$/;

const isDate: Check = (text) => {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (day === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day);
};

const isDateTime: Check = (text) => {
  const [, date = "", hours, minutes, seconds] = DATE_TIME.exec(text) ?? [];
  return isDate(date) && Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
};

const UNITS =
  /^(n|ns|nano|nanosecond|us|µs|micro|microsecond|ms|milli|millisecond|s|sec|second|m|min|minute|h|hr|hour|d|day|w|wk|week)s?$/;

const isDuration: Check = (text) => {
  if (GO_DURATION_WORDS.test(text)) {
    return [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)].every(([, unit = ""]) => UNITS.test(unit));
  }
  try {
    parseDuration(text);
    return true;
  } catch (error) {
    if (error instanceof DurationError) return false;
    throw error;
  }
};

const isUri: Check = (text) => {
  if (text === "" || /[\s\p{Cc}]/u.test(text) || text.includes("#")) return false;
  if (text.startsWith("/")) return !/%(?![0-9A-Fa-f]{2})/.test(text);
  return /^[A-Za-z][A-Za-z0-9+.-]*:.+$/.test(text) && !/%(?![0-9A-Fa-f]{2})/.test(text);
};

const digitsOf = (text: string): string => text.replace(/[\s-]/g, "");

const isIsbn10: Check = (text) => {
  const digits = digitsOf(text);
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  return [...digits].reduce((sum, char, n) => sum + (n + 1) * (char === "X" ? 10 : Number(char)), 0) % 11 === 0;
};

const isIsbn13: Check = (text) => {
  const digits = digitsOf(text);
  return (
    /^\d{13}$/.test(digits) && [...digits].reduce((sum, d, n) => sum + Number(d) * (n % 2 === 0 ? 1 : 3), 0) % 10 === 0
  );
};

const isCreditCard: Check = (text) => {
  const digits = text.replace(/\D/g, "");
  if (!CREDIT_CARD.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, n) => {
    const value = Number(digit) * (n % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
};

const FORMATS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["bsonobjectid", matching(/^[0-9a-fA-F]{24}$/)],
  ["uri", isUri],
  ["email", matching(EMAIL)],
  ["hostname", (text) => text.length <= 255 && HOSTNAME.test(text)],
  ["ipv4", (text) => parseIp(text)?.family === 4],
  ["ipv6", (text) => parseIp(text)?.family === 6],
  ["cidr", (text) => parseCidr(text) !== undefined],
  [
    "mac",
    matching(
      /^(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4,6}[0-9A-Fa-f]{2}$|^(?:[0-9A-Fa-f]{4}\.){2,3}[0-9A-Fa-f]{4}$/,
    ),
  ],
  ["uuid", matching(/^[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}$/)],
  ["uuid3", uuid("3", "[0-9A-Fa-f]")],
  ["uuid4", uuid("4", "[89abAB]")],
  ["uuid5", uuid("5", "[89abAB]")],
  ["isbn", (text) => isIsbn10(text) || isIsbn13(text)],
  ["isbn10", isIsbn10],
  ["isbn13", isIsbn13],
  ["creditcard", isCreditCard],
  ["ssn", matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ["hexcolor", matching(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ["rgbcolor", matching(RGB)],
  ["byte", matching(BASE64)],
  ["password", () => true],
  ["date", isDate],
  ["duration", isDuration],
  ["datetime", isDateTime],
  ["date-time", isDateTime],
  ["k8s-short-name", (text) => dns1123Label(text).length === 0],
  ["k8s-long-name", (text) => dns1123Subdomain(text).length === 0],
]);

/** The format a schema names, if it is one that is checked; "" otherwise. */
export function checkedFormat(format: string | undefined): string {
  return format !== undefined && FORMATS.has(format) ? format : "";
}

/** Whether a text has a format that is checked. */
export const hasFormat = (format: string, text: string): boolean => FORMATS.get(format)?.(text) ?? true;
