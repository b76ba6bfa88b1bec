/**
 * Labs that teachers brought themselves.
 */
import { asc, eq } from "drizzle-orm";
import type { Database } from "#worker/db/database";
import { labs } from "#worker/db/schema";

/** A lab's row: `lab` is the lab itself, already checked by whoever took it in. */
export type LabRow = typeof labs.$inferSelect;

/** Adds a lab; rejects when the slug is taken. */
export async function addLab(db: Database, lab: LabRow): Promise<void> {
  await db.insert(labs).values(lab);
}

/** The lab of that slug, if a teacher brought one. */
export async function findLab(db: Database, slug: string): Promise<LabRow | undefined> {
  const rows = await db.select().from(labs).where(eq(labs.slug, slug));
  return rows[0];
}

/** At most `limit` labs in the order of their slugs. */
export async function listLabs(db: Database, limit: number): Promise<readonly LabRow[]> {
  return db.select().from(labs).orderBy(asc(labs.slug)).limit(limit);
}
