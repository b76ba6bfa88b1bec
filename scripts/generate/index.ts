/**
 * `npm run generate`: writes the facts of the Kubernetes v1.36 API into src/kernel/api.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildDefinitions } from "./definitions.ts";
import { readPackages } from "./packages.ts";
import { shapesFile } from "./shapes-file.ts";
import { typesFile } from "./types-file.ts";

/** The generated files by path from the root of the repository. */
export function generate(): Readonly<Record<string, string>> {
  const definitions = buildDefinitions(readPackages());
  return {
    "src/kernel/api/types.gen.ts": typesFile(definitions),
    "src/kernel/api/shapes.gen.ts": shapesFile(definitions),
  };
}

if (import.meta.main) {
  for (const [path, content] of Object.entries(generate())) {
    writeFileSync(join(import.meta.dirname, "../..", path), content);
  }
}
