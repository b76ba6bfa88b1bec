/**
 * Scalars with a text form of their own: what Go's decoders make of them, and what they say when they cannot.
 *
 * Models apimachinery/pkg/apis/meta/v1/time.go, micro_time.go and Go's time.Parse and encoding/base64.
 */
import { byteLength } from "#kernel/apimachinery/go-text";

/** A text Go's decoder refuses, in Go's words. */
export class Refused {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

type Element = readonly [name: string, pattern: RegExp, low: number, high: number, range: string];

const DATE: readonly Element[] = [
  ["2006", /^\d{4}/, 0, 9999, ""],
  ["-", /^-/, 0, 0, ""],
  ["01", /^\d\d/, 1, 12, "month"],
  ["-", /^-/, 0, 0, ""],
  ["02", /^\d\d/, 1, 31, "day"],
  ["T", /^T/, 0, 0, ""],
  ["15", /^\d\d/, 0, 23, "hour"],
  [":", /^:/, 0, 0, ""],
  ["04", /^\d\d/, 0, 59, "minute"],
  [":", /^:/, 0, 0, ""],
  ["05", /^\d\d/, 0, 59, "second"],
];
const ZONE: Element = ["Z07:00", /^(?:Z|[+-]\d\d:\d\d)/, 0, 0, ""];
const MICROS: Element = [".000000", /^[.,]\d{6}/, 0, 0, ""];
const TIME_LAYOUT = "2006-01-02T15:04:05Z07:00";
const MICRO_LAYOUT = "2006-01-02T15:04:05.000000Z07:00";
const CANONICAL_TIME = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\dZ$/;

/** A Time as the server writes it: UTC, whole seconds. */
export function decodeTime(text: string): string | Refused {
  const quick = CANONICAL_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(quick) && new Date(quick).toISOString().startsWith(text.slice(0, 19))) return text;
  const refused = readTime(text, TIME_LAYOUT, [...DATE, ZONE]);
  return refused ?? `${new Date(Date.parse(text)).toISOString().slice(0, 19)}Z`;
}

/** A MicroTime as the server writes it: UTC, six digits of a second. */
export function decodeMicroTime(text: string): string | Refused {
  const refused = readTime(text, MICRO_LAYOUT, [...DATE, MICROS, ZONE]);
  if (refused !== undefined) return refused;
  return `${new Date(Date.parse(text)).toISOString().slice(0, 19)}${text.slice(19, 26).replace(",", ".")}Z`;
}

function readTime(text: string, layout: string, elements: readonly Element[]): Refused | undefined {
  const at = `parsing time ${JSON.stringify(text)}`;
  let rest = text;
  for (const [name, pattern, low, high, range] of elements) {
    // A fraction of a second is read even where the layout has none.
    if (name === "Z07:00" && layout === TIME_LAYOUT) rest = rest.replace(/^[.,]\d+/, "");
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) {
      return new Refused(
        `${at} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`,
      );
    }
    if (range !== "" && (Number(found) < low || Number(found) > high))
      return new Refused(`${at}: ${range} out of range`);
    rest = rest.slice(found.length);
  }
  if (rest !== "") return new Refused(`${at}: extra text: ${JSON.stringify(rest)}`);
  const [year, month, day] = [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10)].map(Number);
  const days = new Date(Date.UTC(year ?? 0, month ?? 0, 0)).getUTCDate();
  return (day ?? 0) > days ? new Refused(`${at}: day out of range`) : undefined;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Standard base64 with padding, as a []byte is encoded; line ends within are dropped. */
export function decodeBase64(text: string): string | Refused {
  if (BASE64.test(text)) return text;
  const bare = text.replace(/[\r\n]/g, "");
  if (BASE64.test(bare)) return bare;
  return new Refused(`illegal base64 data at input byte ${badByte(text)}`);
}

/** Where Go's decoder stops: at the first foreign byte, or at the end of a group that is cut short. */
function badByte(text: string): number {
  let digits = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "\n" || char === "\r") continue;
    if (/[A-Za-z0-9+/]/.test(char)) digits += 1;
    else if (char === "=" && digits % 4 >= 2) return afterPadding(text, at, digits % 4);
    else return byteLength(text.slice(0, at));
  }
  // A group cut short is reported at its first byte.
  return text.length - (digits % 4);
}

function afterPadding(text: string, at: number, digits: number): number {
  let next = at + 1;
  if (digits === 2) {
    while (/[\r\n]/.test(text.charAt(next))) next += 1;
    if (next >= text.length) return text.length;
    if (text.charAt(next) !== "=") return next;
    next += 1;
  }
  return next;
}
