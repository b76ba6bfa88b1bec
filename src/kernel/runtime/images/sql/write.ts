/**
 * Writing rows: INSERT, UPDATE, DELETE and TRUNCATE, with keys, defaults, checks and foreign keys.
 */
import type { Assignment, Expr, Item, Statement, TableName, Value } from "#kernel/runtime/images/sql/ast";
import { Constraints } from "#kernel/runtime/images/sql/constraints";
import type { Engine, Outcome } from "#kernel/runtime/images/sql/engine";
import { fail } from "#kernel/runtime/images/sql/errors";
import { truth } from "#kernel/runtime/images/sql/evaluate";
import { numberOf } from "#kernel/runtime/images/sql/functions";
import { Kinds, kindOfType } from "#kernel/runtime/images/sql/kinds";
import type { Column, Relation, Scope } from "#kernel/runtime/images/sql/relation";
import type { Row, Table } from "#kernel/runtime/images/sql/storage";

type Insert = Statement & { k: "insert" };

function columnsOf(table: Table, alias: string): Column[] {
  return table.columns.map(({ name, type }) => ({ table: alias, name, kind: kindOfType(type) }));
}

/** The position of a column. Raises `no column`. */
function positionOf(engine: Engine, table: Table, tableName: string, name: string): number {
  const n = table.columns.findIndex(
    (column) =>
      column.name === name || (engine.dialect === "mysql" && column.name.toLowerCase() === name.toLowerCase()),
  );
  return n >= 0 ? n : fail({ kind: "no column", name, place: "field list", table: tableName });
}

/** INSERT and REPLACE. */
export function insertRows(engine: Engine, statement: Insert): Outcome {
  engine.mayWrite();
  const { database, table } = engine.table(statement.table);
  const name = statement.table.name;
  const targets = statement.columns?.map((column) => positionOf(engine, table, name, column)) ?? [
    ...table.columns.keys(),
  ];
  const given = givenRows(engine, statement, targets.length);
  const writer = new Inserter(engine, statement, { database, table });
  for (const [n, values] of given.entries()) writer.add(targets, values, n + 1);
  writer.save();
  const { written, affected, firstId } = writer;
  return {
    affected,
    tag: `INSERT 0 ${written.length}`,
    notices: [],
    ...(firstId === undefined ? {} : { insertId: firstId }),
    ...returned(engine, statement.returning, table, statement.table.name, written),
  };
}

/** A value of a row to be written: `undefined` = the default. */
type Given = Value | undefined;

function givenRows(engine: Engine, { rows, query, columns }: Insert, width: number): Given[][] {
  const selected = query === undefined ? undefined : engine.query(query).rows;
  const scope: Scope = { columns: [], row: [], place: "field list" };
  const given: Given[][] =
    selected?.map((row) => [...row]) ??
    (rows ?? []).map((row) => row.map((expr) => (expr.k === "default" ? undefined : engine.value(expr, scope))));
  for (const [n, row] of given.entries()) {
    const isShort = row.length < width && engine.dialect === "postgres" && columns === undefined;
    const isBare = row.length === 0;
    if (row.length !== width && !isShort && !isBare)
      fail({ kind: "column count", row: n + 1, isMore: row.length > width });
  }
  return given;
}

class Inserter {
  readonly written: Row[] = [];
  affected = 0;
  firstId: number | undefined;
  #rows: Row[];
  #next: number;
  readonly #constraints: Constraints;

  constructor(
    readonly engine: Engine,
    readonly statement: Insert,
    readonly place: { readonly database: string; readonly table: Table },
  ) {
    this.#rows = [...place.table.rows];
    this.#next = place.table.next;
    this.#constraints = new Constraints(engine, { ...place, name: statement.table.name });
    this.#constraints.index(this.#rows);
  }

