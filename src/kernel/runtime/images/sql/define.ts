/**
 * Defining tables: CREATE, DROP and ALTER TABLE, views and indexes.
 */
import type { Alteration, ColumnDef, KeyDef, Statement, TableDef, Value } from "#kernel/runtime/images/sql/ast";
import type { Engine, Outcome } from "#kernel/runtime/images/sql/engine";
import { fail } from "#kernel/runtime/images/sql/errors";
import type { Kind } from "#kernel/runtime/images/sql/relation";
import type { Row, Table } from "#kernel/runtime/images/sql/storage";
import { fitted } from "#kernel/runtime/images/sql/types";

const COLUMNS_MAX = 200;
const TABLES_MAX = 500;

const done = (tag: string, affected = 0): Outcome => ({ tag, affected, notices: [] });

const EMPTY: TableDef = { columns: [], keys: [], foreign: [], checks: [] };

/** CREATE TABLE and CREATE VIEW. */
export function createTable(engine: Engine, statement: Statement & { k: "create table" | "create view" }): Outcome {
  engine.mayWrite();
  const { name } = statement.table;
  const database = engine.databaseOf(statement.table);
  if (engine.dialect === "mysql" && !engine.storage.hasDatabase(database))
    fail({ kind: "no database", name: database });
  const old = engine.storage.table(database, name);
  if (statement.k === "create view") {
    if (old !== undefined && !(statement.isReplace && old.view !== undefined)) fail({ kind: "table exists", name });
    engine.query(statement.query);
    engine.put(database, name, { ...EMPTY, rows: [], next: 1, view: statement.text });
    return done("CREATE VIEW");
  }
  if (old !== undefined) {
    if (!statement.ifNotExists) fail({ kind: "table exists", name });
    engine.notices.push(`relation "${name}" already exists, skipping`);
    return done("CREATE TABLE");
  }
  if (engine.storage.tables(database).length >= TABLES_MAX) fail({ kind: "full", table: name });
  const table = newTable(engine, statement);
  mustBeSound(engine, name, table);
  engine.put(database, name, table);
  if (statement.query === undefined) return done("CREATE TABLE");
  return done(engine.dialect === "mysql" ? "CREATE TABLE" : `SELECT ${table.rows.length}`, table.rows.length);
}

function newTable(engine: Engine, { def, like, query }: Statement & { k: "create table" }): Table {
  if (like !== undefined) return { ...engine.table(like).table, rows: [], next: 1 };
  if (query === undefined) return { ...def, rows: [], next: 1 };
  const { columns, rows } = engine.query(query);
  return {
    ...EMPTY,
    columns: columns.map(
      ({ name, kind }): ColumnDef => ({ name, type: typeOf(kind), isNotNull: false, isAuto: false }),
    ),
    rows,
    next: 1,
  };
}

function typeOf({ name }: Kind): ColumnDef["type"] {
  const shown: Readonly<Record<string, string>> = {
    int: "integer",
    bigint: "bigint",
    decimal: "numeric",
    float: "double precision",
    bool: "boolean",
  };
  return { name: name === "null" ? "text" : name, shown: shown[name] ?? name };
}

/** Columns are named once, and keys name columns there are. */
function mustBeSound(engine: Engine, name: string, table: Table): void {
  if (table.columns.length > COLUMNS_MAX) fail({ kind: "full", table: name });
  const names = table.columns.map((column) => column.name.toLowerCase());
  const twice = names.find((one, n) => names.indexOf(one) !== n);
  if (twice !== undefined) fail({ kind: "column exists", name: twice, table: name });
  for (const column of [...table.keys, ...table.foreign].flatMap(({ columns }) => columns)) {
    if (!names.includes(column.toLowerCase())) fail({ kind: "no column", name: column, place: "key", table: name });
  }
  for (const { table: target } of table.foreign) {
    if (target === name) continue;
    if (engine.storage.table(engine.session.database, target) === undefined) {
      fail({ kind: "no table", schema: engine.session.database, name: target });
    }
  }
}

