/**
 * How the web UI is built: Svelte into dist/assets/web, its words compiled from messages/*.json, its font beside it.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "@inlang/paraglide-js";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const WEB = dirname(fileURLToPath(import.meta.url));
const DIST = join(WEB, "../../dist");
const WORDS = join(DIST, "paraglide");

/** Compiles the messages to one function each. The compiler keeps notes in its project folder: that is under dist. */
async function compileMessages(): Promise<void> {
  const project = join(DIST, "messages.inlang");
  mkdirSync(project, { recursive: true });
  const settings = {
    baseLocale: "en",
    locales: ["en", "ko"],
    modules: [`./${relative(DIST, join(WEB, "messages/reader.mjs"))}`],
    telemetry: "off",
  };
  writeFileSync(join(project, "settings.json"), JSON.stringify(settings));
  await compile({
    project,
    outdir: WORDS,
    strategy: ["localStorage", "preferredLanguage", "baseLocale"],
    localStorageKey: "drydock.language",
    emitGitIgnore: false,
    emitPrettierIgnore: false,
    emitReadme: false,
  });
}

export default defineConfig(async () => {
  // One build serves everybody: it is the same whoever asks for it first, be it a test runner.
  process.env.NODE_ENV = "production";
  await compileMessages();
  return {
    root: WEB,
    base: "/web/",
    plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
    resolve: { alias: { $messages: join(WORDS, "messages.js"), $language: join(WORDS, "runtime.js") } },
    build: {
      outDir: join(DIST, "assets/web"),
      emptyOutDir: true,
      target: "es2022",
      // Everything comes from our own origin: the content security policy allows no data: font.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  };
});
