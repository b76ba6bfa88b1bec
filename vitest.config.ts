/**
 * The rooms of the test suite, one vitest project each (`npm test` runs them all, `vitest run --project unit` one).
 */
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Pure code in Node: modules may be shared between files, which saves most of the start-up time. */
const pure = {
  pool: "threads",
  isolate: false,
  testTimeout: 30_000,
  setupFiles: "./test/support/strict.ts",
} as const;

/** Real clients against the one server that global-setup starts. */
const outside = {
  globalSetup: "./test/support/global-setup.ts",
  testTimeout: 120_000,
  hookTimeout: 120_000,
  maxWorkers: 2,
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: { ...pure, name: "unit", include: ["src/**/*.test.ts", "scripts/**/*.test.ts"] },
      },
      { test: { ...pure, name: "sim", include: ["test/sim/**/*.test.ts"] } },
      { test: { ...pure, name: "tidy", include: ["test/tidy.test.ts", "test/floors.test.ts"] } },
      { test: { ...pure, name: "labs", include: ["test/labs.test.ts"], testTimeout: 120_000 } },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                DRYDOCK_SECRET: "a secret for tests",
                TEST_MIGRATIONS: await readD1Migrations("./migrations"),
              },
            },
          })),
        ],
        test: { name: "worker", include: ["test/worker/**/*.test.ts"], testTimeout: 30_000 },
      },
      { test: { ...outside, name: "contract", include: ["test/contract/**/*.test.ts"] } },
      { test: { ...outside, name: "e2e", include: ["test/e2e/**/*.test.ts"] } },
    ],
  },
});
