/**
 * Goal: the protobuf form of every kind is read as the JSON form says.
 * Method: read upstream's golden objects (both forms of every kind) and compare.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ProtobufError, readProtobuf } from "#apiserver/codec/protobuf/read";
import { shapeOf } from "#kernel/api/shapes";
import { decode } from "#kernel/api/walk";
import { must } from "#kernel/sim/assert";

const oracle = process.env["DRYDOCK_ORACLE"] ?? "";
const folder = join(oracle, "api-testdata");
const names = oracle !== "" && existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".pb")) : [];

/** `apps.v1.Deployment.pb`: group, version, kind. */
function gvkOf(name: string): { group: string; version: string; kind: string } {
  const parts = name.replace(/\.pb$/, "").split(".");
  const kind = parts.pop() ?? "";
  const version = parts.pop() ?? "";
  const group = parts.join(".");
  return { group: group === "core" ? "" : group, version, kind };
}

const stable = names.filter((name) => {
  const gvk = gvkOf(name);
  return /^v\d+$/.test(gvk.version) && shapeOf(gvk) !== undefined;
});

test.skipIf(names.length === 0)("golden objects read the same in both forms (needs DRYDOCK_ORACLE)", () => {
  expect(stable.length).toBeGreaterThan(50);
  for (const name of stable) {
    const shape = must(shapeOf(gvkOf(name)), "filtered above");
    const json = JSON.parse(readFileSync(join(folder, name.replace(/\.pb$/, ".json")), "utf8"));
    const read = readProtobuf(readFileSync(join(folder, name)), shape);
    expect(decode(shape, read).value, name).toEqual(decode(shape, json).value);
  }
});

test("bytes that are no message are refused in upstream's words", () => {
  const shape = must(shapeOf({ group: "", version: "v1", kind: "Pod" }), "Pod is in the API");
  expect(() => readProtobuf(new TextEncoder().encode("{}"), shape)).toThrow(
    new ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
  );
});
