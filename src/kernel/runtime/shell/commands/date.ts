/**
 * date: the virtual clock, in UTC.
 *
 * Leaves out setting the clock and time zones other than UTC: a container has no zone files and no right to set it.
 */

import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, isBusybox, optionsOf, wrongOption } from "#kernel/runtime/shell/commands/command";
import { instantIn } from "#kernel/runtime/shell/commands/date-text";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "January February March April May June July August September October November December".split(" ");
const two = (number: number): string => String(number).padStart(2, "0");

export const date: Command = {
  name: "date",
  step(task) {
    const long = { utc: "u", universal: "u", date: "d", "rfc-email": "R", reference: "r" };
    const iso = task.argv.find((arg) => /^(-I|--iso-8601)/.test(arg));
    const argv = task.argv.filter((arg) => arg !== iso);
    const { flags, values, operands, problem } = optionsOf(argv, "ud:Rr:s:D:", long);
    if (problem !== undefined) return wrongOption(task, problem);
    if (values["s"] !== undefined)
      return complain(
        task,
        isBusybox(task) ? "can't set date: Operation not permitted" : "cannot set date: Operation not permitted",
      );
    const at = instantOf(task, values);
    if (at === undefined) return complain(task, `invalid date '${values["d"] ?? values["r"] ?? ""}'`);
    const [format] = operands;
    if (format !== undefined && !format.startsWith("+")) return complain(task, `invalid date '${format}'`);
    task.print(`${formatted(at, format?.slice(1) ?? defaultFormat(flags, iso))}\n`);
    return 0;
  },
};

function defaultFormat(flags: ReadonlySet<string>, iso: string | undefined): string {
  if (iso !== undefined) {
    const detail = iso.replace(/^(-I|--iso-8601=?)/, "");
    if (/^s/.test(detail)) return "%Y-%m-%dT%H:%M:%S+00:00";
    return /^m/.test(detail) ? "%Y-%m-%dT%H:%M+00:00" : "%Y-%m-%d";
  }
  return flags.has("R") ? "%a, %d %b %Y %H:%M:%S +0000" : "%a %b %e %H:%M:%S UTC %Y";
}

/** The instant the options of date name; undefined if they name none. */
export function instantOf(task: Task, { d, r }: Readonly<Record<string, string>>): number | undefined {
  if (r !== undefined) {
    const stat = task.files.stat(task.path(r));
    return typeof stat === "number" ? undefined : stat.at;
  }
  if (d === undefined || d === "now") return task.now;
  if (d.startsWith("@")) return Number(d.slice(1)) * 1_000;
  if (!isBusybox(task)) return instantIn(d, task.now);
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?Z?$/.exec(d);
  if (parts === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** An instant by a format of strftime, in UTC. */
export function formatted(at: number, format: string): string {
  const date = new Date(at);
  return format.replace(/%([-_0^]?)([0-9]?)([A-Za-z%])/g, (all, flag: string, width: string, code: string) => {
    const value = directive(date, at, code, width);
    if (value === undefined) return all;
    if (flag === "-") return value.replace(/^[0 ]+(?=.)/, "");
    if (flag === "_") return value.replace(/^0+(?=.)/, (zeros) => " ".repeat(zeros.length));
    return flag === "^" ? value.toUpperCase() : value;
  });
}

/** The week of ISO 8601 an instant falls into: the one that has its Thursday. */
function isoWeek(at: number): number {
  const day = 86_400_000;
  const weekday = (new Date(at).getUTCDay() + 6) % 7;
  const thursday = new Date(at + (3 - weekday) * day);
  return 1 + Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / (7 * day));
}

function directive(date: Date, at: number, code: string, width: string): string | undefined {
  const hours = date.getUTCHours();
  const twelve = hours % 12 === 0 ? 12 : hours % 12;
  const dayOfYear = Math.floor((at - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
  const day = DAYS[date.getUTCDay()] ?? "";
  const month = MONTHS[date.getUTCMonth()] ?? "";
  const directives: Readonly<Record<string, () => string>> = {
    "%": () => "%",
    A: () => day,
    a: () => day.slice(0, 3),
    B: () => month,
    b: () => month.slice(0, 3),
    h: () => month.slice(0, 3),
    C: () => two(Math.floor(date.getUTCFullYear() / 100)),
    c: () => formatted(at, "%a %b %e %H:%M:%S %Y"),
    D: () => formatted(at, "%m/%d/%y"),
    d: () => two(date.getUTCDate()),
    e: () => String(date.getUTCDate()).padStart(2),
    F: () => formatted(at, "%Y-%m-%d"),
    H: () => two(hours),
    I: () => two(twelve),
    j: () => String(dayOfYear).padStart(3, "0"),
    k: () => String(hours).padStart(2),
    l: () => String(twelve).padStart(2),
    M: () => two(date.getUTCMinutes()),
    m: () => two(date.getUTCMonth() + 1),
    N: () => `${String(date.getUTCMilliseconds()).padStart(3, "0")}000000`.slice(0, width === "" ? 9 : Number(width)),
    n: () => "\n",
    P: () => (hours < 12 ? "am" : "pm"),
    p: () => (hours < 12 ? "AM" : "PM"),
    R: () => formatted(at, "%H:%M"),
    r: () => formatted(at, "%I:%M:%S %p"),
    S: () => two(date.getUTCSeconds()),
    s: () => String(Math.floor(at / 1_000)),
    T: () => formatted(at, "%H:%M:%S"),
    t: () => "\t",
    V: () => two(isoWeek(at)),
    U: () => two(Math.floor((dayOfYear + 6 - date.getUTCDay()) / 7)),
    u: () => String(date.getUTCDay() === 0 ? 7 : date.getUTCDay()),
    w: () => String(date.getUTCDay()),
    X: () => formatted(at, "%H:%M:%S"),
    x: () => formatted(at, "%m/%d/%y"),
    Y: () => String(date.getUTCFullYear()),
    y: () => two(date.getUTCFullYear() % 100),
    Z: () => "UTC",
    z: () => "+0000",
  };
  return directives[code]?.();
}
