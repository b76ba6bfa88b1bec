/**
 * The copy of every cluster's objects in D1: written behind by the cluster's outbox, read by pages and by recovery.
 *
 * Flushes may be repeated and may even arrive late. Each one is a single transaction that skips every change the
 * journal has already passed, so that no old write can undo a newer one or bring a deleted object back.
 */
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Database } from "#worker/db/database";
import { cells, journals, objects } from "#worker/db/schema";

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
 * `through`; take the outbox in the order of revisions and `through` is the last one taken. Likewise the newest state
 * of every cell changed after the last flushed turn and not after `turn`; json null = the cell is gone. Of the turn
 * after it, up to `lastTurn`, it may hold a part: the flush that holds the rest follows.
 */
export type Flush = {
  readonly puts: readonly ObjectRow[];
  readonly removals: readonly Removal[];
  readonly through: number;
  readonly cells: readonly CellRow[];
  readonly turn: number;
  readonly lastTurn: number;
};

/** A cell of a cluster's kernel. */
export type CellRow = { readonly room: string; readonly id: string; readonly json: string | null };

// D1 takes 2 MB in one bound value and 30 s for one statement.
const STATEMENT_ROWS_MAX = 500;
const STATEMENT_CHARS_MAX = 600_000;
const PAGE_ROWS = 500;
const PAGE_CHARS = 4_000_000;

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
const PUT_CELLS = `
  insert into cells (cluster, room, id, json)
  select ?1, v ->> 'room', v ->> 'id', v ->> 'json' from (select value as v from json_each(?2))
  where ?3 > coalesce((select turn from journals where cluster = ?1), -1)
  on conflict (cluster, room, id) do update set json = excluded.json`;
const REMOVE_CELLS = `
  delete from cells
  where cluster = ?1 and ?3 > coalesce((select turn from journals where cluster = ?1), -1)
    and (room, id) in (select value ->> 'room', value ->> 'id' from json_each(?2))`;
const ADVANCE = `
  insert into journals (cluster, revision, turn) values (?1, ?2, ?3)
  on conflict (cluster) do update
    set revision = max(excluded.revision, journals.revision), turn = max(excluded.turn, journals.turn)`;

/** Writes a flush: all of it or nothing. Rejects when D1 does; the caller keeps its outbox and tries again. */
export async function saveFlush(db: Database, cluster: string, flush: Flush): Promise<void> {
  const d1 = db.$client;
  const { through, turn, lastTurn } = flush;
  const kept = flush.cells.filter(({ json }) => json !== null);
  const gone = flush.cells.filter(({ json }) => json === null).map(({ room, id }) => ({ room, id }));
  await d1.batch([
    ...chunks(flush.puts).map((json) => d1.prepare(PUT).bind(cluster, json)),
    ...chunks(flush.removals).map((json) => d1.prepare(REMOVE).bind(cluster, json)),
    ...chunks(kept).map((json) => d1.prepare(PUT_CELLS).bind(cluster, json, lastTurn)),
    ...chunks(gone).map((json) => d1.prepare(REMOVE_CELLS).bind(cluster, json, lastTurn)),
    d1.prepare(ADVANCE).bind(cluster, through, turn),
  ]);
}

/** How far the copy of a cluster is; undefined when nothing was ever flushed. */
export async function readJournal(
  db: Database,
  cluster: string,
): Promise<{ revision: number; turn: number } | undefined> {
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

/** Every cell of a cluster, in pages of so many rows or characters at most. */
export async function* readCells(db: Database, cluster: string): AsyncGenerator<readonly Required<CellRow>[]> {
  const sizes = await db
    .select({ room: cells.room, id: cells.id, size: sql<number>`length(${cells.json})` })
    .from(cells)
    .where(eq(cells.cluster, cluster))
    .orderBy(asc(cells.room), asc(cells.id));
  let after: readonly [string, string] = ["", ""];
  let rows = 0;
  let chars = 0;
  for (const [n, { room, id, size }] of sizes.entries()) {
    rows += 1;
    chars += size;
    if (rows < PAGE_ROWS && chars < PAGE_CHARS && n < sizes.length - 1) continue;
    yield await db
      .select({ room: cells.room, id: cells.id, json: cells.json })
      .from(cells)
      .where(
        and(
          eq(cells.cluster, cluster),
          sql`(${cells.room}, ${cells.id}) > (${after[0]}, ${after[1]})`,
          sql`(${cells.room}, ${cells.id}) <= (${room}, ${id})`,
        ),
      );
    after = [room, id];
    rows = 0;
    chars = 0;
  }
}

/** Forgets the copy: before a reset, whose revisions begin anew, and when a cluster is deleted. */
export async function forgetObjects(db: Database, cluster: string): Promise<void> {
  await db.batch([
    db.delete(objects).where(eq(objects.cluster, cluster)),
    db.delete(cells).where(eq(cells.cluster, cluster)),
    db.delete(journals).where(eq(journals.cluster, cluster)),
  ]);
}

/** Cuts rows into JSON arrays that each fit one statement. A row too large for any is sent alone. */
function chunks(rows: readonly object[]): string[] {
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
