/**
 * Goal: an object with every field set is known to the last field, and stays what it is.
 * Method: decode upstream's golden objects of every kind, where DRYDOCK_ORACLE names a folder that holds them.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { shapeOf } from "#kernel/api/shapes";
import { decode, materialize } from "#kernel/api/walk";

const folder = join(process.env["DRYDOCK_ORACLE"] ?? "", "api-testdata");
const isThere = process.env["DRYDOCK_ORACLE"] !== undefined && existsSync(folder);
const reason = isThere ? "" : " (skipped: DRYDOCK_ORACLE names no folder with api-testdata)";
const files = isThere ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];

describe.skipIf(!isThere)(`golden objects${reason}`, () => {
  const known = files.flatMap((file) => {
    const object = JSON.parse(readFileSync(join(folder, file), "utf8"));
    // Some are no objects: the codecs' own fixtures.
    const [version = "", group = ""] = String(object.apiVersion).split("/").reverse();
    const shape = shapeOf({ group, version, kind: object.kind });
    return shape === undefined ? [] : [{ file, object, shape }];
  });

  test("are there", () => {
    expect(known.length).toBeGreaterThan(90);
  });

  test("decode without loss", () => {
    for (const { file, object, shape } of known) {
      const { value, unknownFields, problem } = decode(shape, object);
      expect({ file, unknownFields, problem }).toEqual({ file, unknownFields: [], problem: undefined });
      expect(value, file).toEqual(object);
    }
  });

  test("lack nothing Go writes", () => {
    for (const { file, object, shape } of known) {
      expect(materialize(shape, object, { nulls: true }), file).toEqual(object);
    }
  });
});
