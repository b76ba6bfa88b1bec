/**
 * Builds the OpenAPI documents of the kinds every cluster serves, with their texts, into dist/assets/openapi.
 *
 * `index.json` maps the path of every document of version 3 to the hash of its content; the document itself is
 * `v3/PATH.json`; `v2.json` and `v2.pb` are the document of version 2; `texts.json` are the texts, for documents made at run time.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openApiV2, openApiV3 } from "#apiserver/describe/openapi";
import { METRICS_DOCUMENTS, metricsDescribed } from "#apiserver/describe/openapi.metrics";
import { openApiV2Protobuf } from "#apiserver/describe/openapi.protobuf";
import { servedResource } from "#apiserver/describe/openapi.served";
import { RESOURCES } from "#kernel/resources/index";
import { buildDefinitions } from "./definitions.ts";
import { readPackages } from "./packages.ts";
import { textsOf } from "./texts.ts";

const FOLDER = join(import.meta.dirname, "../../dist/assets/openapi");

/** The asset files by path below dist/assets/openapi. */
export function openApiAssets(): ReadonlyMap<string, string | Uint8Array> {
  const packages = readPackages();
  const texts = textsOf(buildDefinitions(packages), packages);
  const described = { resources: RESOURCES.map(servedResource), texts };
  const files = new Map<string, string | Uint8Array>();
  const hashes: Record<string, string> = {};
  const metrics = [...openApiV3(metricsDescribed(texts))].filter(([path]) => METRICS_DOCUMENTS.includes(path));
  for (const [path, document] of [...openApiV3(described), ...metrics]) {
    const text = JSON.stringify(document);
    files.set(`v3/${path}.json`, text);
    hashes[path] = createHash("sha512").update(text).digest("hex").toUpperCase();
  }
  files.set("index.json", JSON.stringify(hashes));
  const v2 = openApiV2(described);
  files.set("v2.json", JSON.stringify(v2));
  files.set("v2.pb", openApiV2Protobuf(v2));
  files.set("texts.json", JSON.stringify(texts));
  return files;
}

if (import.meta.main) {
  const files = openApiAssets();
  rmSync(FOLDER, { recursive: true, force: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
    writeFileSync(join(FOLDER, path), text);
  }
}
