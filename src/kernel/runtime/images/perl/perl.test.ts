/**
 * Goal: the pi Job of the documentation prints pi, and what perl does not understand it refuses.
 * Method: run one-liners to their end in virtual time, and compare with digits and forms known elsewhere.
 */
import { expect, test } from "vitest";
import { startContainer } from "#kernel/runtime/containers";
import { piDigits } from "#kernel/runtime/images/perl/pi";
import { log, pass, record, spec, testWorld } from "#kernel/runtime/world.fixture";

test("digits of pi are exact and rounded", () => {
  expect([1, 2, 5, 20].map(piDigits)).toEqual(["3", "3.1", "3.1416", "3.1415926535897932385"]);
  // The 762nd decimal begins six nines.
  expect(piDigits(1_001).slice(2 + 761, 2 + 767)).toBe("999999");
  expect(piDigits(1_001).slice(-10)).toBe("2164201989");
});

test("the pi Job takes some seconds and prints 2,000 digits", () => {
  const world = testWorld();
  startContainer(world, spec("perl:5.34.0", { command: ["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"] }));
  expect(record(world).state).toBe("running");
  pass(world, 60_000);
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 0, reason: "Completed" });
  expect(record(world).finishedAt).toBeGreaterThan(world.now - 60_000);
  expect(log(world)).toMatch(/^3\.14159265358979323846\d{1979}\n$/);
});

test.each([
  [["perl", "-e", 'print "a;b\\n"; exit 3'], "a;b\n", 3],
  [["perl", "-le", "print 'x', 42"], "x42\n", 0],
  [["perl", "-e", "sleep 5; print 1"], "1", 0],
  [["perl", "-e", "print bpi(9)"], expect.stringContaining("not: print bpi(9)"), 255],
  [["perl", "-e", "while (1) {}"], expect.stringContaining("not: while (1) {}"), 255],
])("%j", (command, out, exitCode) => {
  const world = testWorld();
  startContainer(world, spec("perl", { command }));
  pass(world, 60_000);
  expect(log(world)).toEqual(out);
  expect(record(world).exitCode).toBe(exitCode);
});
