/**
 * Attempts: students' runs of labs, and how they were last graded.
 */
import { desc, eq } from "drizzle-orm";
import type { Database } from "#worker/db/database";
import { attempts } from "#worker/db/schema";

/** An attempt's row. The grade's columns are null until it is graded. */
export type AttemptRow = typeof attempts.$inferSelect;

/** A grade: points of at most `max`, and what was said about each task. */
export type GradeRow = {
  readonly score: number;
  readonly max: number;
  readonly tasks: readonly Readonly<Record<string, unknown>>[];
};

/** Adds an attempt that has not been graded. */
export async function addAttempt(
  db: Database,
  attempt: Pick<AttemptRow, "id" | "lab" | "cluster" | "createdAt">,
): Promise<void> {
  await db.insert(attempts).values(attempt);
}

/** The attempt of that id, if there is one. */
export async function findAttempt(db: Database, id: string): Promise<AttemptRow | undefined> {
  const rows = await db.select().from(attempts).where(eq(attempts.id, id));
  return rows[0];
}

/** The latest attempts of a lab, newest first. */
export async function attemptsOf(db: Database, lab: string, limit: number): Promise<readonly AttemptRow[]> {
  return db.select().from(attempts).where(eq(attempts.lab, lab)).orderBy(desc(attempts.createdAt)).limit(limit);
}

/** Keeps a grade; the latest one counts. */
export async function saveGrade(db: Database, id: string, grade: GradeRow, gradedAt: number): Promise<void> {
  await db
    .update(attempts)
    .set({ ...grade, gradedAt })
    .where(eq(attempts.id, id));
}
