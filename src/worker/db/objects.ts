/**
 * The copy of every cluster's objects in D1: written behind by the cluster's outbox, read by pages and by recovery.
 *
 * Flushes may be repeated and may even arrive late. Each one is a single transaction that skips every change the
 * journal has already passed, so that no old write can undo a newer one or bring a deleted object back.
 */
import { and, asc, eq, gt } from "drizzle-orm";
import type { Database } from "#worker/db/database";
import { journals, objects } from "#worker/db/schema";

/** An object as it was committed; `json` is the whole of it. */
export type ObjectRow = {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty for a cluster-scoped object. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  readonly json: string;
};

/** A deletion; `revision` is that of the deletion. */
export type Removal = Pick<ObjectRow, "group" | "resource" | "namespace" | "name" | "revision">;

/**
 * One flush. It holds the newest state of every key whose last change lies after the flush before and not after
 * `through`; take the outbox in the order of revisions and `through` is the last one taken. `state` is what the kernel
 * knows beside its objects (JSON); leave it out to keep what is there.
 */
export type Flush = {
  readonly puts: readonly ObjectRow[];
  readonly removals: readonly Removal[];
  readonly through: number;
  readonly state?: string;
};

// D1 takes 2 MB in one bound value and 30 s for one statement.
const STATEMENT_ROWS_MAX = 500;
const STATEMENT_CHARS_MAX = 600_000;
const PAGE_ROWS = 500;

// One statement for many rows: two bound values instead of nine per row, and 20 times fewer queries. Written out
// because drizzle has no json_each and refuses raw statements in a batch.
const PUT = `
  insert into objects (cluster, "group", version, resource, namespace, name, uid, revision, json)
  select ?1, v ->> 'group', v ->> 'version', v ->> 'resource', v ->> 'namespace', v ->> 'name', v ->> 'uid',
    v ->> 'revision', v ->> 'json'
  from (select value as v from json_each(?2))
  where (v ->> 'revision') > coalesce((select revision from journals where cluster = ?1), -1)
  on conflict (cluster, "group", resource, namespace, name) do update
    set version = excluded.version, uid = excluded.uid, revision = excluded.revision, json = excluded.json
    where excluded.revision > objects.revision`;
const REMOVE = `
  delete from objects
  where cluster = ?1 and ("group", resource, namespace, name) in (
    select v ->> 'group', v ->> 'resource', v ->> 'namespace', v ->> 'name'
    from (select value as v from json_each(?2))
    where (v ->> 'revision') > coalesce((select revision from journals where cluster = ?1), -1))`;
const ADVANCE = `
  insert into journals (cluster, revision, state) values (?1, ?2, ?3)
  on conflict (cluster) do update
    set revision = excluded.revision, state = coalesce(excluded.state, journals.state)
    where excluded.revision >= journals.revision`;

/** Writes a flush: all of it or nothing. Rejects when D1 does; the caller keeps its outbox and tries again. */
export async function saveFlush(db: Database, cluster: string, flush: Flush): Promise<void> {
  const d1 = db.$client;
  const { through, state = null } = flush;
  await d1.batch([
    ...chunks(flush.puts).map((json) => d1.prepare(PUT).bind(cluster, json)),
    ...chunks(flush.removals).map((json) => d1.prepare(REMOVE).bind(cluster, json)),
    d1.prepare(ADVANCE).bind(cluster, through, state),
  ]);
}

/** How far the copy of a cluster is, and its kernel's own state; undefined when nothing was ever flushed. */
export async function readJournal(
  db: Database,
  cluster: string,
): Promise<{ revision: number; state: string | null } | undefined> {
  const rows = await db.select().from(journals).where(eq(journals.cluster, cluster));
  return rows[0];
}

/** Every object of a cluster in the order of revisions, in pages, so that a large one never lies in memory twice. */
export async function* readObjects(db: Database, cluster: string): AsyncGenerator<readonly ObjectRow[]> {
  let after = -1;
  for (;;) {
    const page = await db
      .select({
        group: objects.group,
        version: objects.version,
        resource: objects.resource,
        namespace: objects.namespace,
        name: objects.name,
        uid: objects.uid,
        revision: objects.revision,
        json: objects.json,
      })
      .from(objects)
      .where(and(eq(objects.cluster, cluster), gt(objects.revision, after)))
      .orderBy(asc(objects.revision))
      .limit(PAGE_ROWS);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    after = last.revision;
  }
}

/** Forgets the copy: before a reset, whose revisions begin anew, and when a cluster is deleted. */
export async function forgetObjects(db: Database, cluster: string): Promise<void> {
  await db.batch([
    db.delete(objects).where(eq(objects.cluster, cluster)),
    db.delete(journals).where(eq(journals.cluster, cluster)),
  ]);
}

/** Cuts rows into JSON arrays that each fit one statement. A row too large for any is sent alone. */
function chunks(rows: readonly (ObjectRow | Removal)[]): string[] {
  const made: string[] = [];
  let current: string[] = [];
  let size = 0;
  const close = (): void => {
    if (current.length > 0) made.push(`[${current.join(",")}]`);
    current = [];
    size = 0;
  };
  for (const row of rows) {
    const json = JSON.stringify(row);
    if (current.length === STATEMENT_ROWS_MAX || size + json.length > STATEMENT_CHARS_MAX) close();
    current.push(json);
    size += json.length;
  }
  close();
  return made;
}
