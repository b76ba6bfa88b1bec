/**
 * The journal of one cluster in its Durable Object's SQLite: rows by revision, cells, and how far D1 has them.
 *
 * A row per write and none per read: the present state is what the rows, replayed in order, come to.
 */
import { Cluster } from "#kernel/cluster/cluster";
import { type Journal, type Row, rowOf, storeFrom } from "#kernel/cluster/journal";
import type { ClusterValue } from "#kernel/cluster/snapshot";
import { Cells } from "#kernel/store/cells";
import { type CellRow, CellRows } from "#worker/cluster/cell-rows";

const SCHEMA = `
  create table if not exists revisions (
    revision integer primary key, bucket text not null, namespace text not null, name text not null, json text
  );
  create table if not exists cells (
    room text not null, id text not null, turn integer not null, json text, primary key (room, id)
  ) without rowid;
  create table if not exists facts (name text primary key, value text not null) without rowid;
`;

const PUT_ROWS = `
  insert into revisions (revision, bucket, namespace, name, json)
  select v ->> 0, v ->> 1, v ->> 2, v ->> 3, v ->> 4 from (select value as v from json_each(?))`;
const PUT_CELLS = `
  insert into cells (room, id, turn, json)
  select v ->> 0, v ->> 1, ?2, v ->> 2 from (select value as v from json_each(?1)) where true
  on conflict (room, id) do update set turn = excluded.turn, json = excluded.json`;

/** A value bound to a statement may hold 2 MB; rows are grouped well below that. */
const STATEMENT_CHARS = 500_000;

/** What is not yet in D1. */
export interface Pending {
  readonly rows: readonly Row[];
  readonly cells: readonly CellRow[];
  /** The last revision contained. */
  readonly revision: number;
  /** The turn up to which everything is contained, and the last one of which something is. */
  readonly turn: number;
  readonly lastTurn: number;
  /** The last cell contained of a turn that is not contained as a whole. */
  readonly after?: readonly [turn: number, room: string, id: string];
  readonly hasMore: boolean;
}

/** Where the copy in D1 stands. */
type Flushed = Pick<Pending, "revision" | "turn" | "after">;

/** Characters of cells carried to D1 at once. */
const FLUSH_CHARS = 4_000_000;