/** DROP TABLE and DROP VIEW. */
export function dropTables(engine: Engine, { what, tables, ifExists }: Statement & { k: "drop" }): Outcome {
  engine.mayWrite();
  const found = tables.map((one) => ({ one, database: engine.databaseOf(one) }));
  for (const { one, database } of found) {
    const table = engine.storage.table(database, one.name);
    if (table === undefined && !ifExists) fail({ kind: "no table", schema: database, name: one.name, at: -1 });
    if (table === undefined) engine.notices.push(`${what} "${one.name}" does not exist, skipping`);
    const child = engine.storage
      .tables(database)
      .find(
        (other) =>
          other !== one.name &&
          !tables.some(({ name }) => name === other) &&
          engine.storage.table(database, other)?.foreign.some((key) => key.table === one.name),
      );
    if (table !== undefined && child !== undefined && engine.dialect === "mysql") {
      const name = engine.storage.table(database, child)?.foreign.find((key) => key.table === one.name)?.name ?? "";
      fail({
        kind: "foreign parent",
        table: one.name,
        name,
        child,
        shown: "",
        columns: "",
        values: "",
        schema: database,
      });
    }
    if (table !== undefined) engine.put(database, one.name, null);
  }
  return done(what === "table" ? "DROP TABLE" : "DROP VIEW");
}

/** ALTER TABLE, CREATE INDEX and DROP INDEX. */
export function alterTable(
  engine: Engine,
  statement: Statement & { k: "alter" | "create index" | "drop index" },
): Outcome {
  engine.mayWrite();
  if (statement.k === "drop index") return dropIndex(engine, statement);
  const { database, table } = engine.table(statement.table);
  const { name } = statement.table;
  if (statement.k === "create index") {
    const isThere = table.keys.some((key) => key.name === statement.key.name);
    if (isThere && !statement.ifNotExists) fail({ kind: "table exists", name: statement.key.name });
    if (!isThere) engine.put(database, name, withKeys(engine, table, name, [statement.key]));
    return done("CREATE INDEX");
  }
  let current = table;
  let called = name;
  for (const change of statement.changes) {
    if (change.k === "rename") {
      if (engine.storage.table(database, change.to) !== undefined) fail({ kind: "table exists", name: change.to });
      called = change.to;
    } else current = altered(engine, current, name, change);
  }
  if (called !== name) engine.put(database, name, null);
  engine.put(database, called, current);
  return done("ALTER TABLE");
}

function dropIndex(engine: Engine, { name, table, ifExists }: Statement & { k: "drop index" }): Outcome {
  const database = engine.databaseOf(table ?? {});
  const names = table === undefined ? engine.storage.tables(database) : [table.name];
  const owner = names.find((one) => engine.storage.table(database, one)?.keys.some((key) => key.name === name));
  const found = owner === undefined ? undefined : engine.storage.table(database, owner);
  if (owner !== undefined && found !== undefined) {
    engine.put(database, owner, { ...found, keys: found.keys.filter((key) => key.name !== name) });
  } else if (!ifExists) fail({ kind: "no index", name });
  return done("DROP INDEX");
}

function withKeys(engine: Engine, table: Table, name: string, keys: readonly KeyDef[]): Table {
  const made = { ...table, keys: [...table.keys, ...keys] };
  mustBeSound(engine, name, made);
  for (const { kind, columns, name: key } of keys) {
    if (kind === "index") continue;
    const at = columns.map((column) => table.columns.findIndex((one) => one.name === column));
    const seen = new Set<string>();
    for (const row of table.rows) {
      const value = at.map((n) => row[n] ?? null);
      if (value.includes(null)) continue;
      const text = JSON.stringify(value);
      if (seen.has(text)) fail({ kind: "duplicate", value: value.join("-"), key, table: name, columns });
      seen.add(text);
    }
  }
  return made;
}

