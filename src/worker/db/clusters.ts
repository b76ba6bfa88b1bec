/**
 * The clusters there are: who may open them, until when, and what they were asked to be.
 */
import { and, eq, isNotNull, lte } from "drizzle-orm";
import type { Database } from "#worker/db/database";
import { clusters } from "#worker/db/schema";

/** A cluster's row. Instants are milliseconds since the epoch; `keyHash` is all we know of the key. */
export type ClusterRow = typeof clusters.$inferSelect;

/** Adds a cluster; rejects when the id is taken. */
export async function addCluster(db: Database, cluster: ClusterRow): Promise<void> {
  await db.insert(clusters).values(cluster);
}

/** The cluster of that id, if there is one. */
export async function findCluster(db: Database, id: string): Promise<ClusterRow | undefined> {
  const rows = await db.select().from(clusters).where(eq(clusters.id, id));
  return rows[0];
}

/** The id of the cluster that a key of this hash opens, if there is one. */
export async function clusterOfKey(db: Database, keyHash: string): Promise<string | undefined> {
  const rows = await db.select({ id: clusters.id }).from(clusters).where(eq(clusters.keyHash, keyHash));
  return rows[0]?.id;
}

/** Deletes the row; the objects go with `forgetObjects`. */
export async function removeCluster(db: Database, id: string): Promise<void> {
  await db.delete(clusters).where(eq(clusters.id, id));
}

/** The ids of at most `limit` clusters whose time was over at `now`. */
export async function expiredClusters(db: Database, now: number, limit: number): Promise<readonly string[]> {
  const rows = await db
    .select({ id: clusters.id })
    .from(clusters)
    .where(and(isNotNull(clusters.expiresAt), lte(clusters.expiresAt, now)))
    .limit(limit);
  return rows.map(({ id }) => id);
}
