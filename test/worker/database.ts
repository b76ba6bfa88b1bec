/** D1 for tests inside workerd: opened, and with every migration applied. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type Database, openDatabase } from "#worker/db/database";
import type { Env } from "#worker/env";

type TestEnv = Env & { readonly TEST_MIGRATIONS: Parameters<typeof applyD1Migrations>[1] };

/** The Worker's bindings as the tests see them. */
export const testEnv = env as unknown as TestEnv;

/** Applies what is missing and opens D1. */
export async function migratedDatabase(): Promise<Database> {
  await applyD1Migrations(testEnv.DB, testEnv.TEST_MIGRATIONS);
  return openDatabase(testEnv.DB);
}
