/**
 * Tables that are made when they are read: what a server tells about itself.
 *
 * Leaves out most of information_schema and pg_catalog: databases, tables, columns and users are there.
 */
import type { Value } from "#kernel/runtime/images/sql/ast";
import type { Engine } from "#kernel/runtime/images/sql/engine";
import type { Relation } from "#kernel/runtime/images/sql/relation";

type Made = (engine: Engine) => { readonly columns: readonly string[]; readonly rows: readonly (readonly Value[])[] };

/** The schemas of MySQL that are no directories. */
export const SYSTEM_SCHEMAS = ["information_schema", "mysql", "performance_schema", "sys"];

const databasesOf = (engine: Engine): string[] =>
  engine.dialect === "mysql"
    ? [...engine.storage.databases().filter((name) => !SYSTEM_SCHEMAS.includes(name)), ...SYSTEM_SCHEMAS].sort()
    : [engine.session.database];

const schemaOf = (engine: Engine, database: string): string => (engine.dialect === "mysql" ? database : "public");

const VIRTUAL: Readonly<Record<string, Made>> = {
  "information_schema.schemata": (engine) => ({
    columns: ["catalog_name", "schema_name"],
    rows: databasesOf(engine).map((name) => ["def", schemaOf(engine, name)]),
  }),
  "information_schema.tables": (engine) => ({
    columns: ["table_catalog", "table_schema", "table_name", "table_type", "engine", "table_rows"],
    rows: databasesOf(engine).flatMap((database) =>
      engine.storage.tables(database).map((name) => {
        const table = engine.storage.table(database, name);
        const kind = table?.view === undefined ? "BASE TABLE" : "VIEW";
        return ["def", schemaOf(engine, database), name, kind, "InnoDB", table?.rows.length ?? 0];
      }),
    ),
  }),
  "information_schema.columns": (engine) => ({
    columns: [
      "table_schema",
      "table_name",
      "column_name",
      "ordinal_position",
      "is_nullable",
      "data_type",
      "column_default",
    ],
    rows: databasesOf(engine).flatMap((database) =>
      engine.storage.tables(database).flatMap((name) =>
        (engine.storage.table(database, name)?.columns ?? []).map((column, n) => {
          const nullable = column.isNotNull ? "NO" : "YES";
          return [
            schemaOf(engine, database),
            name,
            column.name,
            n + 1,
            nullable,
            column.type.shown,
            column.defaultText ?? null,
          ];
        }),
      ),
    ),
  }),
  "mysql.user": (engine) => ({
    columns: ["host", "user"],
    rows: Object.keys(engine.storage.catalog.users).map((name) => ["%", name]),
  }),
  pg_database: (engine) => ({ columns: ["datname"], rows: engine.storage.databases().map((name) => [name]) }),
  pg_tables: (engine) => ({
    columns: ["schemaname", "tablename", "tableowner"],
    rows: engine.storage.tables(engine.session.database).map((name) => ["public", name, engine.session.user]),
  }),
  pg_roles: (engine) => ({
    columns: ["rolname"],
    rows: Object.keys(engine.storage.catalog.users).map((name) => [name]),
  }),
  pg_user: (engine) => ({
    columns: ["usename"],
    rows: Object.keys(engine.storage.catalog.users).map((name) => [name]),
  }),
  pg_stat_activity: (engine) => ({
    columns: ["pid", "datname", "usename", "state"],
    rows: [[engine.session.id, engine.session.database, engine.session.user, "active"]],
  }),
};

/** A table that a server makes up; undefined if it has none of that name. */
export function virtualTable(engine: Engine, schema: string | undefined, name: string): Relation | undefined {
  const full = schema === undefined || schema === "pg_catalog" ? name : `${schema}.${name}`;
  const made = Object.hasOwn(VIRTUAL, full.toLowerCase()) ? VIRTUAL[full.toLowerCase()] : undefined;
  const isForUs =
    made !== undefined && full.startsWith("pg_") === (engine.dialect === "postgres" && !full.includes("."));
  if (made === undefined || !isForUs) return undefined;
  const { columns, rows } = made(engine);
  return {
    rows,
    columns: columns.map((column) => ({
      table: name,
      name: engine.dialect === "mysql" ? column.toUpperCase() : column,
      kind: { name: /position|rows|pid/.test(column) ? "bigint" : "text" },
    })),
  };
}
