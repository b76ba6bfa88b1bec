/**
 * Snapshots as bytes: a cluster's value as gzipped JSON, to D1 and back.
 */
import type { ClusterValue } from "#kernel/cluster/snapshot";
import { openDatabase } from "#worker/db/database";
import { findSnapshot, readSnapshot, type SnapshotRow } from "#worker/db/snapshots";
import type { Env } from "#worker/env";
import { notFound } from "#worker/http/api/problem";

/** A cluster's value as gzipped JSON. */
export async function packed(value: ClusterValue): Promise<Uint8Array> {
  const json = new Blob([JSON.stringify(value)]).stream();
  return new Uint8Array(await new Response(json.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
}

/** The value in gzipped JSON. */
export async function unpacked(bytes: Uint8Array): Promise<ClusterValue> {
  const packed = new Blob([bytes]).stream();
  return new Response(packed.pipeThrough(new DecompressionStream("gzip"))).json();
}

/** What is known of a snapshot. @throws Problem 404 */
export async function needSnapshot(env: Env, id: string): Promise<SnapshotRow> {
  const row = await findSnapshot(openDatabase(env.DB), id);
  if (row === undefined) throw notFound("There is no such snapshot.");
  return row;
}

/** A snapshot and the cluster in it. @throws Problem 404 */
export async function loadSnapshot(env: Env, id: string): Promise<{ row: SnapshotRow; value: ClusterValue }> {
  const row = await needSnapshot(env, id);
  return { row, value: await unpacked(await readSnapshot(openDatabase(env.DB), row)) };
}
