/**
 * GET /healthz: 200 `ok` once the server can serve.
 */
import { Hono } from "hono";
import type { WorkerEnv } from "#worker/env";

export const healthRoute = new Hono<WorkerEnv>();

let isMigrated = false;

healthRoute.get("/healthz", async (c) => {
  // Locally the socket opens a moment before the tables exist. On Cloudflare migrations run before the deployment.
  const wanted = c.env.DRYDOCK_MIGRATIONS;
  if (wanted !== undefined && !isMigrated) {
    isMigrated = (await appliedMigrations(c.env.DB)) >= wanted;
    if (!isMigrated) return c.text("migrating", 503, { "retry-after": "1" });
  }
  return c.text("ok");
});

/** How many migrations D1 has seen; none while even their table is missing. */
async function appliedMigrations(db: D1Database): Promise<number> {
  try {
    return (await db.prepare("select count(*) as applied from d1_migrations").first<number>("applied")) ?? 0;
  } catch {
    return 0;
  }
}