  add(targets: readonly number[], values: readonly Given[], number: number): void {
    const { engine, statement, place } = this;
    engine.step();
    const { table } = place;
    const given: Given[] = table.columns.map(() => undefined);
    for (const [n, value] of values.entries()) given[targets[n] ?? 0] = value;
    const row = table.columns.map((column, n) => this.#value(column, given[n], number));
    const twin = this.#constraints.twin(row);
    if (twin === undefined) {
      this.#constraints.check(row, number);
      this.#constraints.add(row, this.#rows.length);
      this.#rows.push(row);
      this.written.push(row);
      this.affected += 1;
    } else if (statement.isReplace) this.#replace(row, twin.at, number);
    else if (statement.conflict === undefined) this.#constraints.refuse(row, twin.key);
    else if (statement.conflict.set !== undefined) this.#update(row, twin.at, statement.conflict.set, number);
  }

  #value(column: Table["columns"][number], given: Given, number: number): Value {
    const { engine } = this;
    if (column.isAuto && (given === undefined || (engine.dialect === "mysql" && (given === null || given === 0)))) {
      const id = this.#next;
      this.#next += 1;
      this.firstId ??= id;
      return id;
    }
    const value = given === undefined ? this.#default(column) : given;
    const fitted = this.#constraints.fit(column, value, number, given === undefined);
    if (column.isAuto && typeof fitted === "number" && engine.dialect === "mysql")
      this.#next = Math.max(this.#next, fitted + 1);
    return fitted;
  }

