/**
 * Goal: durations read and print as Go's, ages as kubectl's.
 * Method: tables; a property of the round trip.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, humanDuration, parseDuration, shortHumanDuration } from "#kernel/apimachinery/duration";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  ["0", 0],
  ["5s", 5 * second],
  ["1h30m", 90 * minute],
  ["-1.5s", -1500],
  ["+100ms", 100],
  [".5s", 500],
  ["1us", 0.001],
  ["1h0m0s", hour],
])("%s", (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each([
  ["", 'time: invalid duration ""'],
  ["x", 'time: invalid duration "x"'],
  ["5", 'time: missing unit in duration "5"'],
  ["5d", 'time: unknown unit "d" in duration "5d"'],
  ["-", 'time: invalid duration "-"'],
])("%j is refused", (text, message) => {
  expect(() => parseDuration(text)).toThrow(message);
});

test.each([
  [0, "0s"],
  [1500, "1.5s"],
  [100, "100ms"],
  [0.5, "500µs"],
  [90 * second, "1m30s"],
  [2 * minute, "2m0s"],
  [hour, "1h0m0s"],
  [-hour, "-1h0m0s"],
  [3661.5 * second, "1h1m1.5s"],
])("%d ms is %s", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test("what is printed reads back", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (durationMs) => {
      expect(parseDuration(formatDuration(durationMs))).toBeCloseTo(durationMs, 3);
    }),
  );
});

test.each([
  [-2 * second, "<invalid>", "<invalid>"],
  [-1 * second, "0s", "0s"],
  [0, "0s", "0s"],
  [59 * second, "59s", "59s"],
  [119 * second, "119s", "1m"],
  [2 * minute, "2m", "2m"],
  [2 * minute + 30 * second, "2m30s", "2m"],
  [10 * minute + 5 * second, "10m", "10m"],
  [179 * minute, "179m", "2h"],
  [3 * hour, "3h", "3h"],
  [3 * hour + minute, "3h1m", "3h"],
  [8 * hour + minute, "8h", "8h"],
  [47 * hour, "47h", "1d"],
  [2 * day, "2d", "2d"],
  [5 * day + 20 * hour, "5d20h", "5d"],
  [8 * day + hour, "8d", "8d"],
  [729 * day, "729d", "1y"],
  [730 * day, "2y", "2y"],
  [740 * day, "2y10d", "2y"],
  [3000 * day, "8y", "8y"],
])("an age of %d ms is %s, in short %s", (durationMs, long, short) => {
  expect([humanDuration(durationMs), shortHumanDuration(durationMs)]).toEqual([long, short]);
});
