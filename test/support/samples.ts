/**
 * Manifests as people publish them, in the folder that DRYDOCK_SAMPLES names; none where it names none.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { JsonObject } from "#kernel/api/walk";

const folder = process.env["DRYDOCK_SAMPLES"] ?? "";

/** Every manifest file, by its path below the folder, sorted. */
export const sampleFiles: readonly string[] = (
  folder === "" ? [] : readdirSync(folder, { recursive: true, encoding: "utf8" })
)
  .filter((file) => /\.(ya?ml|json)$/.test(file))
  .sort();

/** The objects a file describes; those of a List one by one. */
export function manifestsIn(file: string): JsonObject[] {
  const text = readFileSync(join(folder, file), "utf8");
  return parseAllDocuments(text, { version: "1.1" }).flatMap((document) => itemsOf(document.toJS()));
}

function itemsOf(value: unknown): JsonObject[] {
  if (typeof value !== "object" || value === null) return [];
  const { items, kind } = value as { items?: unknown; kind?: unknown };
  if (Array.isArray(items) && kind === "List") return items.flatMap(itemsOf);
  return typeof kind === "string" ? [value as JsonObject] : [];
}