  #default({ defaultExpr }: Table["columns"][number]): Value {
    return defaultExpr === undefined
      ? null
      : this.engine.value(defaultExpr, { columns: [], row: [], place: "default" });
  }

  #replace(row: Row, at: number, number: number): void {
    this.#constraints.check(row, number, this.#rows[at]);
    this.#constraints.move(this.#rows[at] ?? [], row, at);
    this.#rows[at] = row;
    this.written.push(row);
    this.affected += 2;
  }

  /** The row that is there already is updated; the new one is seen as `excluded`, or by VALUES(). */
  #update(row: Row, at: number, set: readonly Assignment[], number: number): void {
    const { engine, statement, place } = this;
    const old = this.#rows[at] ?? [];
    const columns = [
      ...columnsOf(place.table, statement.table.name),
      ...columnsOf(place.table, "excluded").map((one) => ({ ...one, isHidden: true })),
    ];
    const scope: Scope = { columns, row: [...old, ...row], place: "field list" };
    const where = statement.conflict?.where;
    if (where !== undefined && !truth(engine.value(where, scope))) return;
    const changed = assigned(engine, place.table, statement.table.name, {
      old,
      set,
      scope,
      constraints: this.#constraints,
      number,
    });
    this.#constraints.check(changed, number, old);
    this.#constraints.move(old, changed, at);
    this.#rows[at] = changed;
    this.written.push(changed);
    this.affected += JSON.stringify(old) === JSON.stringify(changed) ? 0 : 2;
  }

  save(): void {
    const { database, table } = this.place;
    if (this.affected === 0 && this.#next === table.next) return;
    this.engine.put(database, this.statement.table.name, { ...table, rows: this.#rows, next: this.#next });
  }
}

interface Change {
  readonly old: Row;
  readonly set: readonly Assignment[];
  readonly scope: Scope;
  readonly constraints: Constraints;
  readonly number: number;
}

/** A row with its assignments made. MySQL makes them from left to right, PostgreSQL at once. */
function assigned(engine: Engine, table: Table, name: string, { old, set, scope, constraints, number }: Change): Row {
  const row = [...old];
  for (const [column, expr] of set) {
    const n = positionOf(engine, table, name, column);
    const def = table.columns[n] as Table["columns"][number];
    const seen = engine.dialect === "mysql" ? { ...scope, row: [...row, ...scope.row.slice(row.length)] } : scope;
    const value =
      expr.k === "default"
        ? def.defaultExpr === undefined
          ? null
          : engine.value(def.defaultExpr, scope)
        : engine.value(expr, seen);
    row[n] = constraints.fit(def, value, number, false);
  }
  return row;
}

function limitOf(engine: Engine, limit: Expr | undefined): number {
  return limit === undefined
    ? Number.POSITIVE_INFINITY
    : numberOf(engine.value(limit, { columns: [], row: [], place: "limit" }));
}

/** UPDATE. */
export function updateRows(engine: Engine, statement: Statement & { k: "update" }): Outcome {
  engine.mayWrite();
  const { database, table } = engine.table(statement.table);
  const { name } = statement.table;
  const columns = columnsOf(table, statement.alias);
  const constraints = new Constraints(engine, { database, table, name });
  constraints.index(table.rows);
  for (const [column] of statement.set) positionOf(engine, table, name, column);
  const rows = [...table.rows];
  const written: Row[] = [];
  let [matched, changes] = [0, 0];
  const limit = limitOf(engine, statement.limit);
  for (const [at, old] of table.rows.entries()) {
    engine.step();
    const scope: Scope = { columns, row: old, place: "where clause" };
    if (matched >= limit || (statement.where !== undefined && !truth(engine.value(statement.where, scope)))) continue;
    matched += 1;
    const row = assigned(engine, table, name, {
      old,
      set: statement.set,
      scope: { ...scope, place: "field list" },
      constraints,
      number: matched,
    });
    written.push(row);
    if (JSON.stringify(row) === JSON.stringify(old)) continue;
    constraints.unlist(old);
    const twin = constraints.twin(row);
    if (twin !== undefined) constraints.refuse(row, twin.key);
    constraints.check(row, matched, old);
    constraints.left(old, row);
    constraints.add(row, at);
    rows[at] = row;
    changes += 1;
  }
  if (changes > 0) engine.put(database, name, { ...table, rows });
  const affected = engine.dialect === "mysql" ? changes : matched;
  return {
    affected,
    matched,
    tag: `UPDATE ${matched}`,
    notices: [],
    ...returned(engine, statement.returning, table, statement.alias, written),
  };
}

/** DELETE. */
export function deleteRows(engine: Engine, statement: Statement & { k: "delete" }): Outcome {
  engine.mayWrite();
  const { database, table } = engine.table(statement.table);
  const { name } = statement.table;
  const columns = columnsOf(table, statement.alias);
  const limit = limitOf(engine, statement.limit);
  const gone: Row[] = [];
  const kept = table.rows.filter((row) => {
    engine.step();
    const scope: Scope = { columns, row, place: "where clause" };
    if (gone.length >= limit || (statement.where !== undefined && !truth(engine.value(statement.where, scope))))
      return true;
    gone.push(row);
    return false;
  });
  if (gone.length > 0) {
    const constraints = new Constraints(engine, { database, table, name });
    engine.put(database, name, { ...table, rows: kept });
    for (const row of gone) constraints.left(row, undefined);
  }
  return {
    affected: gone.length,
    tag: `DELETE ${gone.length}`,
    notices: [],
    ...returned(engine, statement.returning, table, statement.alias, gone),
  };
}

/** TRUNCATE. */
export function truncateTables(engine: Engine, tables: readonly TableName[]): Outcome {
  engine.mayWrite();
  for (const name of tables) {
    const { database, table } = engine.table(name);
    engine.put(database, name.name, { ...table, rows: [], next: 1 });
  }
  return { affected: 0, tag: "TRUNCATE TABLE", notices: [] };
}

/** The rows that RETURNING gives. */
function returned(
  engine: Engine,
  items: readonly Item[],
  table: Table,
  alias: string,
  rows: readonly Row[],
): { relation?: Relation } {
  if (items.length === 0) return {};
  const columns = columnsOf(table, alias);
  const wanted = items.flatMap((item): readonly Item[] =>
    item.expr.k === "star"
      ? columns.map(({ name }) => ({ expr: { k: "col", name, at: 0 }, alias: name, text: name }))
      : [item],
  );
  const kinds = new Kinds(engine.dialect, columns, () => ({ name: "text" }));
  return {
    relation: {
      columns: wanted.map(({ expr, alias: named }) => ({
        table: "",
        name: named ?? (expr.k === "col" ? expr.name : "?column?"),
        kind: kinds.of(expr),
      })),
      rows: rows.map((row) => wanted.map(({ expr }) => engine.value(expr, { columns, row, place: "field list" }))),
    },
  };
}