function at(table: Table, tableName: string, column: string): number {
  const n = table.columns.findIndex(({ name }) => name.toLowerCase() === column.toLowerCase());
  return n >= 0 ? n : fail({ kind: "no column", name: column, place: tableName, table: tableName });
}

function altered(engine: Engine, table: Table, name: string, change: Exclude<Alteration, { k: "rename" }>): Table {
  switch (change.k) {
    case "add":
      return added(engine, table, name, change);
    case "drop": {
      if (change.ifExists && !table.columns.some((column) => column.name === change.column)) return table;
      const n = at(table, name, change.column);
      const without = <T>(items: readonly T[]): T[] => items.filter((_, i) => i !== n);
      const keys = table.keys.filter(({ columns }) => !columns.includes(change.column));
      const foreign = table.foreign.filter(({ columns }) => !columns.includes(change.column));
      return { ...table, columns: without(table.columns), keys, foreign, rows: table.rows.map((row) => without(row)) };
    }
    case "rename column": {
      const n = at(table, name, change.from);
      const rename = (names: readonly string[]): string[] =>
        names.map((one) => (one === change.from ? change.to : one));
      const columns = table.columns.map((column, i) => (i === n ? { ...column, name: change.to } : column));
      return { ...table, columns, keys: table.keys.map((key) => ({ ...key, columns: rename(key.columns) })) };
    }
    case "modify":
      return modified(engine, table, name, change);
    case "constraint": {
      const { def } = change;
      const foreign = [...table.foreign, ...def.foreign];
      return withKeys(engine, { ...table, foreign, checks: [...table.checks, ...def.checks] }, name, def.keys);
    }
    default: {
      const n = at(table, name, change.column);
      return { ...table, columns: table.columns.map((column, i) => (i === n ? reset(column, change) : column)) };
    }
  }
}

function reset(column: ColumnDef, change: Alteration & { k: "set" }): ColumnDef {
  if (change.isNotNull !== undefined) return { ...column, isNotNull: change.isNotNull };
  const { defaultExpr: _, defaultText: __, ...rest } = column;
  return change.defaultExpr === null || change.defaultExpr === undefined
    ? rest
    : { ...rest, defaultExpr: change.defaultExpr };
}

function added(
  engine: Engine,
  table: Table,
  name: string,
  { column, ifNotExists, def }: Alteration & { k: "add" },
): Table {
  if (table.columns.some((one) => one.name.toLowerCase() === column.name.toLowerCase())) {
    if (ifNotExists) return table;
    fail({ kind: "column exists", name: column.name, table: name });
  }
  const scope = { columns: [], row: [], place: "default" };
  const value: Value = column.defaultExpr === undefined ? null : engine.value(column.defaultExpr, scope);
  let { next } = table;
  const rows = table.rows.map((row): Row => {
    if (!column.isAuto) return [...row, value];
    next += 1;
    return [...row, next - 1];
  });
  if (value === null && column.isNotNull && !column.isAuto && rows.length > 0 && engine.dialect === "postgres") {
    fail({ kind: "null", column: column.name, table: name, row: "" });
  }
  return withKeys(engine, { ...table, columns: [...table.columns, column], rows, next }, name, def.keys);
}

function modified(engine: Engine, table: Table, name: string, { from, column }: Alteration & { k: "modify" }): Table {
  const n = at(table, name, from);
  const old = table.columns[n] as ColumnDef;
  const rows = table.rows.map((row, number): Row => {
    const fit = fitted(row[n] ?? null, column.type, engine.dialect === "mysql");
    if (!("value" in fit))
      return fail({ kind: "bad value", type: column.type.shown, column: from, value: String(row[n]), row: number + 1 });
    return row.map((value, i) => (i === n ? fit.value : value));
  });
  const made = engine.dialect === "postgres" ? { ...old, type: column.type } : column;
  return { ...table, rows, columns: table.columns.map((one, i) => (i === n ? made : one)) };
}
