/**
 * The outbox: what a cluster's journal has and D1 has not, carried over in batches, at least once.
 */
import type { Row } from "#kernel/cluster/journal";
import type { AnyResource } from "#kernel/registry/definition";
import { RESOURCES } from "#kernel/resources/index";
import type { KubeObject } from "#kernel/store/object";
import type { JournalSql, Pending } from "#worker/cluster/journal-sql";
import type { Database } from "#worker/db/database";
import { type Flush, type ObjectRow, type Removal, saveFlush } from "#worker/db/objects";

/** Rows carried in one batch. */
const BATCH_ROWS = 2_000;

/** Carries over one batch; true = there is more. Rejects when D1 does: nothing is lost, it stays pending. */
export async function flushOnce(journal: JournalSql, db: Database, cluster: string): Promise<boolean> {
  const pending = journal.pending(BATCH_ROWS);
  if (pending === undefined) return false;
  await saveFlush(db, cluster, flushOf(pending));
  journal.flushed(pending);
  return pending.hasMore;
}

/** The newest state of every key among the rows. */
export function flushOf({ rows, cells, revision, turn, lastTurn }: Pending): Flush {
  const latest = new Map<string, Row>();
  for (const row of rows) latest.set(`${row.bucket}/${row.namespace}/${row.name}`, row);
  const puts: ObjectRow[] = [];
  const removals: Removal[] = [];
  for (const row of latest.values()) {
    const object = row.json === null ? undefined : (JSON.parse(row.json) as KubeObject);
    const address = addressOf(row.bucket, object);
    const place = { ...address, namespace: row.namespace, name: row.name, revision: row.revision };
    if (object === undefined || row.json === null) removals.push(place);
    else puts.push({ ...place, uid: object.metadata.uid, json: row.json });
  }
  return { puts, removals, through: revision, cells, turn, lastTurn };
}

// Of the versions of a kind the last named counts: the one that needs no conversion.
const addresses = new Map(
  [...RESOURCES]
    .sort(storedLast)
    .map(({ bucket, group, version, names }) => [bucket, { group, version, resource: names.plural }]),
);

function storedLast(a: AnyResource, b: AnyResource): number {
  return Number(a.conversion === undefined) - Number(b.conversion === undefined);
}

/** `deployments.apps` is resource deployments of group apps; the version of a custom kind is its object's. */
function addressOf(
  bucket: string,
  object: KubeObject | undefined,
): { group: string; version: string; resource: string } {
  const known = addresses.get(bucket);
  if (known !== undefined) return known;
  const dot = bucket.indexOf(".");
  const version = object?.apiVersion.split("/").at(-1) ?? "";
  return { resource: bucket.slice(0, dot), group: bucket.slice(dot + 1), version };
}

/** The bucket of a row in D1. */
export const bucketOf = ({ group, resource }: Pick<ObjectRow, "group" | "resource">): string =>
  group === "" ? resource : `${resource}.${group}`;
