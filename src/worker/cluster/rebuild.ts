/**
 * Recovery: a cluster whose own storage is lost is put together again from its copy in D1.
 */
import type { JournalSql } from "#worker/cluster/journal-sql";
import { bucketOf } from "#worker/cluster/outbox";
import type { Database } from "#worker/db/database";
import { readCells, readJournal, readObjects } from "#worker/db/objects";

/** Fills an empty journal from D1; false if D1 knows nothing of the cluster. */
export async function rebuild(db: Database, cluster: string, journal: JournalSql): Promise<boolean> {
  const copy = await readJournal(db, cluster);
  if (copy === undefined) return false;
  // Watches cannot resume across the loss: what lies before the copy's revision counts as compacted.
  for await (const cells of readCells(db, cluster)) journal.restore([], cells);
  for await (const page of readObjects(db, cluster)) {
    journal.restore(
      page.map((row) => ({ ...row, bucket: bucketOf(row) })),
      [],
    );
  }
  journal.restored(copy);
  return true;
}
