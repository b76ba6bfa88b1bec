/**
 * Snapshots as they lie in D1.
 */
import { openDatabase } from "#worker/db/database";
import { findSnapshot, readSnapshot, type SnapshotRow } from "#worker/db/snapshots";
import type { Env } from "#worker/env";
import { notFound } from "#worker/http/api/problem";

/** What is known of a snapshot. @throws Problem 404 */
export async function needSnapshot(env: Env, id: string): Promise<SnapshotRow> {
  const row = await findSnapshot(openDatabase(env.DB), id);
  if (row === undefined) throw notFound("There is no such snapshot.");
  return row;
}

/** The packed value in a snapshot. */
export const contentsOf = (env: Env, row: SnapshotRow): Promise<Uint8Array> => readSnapshot(openDatabase(env.DB), row);
