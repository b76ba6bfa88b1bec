/**
 * Goal: what is wrong with a body is told in bounded time and space, whatever somebody sends.
 * Method: bodies with very many unknown and repeated fields, as JSON, as YAML and as patches; odd keys.
 */
import { expect, test } from "vitest";
import { warningHeaders } from "#kernel/requests/present";
import { appliedProblem, type Strictness, strictTexts, strictWarnings } from "#kernel/requests/strict";

const MANY = 20_000;
const names = Array.from({ length: MANY }, (_, n) => `k${n}`);

test.each<[Strictness, string, readonly string[]]>([
  ["json", `{${names.map((name) => `"${name}":1`).join()}}`, names],
  ["json", `{${names.map(() => '"a":1').join()}}`, []],
  ["custom-json", `{${names.map((name) => `"${name}":1,"${name}":2`).join()}}`, names],
  ["yaml", names.map((name) => `${name}: 1\n${name}: 2\n`).join(""), names],
  ["patch", `{${names.map((name) => `"${name}":1`).join()}}`, names],
  ["json-patch", `[${names.map((name) => `{"${name}":1}`).join()}]`, []],
])("%s with very many problems tells of some", (strictness, text, unknown) => {
  const problems = strictTexts(text, strictness, unknown);
  expect(problems.length).toBeGreaterThan(0);
  expect(strictWarnings(problems).length).toBeLessThanOrEqual(200);
  const headers = warningHeaders(strictWarnings(problems));
  expect(headers.join("").length).toBeLessThan(10_000);
});

test("repeated keys of YAML are named with the lines they stand in", () => {
  const text = "a: 1\nb: {x: 1, x: 2}\n'a': 3\n1: x\n1: y\nl:\n- {q: 1}\n- q: 1\n  q: 2\n<<: {z: 1}\n";
  expect(strictWarnings(strictTexts(text, "yaml", []))).toEqual([
    'line 2: key "x" already set in map',
    'line 3: key "a" already set in map',
    "line 5: key 1 already set in map",
    'line 9: key "q" already set in map',
  ]);
  expect(appliedProblem('{"a":1,\n"a":2}')).toContain('line 2: key "a" already set in map');
  expect(appliedProblem('{"a":1}')).toBeUndefined();
});

test("warnings are told once each, and cut where they would be too long", () => {
  expect(warningHeaders(["a", "b", "a"])).toEqual(['299 - "a"', '299 - "b"']);
  const long = Array.from({ length: 100 }, (_, n) => `${n}${"x".repeat(1_000)}`);
  const cut = warningHeaders(long);
  expect(cut).toHaveLength(16);
  expect(cut[0]).toBe(`299 - "0${"x".repeat(255)}"`);
});
