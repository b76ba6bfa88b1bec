/**
 * Goal: ages and partial objects are what a server's Table has.
 * Method: examples.
 */
import { expect, test } from "vitest";
import { ageText, partialObjectMetadata } from "#kernel/apimachinery/table";
import { versionInfo } from "#kernel/apimachinery/version";

test("ages", () => {
  expect(ageText("1970-01-01T00:00:00Z", 150_000)).toBe("2m30s");
  expect(ageText(undefined, 0)).toBe("<unknown>");
  expect(ageText(null, 0)).toBe("<unknown>");
});

test("partial objects", () => {
  expect(partialObjectMetadata({ metadata: { name: "x" } })).toEqual({
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: { name: "x" },
  });
});

test("the version says itself the same way everywhere", () => {
  expect(versionInfo.gitVersion).toBe(`v${versionInfo.major}.${versionInfo.minor}.0`);
});
