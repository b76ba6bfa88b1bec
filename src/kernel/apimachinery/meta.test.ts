/**
 * Goal: keys, owners, conditions and times are read and written as the API has them.
 * Method: examples.
 */
import { expect, test } from "vitest";
import * as meta from "#kernel/apimachinery/meta";

test("keys", () => {
  const key = meta.keyOf({ metadata: { name: "x", namespace: "ns" } });
  expect(key).toEqual({ namespace: "ns", name: "x" });
  expect(meta.keyText(key)).toBe("ns/x");
  expect(meta.keyText({ namespace: "", name: "x" })).toBe("x");
  expect(meta.parseKey("ns/x")).toEqual(key);
});

test("apiVersion", () => {
  expect(meta.apiVersionOf({ group: "", version: "v1" })).toBe("v1");
  expect(meta.parseApiVersion("apps/v1")).toEqual({ group: "apps", version: "v1" });
  expect(meta.parseApiVersion("v1")).toEqual({ group: "", version: "v1" });
  expect(meta.parseApiVersion("a/b/c")).toBeUndefined();
});

test("an owner controls by uid, not by name", () => {
  const owner = { metadata: { name: "rs", uid: "1" } };
  const ref = meta.ownerReferenceTo(owner, { group: "apps", version: "v1", kind: "ReplicaSet" });
  expect(ref).toEqual({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    name: "rs",
    uid: "1",
    controller: true,
    blockOwnerDeletion: true,
  });
  const pod = { metadata: { name: "p", ownerReferences: [ref] } };
  expect(meta.isControlledBy(pod, owner)).toBe(true);
  expect(meta.isControlledBy(pod, { metadata: { name: "rs", uid: "2" } })).toBe(false);
  expect(meta.isControlledBy({}, {})).toBe(false);
});

test("a condition keeps its transition time while its status stays", () => {
  const none: meta.Condition[] = [];
  const first = meta.setCondition(none, { type: "Ready", status: "True" }, 0);
  const second = meta.setCondition(first, { type: "Ready", status: "True", reason: "Why" }, 60_000);
  expect(second).toEqual([
    { type: "Ready", status: "True", reason: "Why", lastTransitionTime: "1970-01-01T00:00:00Z" },
  ]);
  const third = meta.setCondition(second, { type: "Ready", status: "False" }, 60_000);
  expect(third[0]?.lastTransitionTime).toBe("1970-01-01T00:01:00Z");
  expect(meta.isConditionTrue(third, "Ready")).toBe(false);
});

test("times", () => {
  const instant = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  expect(meta.timeText(instant)).toBe("2026-01-02T03:04:05Z");
  expect(meta.microTimeText(instant)).toBe("2026-01-02T03:04:05.678000Z");
  expect(meta.parseTime("2026-01-02T03:04:05.678000Z")).toBe(instant);
  expect(meta.parseTime("2026-01-02T12:04:05+09:00")).toBe(instant - 678);
  expect(meta.parseTime("yesterday")).toBeNaN();
});
