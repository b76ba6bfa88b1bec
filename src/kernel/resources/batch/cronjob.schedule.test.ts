/**
 * Goal: schedules are read, refused and followed as robfig/cron does.
 * Method: tables of texts with the times or the words that come out.
 */
import { describe, expect, test } from "vitest";
import { isTimeZone, nextTime, parseSchedule, zonedTimeText } from "#kernel/resources/batch/cronjob.schedule";

const BEGIN = Date.parse("2026-03-07T12:34:56Z");

function following(text: string, zone?: string, count = 2): string[] {
  const schedule = parseSchedule(text);
  if ("wrong" in schedule) throw new Error(schedule.wrong);
  const times: string[] = [];
  for (let at: number | undefined = BEGIN; times.length < count; ) {
    at = nextTime(schedule, at, zone);
    if (at === undefined) break;
    times.push(`${new Date(at).toISOString().slice(5, 19)}`);
  }
  return times;
}

describe("the next times", () => {
  test.each<[string, string | undefined, string[]]>([
    ["* * * * *", undefined, ["03-07T12:35:00", "03-07T12:36:00"]],
    ["*/20 * * * *", undefined, ["03-07T12:40:00", "03-07T13:00:00"]],
    ["5/20 * * * *", undefined, ["03-07T12:45:00", "03-07T13:05:00"]],
    ["0 9-17/4 * * mon-fri", undefined, ["03-09T09:00:00", "03-09T13:00:00"]],
    ["0 0 13 * 5", undefined, ["03-13T00:00:00", "03-20T00:00:00"]],
    ["0 0 1 feb ?", undefined, ["02-01T00:00:00", "02-01T00:00:00"]],
    ["@hourly", undefined, ["03-07T13:00:00", "03-07T14:00:00"]],
    ["@weekly", undefined, ["03-08T00:00:00", "03-15T00:00:00"]],
    ["@every 90s", undefined, ["03-07T12:36:26", "03-07T12:37:56"]],
    ["0 9 * * *", "Asia/Seoul", ["03-08T00:00:00", "03-09T00:00:00"]],
    // There is no half past two on the eighth.
    ["30 2 * * *", "America/New_York", ["03-09T06:30:00", "03-10T06:30:00"]],
    ["0 0 31 2 *", undefined, []],
  ])("%s in %s", (text, zone, times) => {
    expect(following(text, zone)).toEqual(times);
  });
});

describe("what cannot be read", () => {
  test.each([
    ["", "empty spec string"],
    ["* * * *", "expected exactly 5 fields, found 4: [* * * *]"],
    ["* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"],
    ["a * * * *", 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
    ["60 * * * *", "end of range (60) above maximum (59): 60"],
    ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
    ["* * * * 7", "end of range (7) above maximum (6): 7"],
    ["5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"],
    ["*/0 * * * *", "step of range should be a positive number: */0"],
    ["1-2-3 * * * *", "too many hyphens: 1-2-3"],
    ["1/2/3 * * * *", "too many slashes: 1/2/3"],
    ["@often", "unrecognized descriptor: @often"],
    ["@every x", 'failed to parse duration @every x: time: invalid duration "x"'],
  ])("%s", (text, wrong) => {
    expect(parseSchedule(text)).toEqual({ wrong });
  });
});

test("time zones are those of the IANA database", () => {
  const zones = ["Asia/Seoul", "Etc/UTC", "US/Pacific", "asia/seoul", "Nowhere/Land"];
  expect(zones.map(isTimeZone)).toEqual([true, true, true, false, false]);
  expect([undefined, "Asia/Seoul", "America/St_Johns"].map((zone) => zonedTimeText(BEGIN, zone))).toEqual([
    "2026-03-07T12:34:56Z",
    "2026-03-07T21:34:56+09:00",
    "2026-03-07T09:04:56-03:30",
  ]);
});
