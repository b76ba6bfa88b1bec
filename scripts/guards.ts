/**
 * The guards of the house: each checks one claim about the whole of the code, and counts as a test.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./build.ts";
import { runTool } from "./tool.ts";

/** A guard; `check` resolves to what is wrong, or undefined when the claim holds. */
export type Guard = { readonly name: string; readonly claim: string; check(): Promise<string | undefined> };

const OUTPUT_CHARS_MAX = 20_000;

/** A guard that is a tool's exit code. */
const tool = (name: string, claim: string, command: string, ...args: string[]): Guard => ({
  name,
  claim,
  async check() {
    const { code, output } = await runTool(command, args);
    return code === 0 ? undefined : output.slice(0, OUTPUT_CHARS_MAX);
  },
});

const migrationsDrift: Guard = {
  name: "migrations",
  claim: "the migrations make what the schema says",
  async check() {
    // drizzle-kit has no dry run: it may write into a copy, and there must be nothing to write.
    const copy = mkdtempSync(join(tmpdir(), "drydock-migrations-"));
    try {
      cpSync(join(ROOT, "migrations"), copy, { recursive: true });
      const before = readdirSync(copy).length;
      const schema = ["--dialect", "sqlite", "--schema", "src/worker/db/schema.ts"];
      const { code, output } = await runTool("drizzle-kit", ["generate", ...schema, "--out", copy]);
      if (code !== 0) return output;
      return readdirSync(copy).length === before ? undefined : "the schema has changed: npm run generate:migrations";
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  },
};

const deployable: Guard = {
  name: "bundle",
  claim: "wrangler can bundle the Worker for Cloudflare, in 3 MB",
  async check() {
    const out = mkdtempSync(join(tmpdir(), "drydock-bundle-"));
    try {
      const { code, output } = await runTool("wrangler", ["deploy", "--dry-run", "--outdir", out]);
      if (code !== 0) return output;
      const gzipKiB = Number(/gzip: ([\d.]+) KiB/.exec(output)?.[1]);
      console.log(`  the Worker: ${gzipKiB} KiB gzipped`);
      return gzipKiB <= 3 * 1024
        ? undefined
        : `the Worker is ${gzipKiB} KiB gzipped; Cloudflare's smallest plan takes 3 MB`;
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  },
};

/** Every guard, the slow ones first: two run at once. */
export const guards: readonly Guard[] = [
  deployable,
  tool("types", "the code has no type error", "tsc", "-p", "tsconfig.json", "--noEmit"),
  tool("types-kernel", "the kernel needs nothing of any platform", "tsc", "-p", "src/kernel/tsconfig.json", "--noEmit"),
  tool("types-web", "the browser UI has no type error", "tsc", "-p", "src/web/tsconfig.json", "--noEmit"),
  tool("lint", "the code is formatted and lint finds nothing", "biome", "check", ".", "--max-diagnostics=100"),
  tool("unused", "no export or package is unused", "knip", "--no-progress", "--exclude", "types,enumMembers,files"),
  // Tests do not count as use: a kind, plugin, image or lab that no table lists is an unused file.
  tool("unlisted", "no file of the product is unused", "knip", "--no-progress", "--production", "--include", "files"),
  migrationsDrift,
];