export class JournalSql {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #rows = new CellRows();
  #turn: number;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    this.#sql.exec(SCHEMA);
    this.#turn = Number(this.#sql.exec("select coalesce(max(turn), 0) as turn from cells").one()["turn"]);
  }

  /** Whether nothing was ever saved here. */
  get isEmpty(): boolean {
    return this.#sql.exec("select 1 from cells limit 1").toArray().length === 0;
  }

  /** A small fact beside the cluster: when somebody was last here, how far D1 is. */
  fact(name: string): string | undefined {
    const [row] = this.#sql.exec("select value from facts where name = ?", name).toArray();
    return row === undefined ? undefined : String(row["value"]);
  }

  setFact(name: string, value: string): void {
    this.#sql.exec("insert or replace into facts (name, value) values (?, ?)", name, value);
  }

  /** Saves a turn: all of it or nothing. */
  save({ changes, cells, dead }: Journal): void {
    if (changes.length === 0 && cells.length === 0 && dead.length === 0) return;
    this.#turn += 1;
    this.#storage.transactionSync(() => {
      const rows = changes
        .map(rowOf)
        .map(({ revision, bucket, namespace, name, json }) =>
          JSON.stringify([revision, bucket, namespace, name, json]),
        );
      for (const batch of batches(rows)) this.#sql.exec(PUT_ROWS, batch);
      for (const batch of batches(this.#texts(cells))) this.#sql.exec(PUT_CELLS, batch, this.#turn);
      this.#bury(dead);
    });
  }

  /** The rows of cells as texts, one after the other: what many large cells come to is never there at once. */
  *#texts(cells: Journal["cells"]): Generator<string> {
    for (const cell of cells) {
      for (const { room, id, json } of this.#rows.rowsOf(cell)) yield JSON.stringify([room, id, json]);
    }
  }

  /** Rebuilds the cluster. */
  load(): Cluster {
    const cells = new Cells();
    const saved = this.#sql.exec("select room, id, json from cells where json is not null");
    for (const { room, id, value } of this.#rows.cellsOf(saved as unknown as Iterable<CellRow>)) {
      cells.restore(room, id, value);
    }
    const rows = this.#sql.exec("select revision, bucket, namespace, name, json from revisions order by revision");
    return Cluster.restore(cells, (store, compacted) => {
      const base = Number(this.fact("base") ?? 0);
      storeFrom(store, rows as unknown as Iterable<Row>, Math.max(compacted, base), this.#lastRevision());
    });
  }

  /** Puts back what D1 has of a lost journal. */
  restore(rows: readonly Row[], cells: Pending["cells"]): void {
    this.#turn += 1;
    this.#storage.transactionSync(() => {
      const values = rows.map(({ revision, bucket, namespace, name, json }) =>
        JSON.stringify([revision, bucket, namespace, name, json]),
      );
      for (const batch of batches(values)) this.#sql.exec(PUT_ROWS, batch);
      const texts = cells.map(({ room, id, json }) => JSON.stringify([room, id, json]));
      for (const batch of batches(texts)) this.#sql.exec(PUT_CELLS, batch, this.#turn);
    });
  }

  /** Takes a whole cluster as its own: a fork begins here, and D1 has nothing of it yet. */
  adopt({ rows, cells, revision }: ClusterValue): void {
    this.restore(rows, []);
    let batch: CellRow[] = [];
    let size = 0;
    for (const cell of cells) {
      const made = this.#rows.rowsOf(cell);
      batch.push(...made);
      size += made.reduce((sum, { json }) => sum + (json?.length ?? 0), 0);
      if (size < FLUSH_CHARS) continue;
      this.restore([], batch);
      batch = [];
      size = 0;
    }
    this.restore([], batch);
    this.setFact("base", String(revision));
  }

  /** The journal is whole again up to what D1 had; what came before cannot be resumed from. */
  restored({ revision, turn }: { readonly revision: number; readonly turn: number }): void {
    this.#turn = Math.max(this.#turn, turn);
    this.setFact("base", String(revision));
    this.flushed({ revision, turn: this.#turn });
  }

  /** What D1 does not have yet, at most `limit` rows of it; undefined if it has everything. */
  pending(limit: number): Pending | undefined {
    const flushed = this.#flushed();
    const rows = this.#sql
      .exec(
        "select revision, bucket, namespace, name, json from revisions where revision > ? order by revision limit ?",
        flushed.revision,
        limit,
      )
      .toArray() as unknown as Row[];
    const revision = rows.at(-1)?.revision ?? flushed.revision;
    // Cells follow once every row is there: they speak of objects.
    if (rows.length === limit) {
      return { ...flushed, rows, cells: [], revision, lastTurn: flushed.turn, hasMore: true };
    }
    const cells = this.#pendingCells(flushed);
    if (rows.length === 0 && cells.cells.length === 0) return undefined;
    return { rows, revision, ...cells };
  }

  /** The cells D1 does not have yet, in the order of turns: as many as are carried at once. */
  #pendingCells({ turn, after }: Flushed): Omit<Pending, "rows" | "revision"> {
    const from = after ?? [turn, "\uffff", ""];
    const sizes = this.#sql.exec(
      `select turn, room, id, length(json) as size from cells
       where turn >= ?1 and (turn, room, id) > (?1, ?2, ?3) order by turn, room, id`,
      ...from,
    );
    let chars = 0;
    let last: readonly [number, string, string] | undefined;
    let hasMore = false;
    for (const { turn: of, room, id, size } of sizes) {
      chars += Number(size ?? 0);
      hasMore = last !== undefined && chars > FLUSH_CHARS;
      if (hasMore) break;
      last = [Number(of), String(room), String(id)];
    }
    if (last === undefined) return { cells: [], turn: this.#turn, lastTurn: this.#turn, hasMore: false };
    const cells = this.#sql
      .exec(
        `select room, id, json from cells
         where turn >= ?1 and (turn, room, id) > (?1, ?2, ?3) and (turn, room, id) <= (?4, ?5, ?6)`,
        ...from,
        ...last,
      )
      .toArray() as unknown as CellRow[];
    if (!hasMore) return { cells, turn: this.#turn, lastTurn: this.#turn, hasMore };
    return { cells, turn: last[0] - 1, lastTurn: last[0], after: last, hasMore };
  }

  get hasPending(): boolean {
    const { revision, turn } = this.#flushed();
    if (this.#turn > turn) return true;
    return this.#sql.exec("select 1 from revisions where revision > ? limit 1", revision).toArray().length > 0;
  }

  /** D1 has everything up to here: graves may be levelled. */
  flushed({ revision, turn, after }: Flushed): void {
    this.#storage.transactionSync(() => {
      this.setFact("flushed", JSON.stringify({ revision, turn, after }));
      this.#sql.exec("delete from cells where json is null and turn <= ?", turn);
      this.#bury([]);
    });
  }

  /** Forgets everything. */
  clear(): void {
    this.#storage.transactionSync(() => {
      for (const table of ["revisions", "cells", "facts"]) this.#sql.exec(`delete from ${table}`);
    });
    this.#turn = 0;
    this.#rows.clear();
  }

  /** The revision of the last write, which may have left no row. */
  #lastRevision(): number {
    return Math.max(Number(this.fact("base") ?? 0), this.#flushed().revision);
  }

  #flushed(): Flushed {
    return JSON.parse(this.fact("flushed") ?? '{"revision":-1,"turn":-1}') as Flushed;
  }

  /** Deletes rows nobody needs, once D1 has them too: a delete it has not heard of must not be lost. */
  #bury(dead: readonly number[]): void {
    const waiting = JSON.parse(this.fact("graves") ?? "[]") as number[];
    if (dead.length === 0 && waiting.length === 0) return;
    const { revision } = this.#flushed();
    const all = [...waiting, ...dead];
    const now = all.filter((one) => one <= revision);
    const later = all.filter((one) => one > revision);
    if (now.length > 0) {
      this.#sql.exec("delete from revisions where revision in (select value from json_each(?))", JSON.stringify(now));
    }
    if (later.length !== waiting.length || now.length > 0) this.setFact("graves", JSON.stringify(later));
  }
}

/** JSON arrays of JSON texts, each below the size one bound value may have. */
function* batches(texts: Iterable<string>): Iterable<string> {
  let batch: string[] = [];
  let size = 0;
  for (const text of texts) {
    if (size + text.length > STATEMENT_CHARS && batch.length > 0) {
      yield `[${batch.join(",")}]`;
      batch = [];
      size = 0;
    }
    batch.push(text);
    size += text.length;
  }
  if (batch.length > 0) yield `[${batch.join(",")}]`;
}
