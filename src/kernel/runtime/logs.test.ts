/**
 * Goal: logs give back what was written, by lines, time, stream and offset, and stay within their limit.
 * Method: append to a log in a world with a clock, read it in every way.
 */
import { expect, test } from "vitest";
import { appendLog, flushLog, LOGS, readLog, removeLog } from "#kernel/runtime/logs";
import { START, testWorld } from "#kernel/runtime/world.fixture";
import { LIMITS } from "#kernel/sim/limits";

test("lines, tail, since, stream, timestamps, bytes", () => {
  const world = testWorld();
  appendLog(world, "a", "stdout", "one\ntw");
  world.now += 1_500;
  appendLog(world, "a", "stderr", "oops\n");
  appendLog(world, "a", "stdout", "o\nthree");
  const read = (options: Parameters<typeof readLog>[2]) => readLog(world.cells, "a", options).text;
  expect(read({})).toBe("one\noops\ntwo\n");
  expect(read({ tailLines: 1 })).toBe("two\n");
  expect(read({ tailLines: 0 })).toBe("");
  expect(read({ sinceInstant: START + 1_000 })).toBe("oops\ntwo\n");
  expect(read({ stream: "stderr" })).toBe("oops\n");
  expect(read({ tailLines: 1, timestamps: true })).toBe("2026-11-23T20:00:01.500000000Z two\n");
  expect(read({ limitBytes: 6 })).toBe("one\noo");
  flushLog(world, "a");
  expect(read({})).toBe("one\noops\ntwo\nthree");
});

test("following by offset gives each line once", () => {
  const world = testWorld();
  let text = "";
  let offset = 0;
  for (let n = 0; n < 2_000; n += 1) {
    appendLog(world, "a", "stdout", `line ${n}\n`);
    if (n % 7 !== 0) continue;
    const next = readLog(world.cells, "a", { fromOffset: offset });
    text += next.text;
    offset = next.nextOffset;
  }
  text += readLog(world.cells, "a", { fromOffset: offset }).text;
  expect(text).toBe(Array.from({ length: 2_000 }, (_, n) => `line ${n}\n`).join(""));
  expect(world.cells.count(LOGS)).toBeGreaterThan(3);
});

test("the oldest lines go once the limit is reached, and removal leaves nothing", () => {
  const world = testWorld();
  for (let n = 0; n < 600; n += 1) appendLog(world, "a", "stdout", `${"x".repeat(4_000)}\n`);
  const { text } = readLog(world.cells, "a", {});
  expect(text.length).toBeLessThanOrEqual(LIMITS.containerLogBytes);
  expect(text.length).toBeGreaterThan(LIMITS.containerLogBytes * 0.9);
  removeLog(world.cells, "a");
  expect(world.cells.count(LOGS)).toBe(0);
});
