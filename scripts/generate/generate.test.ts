/**
 * Goal: the generated facts are what the packages say today, and what Kubernetes v1.36 officially says.
 * Method: generate into memory and compare with the committed files; compare every definition with the official
 * document, where DRYDOCK_ORACLE names a folder that holds it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { definitionNames, type FieldShape, kindsOf, SCALAR_DEFINITIONS, shapeNamed } from "#kernel/api/shapes";
import { buildDefinitions, type Definition } from "./definitions.ts";
import { generate } from "./index.ts";
import { readPackages } from "./packages.ts";

const root = join(import.meta.dirname, "../..");

test("the committed files are what npm run generate writes", () => {
  for (const [path, content] of Object.entries(generate())) {
    expect(readFileSync(join(root, path), "utf8") === content, `${path} is stale: npm run generate`).toBe(true);
  }
});

const oracle = join(process.env["DRYDOCK_ORACLE"] ?? "", "swagger-1.36.json");
const isThere = process.env["DRYDOCK_ORACLE"] !== undefined && existsSync(oracle);
const reason = isThere ? "" : " (skipped: DRYDOCK_ORACLE names no folder with swagger-1.36.json)";

describe.skipIf(!isThere)(`the official document${reason}`, () => {
  const official: Record<string, Definition> = isThere ? JSON.parse(readFileSync(oracle, "utf8")).definitions : {};

  test("has the definitions we have, and no other", () => {
    expect([...buildDefinitions(readPackages()).keys()].sort()).toEqual(Object.keys(official).sort());
  });

  test("says of every definition what we generate, descriptions aside", () => {
    for (const [name, definition] of buildDefinitions(readPackages())) {
      expect(canonical(definition), name).toEqual(canonical(official[name] ?? {}));
    }
  });

  test("says of every definition what its packed shape says", () => {
    for (const name of definitionNames()) {
      if (!SCALAR_DEFINITIONS.has(name))
        expect(canonical(unpacked(name)), name).toEqual(canonical(official[name] ?? {}));
    }
  });
});

/** Without descriptions, with sorted keys and bare references. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value === "string") return value.replace(/^#\/definitions\//, "");
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, content]) => key !== "description" || typeof content !== "string")
    .map(([key, content]) => [
      key,
      key === "required" && Array.isArray(content) ? [...content].sort() : canonical(content),
    ]);
  return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

function unpacked(name: string): Definition {
  const { fields, required, mapType, unions } = shapeNamed(name);
  const kinds = kindsOf(name);
  return {
    type: "object",
    ...(fields.size === 0
      ? {}
      : { properties: Object.fromEntries([...fields].map(([key, field]) => [key, schema(field)])) }),
    ...(required.length === 0 ? {} : { required: [...required] }),
    ...(mapType === undefined ? {} : { "x-kubernetes-map-type": mapType }),
    ...(unions === undefined ? {} : { "x-kubernetes-unions": unions }),
    ...(kinds.length === 0 ? {} : { "x-kubernetes-group-version-kind": kinds }),
  };
}

function schema(field: FieldShape): Record<string, unknown> {
  const { listType, listMapKeys, patchStrategy, patchMergeKey, mapType } = field;
  const extensions = {
    "x-kubernetes-list-type": listType,
    "x-kubernetes-list-map-keys": listMapKeys,
    "x-kubernetes-patch-strategy": patchStrategy?.join(","),
    "x-kubernetes-patch-merge-key": patchMergeKey,
    "x-kubernetes-map-type": mapType,
  };
  return {
    ...typeOf(field),
    ...Object.fromEntries(Object.entries(extensions).filter(([, value]) => value !== undefined)),
  };
}

function typeOf(field: FieldShape): Record<string, unknown> {
  if (field.definition !== undefined) return { $ref: field.definition };
  if (field.items !== undefined) return { type: "array", items: schema(field.items) };
  if (field.values !== undefined) return { type: "object", additionalProperties: schema(field.values) };
  const type = { bytes: "string", any: "object" }[field.type as string] ?? field.type;
  return { type, ...(field.format === undefined ? {} : { format: field.format }) };
}
