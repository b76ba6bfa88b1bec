/**
 * Goal: checks read paths and compare values as their authors mean it, and say what is and what is expected.
 * Method: tables of cases.
 */
import { expect, test } from "vitest";
import { type Expectation, isAsExpected } from "#classroom/checks/compare";
import { fieldProblem } from "#classroom/checks/fields";
import { parsePath, valuesAt } from "#classroom/checks/path";

const pod = {
  metadata: { name: "web", labels: { "app.kubernetes.io/name": "web" } },
  spec: { containers: [{ name: "a", image: "nginx:1" }, { name: "b" }] },
  status: { conditions: [{ type: "Ready", status: "True" }] },
};

test.each([
  [".metadata.name", ["web"]],
  ["{.metadata.name}", ["web"]],
  ["$.spec.containers[0].image", ["nginx:1"]],
  [".spec.containers[-1].name", ["b"]],
  [".spec.containers[*].name", ["a", "b"]],
  [".metadata.labels['app.kubernetes.io/name']", ["web"]],
  ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
  [".spec.nothing.there", []],
])("%s leads to %j", (path, values) => {
  expect(valuesAt(pod, parsePath(path) ?? [])).toEqual(values);
});

test.each(["", "spec", ".spec[", ".spec.containers[a]"])("%j is no path", (path) => {
  expect(parsePath(path)).toBeUndefined();
});

test.each<[unknown, Expectation, boolean]>([
  [3, { op: ">=", value: 3 }, true],
  ["3", { op: "==", value: 3 }, true],
  [2, { op: ">", value: 2 }, false],
  [undefined, { op: ">=", value: 0 }, false],
  [undefined, { op: "absent" }, true],
  [undefined, { op: "!=", value: "x" }, true],
  ["nginx:1", { op: "contains", value: ":1" }, true],
  [["a", "b"], { op: "contains", value: "b" }, true],
  ["b", { op: "in", value: ["a", "b"] }, true],
  [true, { op: "==", value: true }, true],
  ["web", { op: "<", value: "zoo" }, false],
])("%j as expected by %j: %s", (value, expected, holds) => {
  expect(isAsExpected(value, expected)).toBe(holds);
});

test("a field that is wrong is told with what is and what is expected", () => {
  const fields = [{ path: ".spec.replicas", expect: { op: ">=" as const, value: 3 } }];
  expect(fieldProblem({ spec: { replicas: 3 } }, fields)).toBeUndefined();
  expect(fieldProblem({ spec: { replicas: 1 } }, fields)).toEqual({
    ko: ".spec.replicas의 현재 값: 1, 기대하는 값: 3 이상",
    en: ".spec.replicas is 1, expected at least 3",
  });
  expect(fieldProblem({}, fields)?.en).toBe(".spec.replicas is not set, expected at least 3");
});
