/**
 * Builds what the server serves: the Worker's bundle (always, into memory) and the static assets (when stale).
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The checkout's folder. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where static assets are built; wrangler.toml names the same folder. */
export const ASSETS = join(ROOT, "dist/assets");

/** One built thing: made by running `command` whenever one of `sources` (files or folders) has changed. */
type Asset = { readonly name: string; readonly sources: readonly string[]; readonly command: readonly string[] };

const OPENAPI: Asset = {
  name: "openapi",
  sources: [
    "scripts/generate",
    "src/apiserver/describe",
    "src/kernel/api",
    "src/kernel/resources",
    "package-lock.json",
  ],
  // The kinds reach code with parameter properties, which Node transforms only when told to.
  command: [
    "node",
    "--experimental-transform-types",
    "--disable-warning=ExperimentalWarning",
    "scripts/generate/openapi-assets.ts",
  ],
};
const WEB: Asset = {
  name: "web",
  sources: ["src/web", "package-lock.json"],
  command: ["vite", "build", "--config", "src/web/vite.config.ts", "--logLevel", "error"],
};

/** Bundles `entry` as `wrangler deploy` does: one ES module, `.sql` as text, workerd's own modules left outside. */
export async function bundleWorker(entry: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    loader: { ".sql": "text" },
    sourcemap: "inline",
    sourcesContent: false,
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return output.text;
}

/** Builds the OpenAPI documents and the web UI where their sources are newer than what was built. */
export function buildAssets(): void {
  mkdirSync(ASSETS, { recursive: true });
  if (existsSync(join(ROOT, "scripts/generate/openapi-assets.ts"))) buildIfStale(OPENAPI);
  if (existsSync(join(ROOT, "src/web/vite.config.ts"))) buildIfStale(WEB);
}

function buildIfStale({ name, sources, command }: Asset): void {
  const stamp = join(ROOT, "dist/stamps", name);
  const wanted = fingerprint(sources);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.error(`Building ${name} ...`);
  const [program = "node", ...args] = command;
  const path = `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}`;
  const { status } = spawnSync(program === "node" ? process.execPath : program, args, {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, PATH: path },
  });
  if (status !== 0) throw new Error(`building ${name} failed`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** A hash over the paths and bytes of every source. */
function fingerprint(sources: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of sources.flatMap((source) => filesUnder(join(ROOT, source)))) {
    hash.update(relative(ROOT, path)).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

function filesUnder(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}
