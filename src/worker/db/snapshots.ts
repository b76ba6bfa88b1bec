/**
 * Snapshots: a cluster as bytes, kept in parts because a D1 row holds 2 MB at most.
 */
import { asc, eq } from "drizzle-orm";
import type { Database } from "#worker/db/database";
import { snapshotParts, snapshots } from "#worker/db/schema";

/** What is known of a snapshot without opening it. */
export type SnapshotRow = typeof snapshots.$inferSelect;

const PART_BYTES_MAX = 1_000_000;
/** A D1 call has a time limit, so parts are written a few at a time and the row, which makes them visible, last. */
const PARTS_PER_BATCH = 8;

/** Keeps a snapshot. Until this resolves nobody can find it. */
export async function addSnapshot(db: Database, row: Omit<SnapshotRow, "sizeBytes">, bytes: Uint8Array): Promise<void> {
  const count = Math.max(1, Math.ceil(bytes.byteLength / PART_BYTES_MAX));
  const inserts = Array.from({ length: count }, (_, part) =>
    db.insert(snapshotParts).values({
      snapshot: row.id,
      part,
      bytes: bytes.slice(part * PART_BYTES_MAX, (part + 1) * PART_BYTES_MAX),
    }),
  );
  for (let at = 0; at < inserts.length; at += PARTS_PER_BATCH) {
    const [first, ...rest] = inserts.slice(at, at + PARTS_PER_BATCH);
    if (first !== undefined) await db.batch([first, ...rest]);
  }
  await db.insert(snapshots).values({ ...row, sizeBytes: bytes.byteLength });
}

/** The snapshot of that id, if there is one. */
export async function findSnapshot(db: Database, id: string): Promise<SnapshotRow | undefined> {
  const rows = await db.select().from(snapshots).where(eq(snapshots.id, id));
  return rows[0];
}

/** The bytes of a snapshot that `findSnapshot` found. */
export async function readSnapshot(db: Database, { id, sizeBytes }: SnapshotRow): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (let part = 0; at < sizeBytes; part += 1) {
    const rows = await db
      .select({ bytes: snapshotParts.bytes })
      .from(snapshotParts)
      .where(eq(snapshotParts.snapshot, id))
      .orderBy(asc(snapshotParts.part))
      .limit(1)
      .offset(part);
    const [row] = rows;
    if (row === undefined) throw new Error(`snapshot ${id} ends after ${at} of ${sizeBytes} bytes`);
    bytes.set(row.bytes, at);
    at += row.bytes.byteLength;
  }
  return bytes;
}
