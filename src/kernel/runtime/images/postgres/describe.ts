/**
 * What psql's commands with a backslash ask of the catalogue, answered as tables with a title and a foot.
 *
 * Models src/bin/psql/describe.c.
 */

import type { PostgresEngine } from "#kernel/runtime/images/postgres/engine";
import type { Value } from "#kernel/runtime/images/sql/ast";
import type { Outcome } from "#kernel/runtime/images/sql/engine";
import type { Table } from "#kernel/runtime/images/sql/storage";

type Rows = readonly (readonly Value[])[];

const table = (title: string, columns: readonly string[], rows: Rows, foot: readonly string[] = []): Outcome => ({
  tag: title,
  affected: rows.length,
  notices: foot,
  relation: { rows, columns: columns.map((name) => ({ table: "", name, kind: { name: "text" } })) },
});

/** Answers a command: its title is the tag, its foot the notices. */
export function describe(engine: PostgresEngine, command: string): Outcome {
  const [word = "", name = ""] = command.trim().split(/\s+/);
  const { storage, session } = engine;
  const owner = storage.catalog.settings["superuser"] ?? "postgres";
  switch (word.replace(/\+$/, "")) {
    case "\\l":
    case "\\list": {
      const rows = storage.databases().map((one) => [one, owner, "UTF8", "libc", "en_US.utf8", "en_US.utf8"]);
      return table("List of databases", ["Name", "Owner", "Encoding", "Locale Provider", "Collate", "Ctype"], rows);
    }
    case "\\du":
    case "\\dg":
      return roles(engine);
    case "\\dn":
      return table("List of schemas", ["Name", "Owner"], [["public", "pg_database_owner"]]);
    case "\\di": {
      const rows = relations(engine).flatMap(([one, found]) =>
        found.keys.map((key) => ["public", key.name, "index", owner, one]),
      );
      return table("List of relations", ["Schema", "Name", "Type", "Owner", "Table"], rows);
    }
    case "\\d":
      if (name !== "") return one(engine, name.replace(/^public\.|"|;/g, ""));
      return list(engine, () => true, true);
    case "\\dt":
      return list(engine, (found) => found.view === undefined);
    case "\\dv":
      return list(engine, (found) => found.view !== undefined);
    case "\\conninfo":
      return {
        tag: `You are connected to database "${session.database}" as user "${session.user}".`,
        affected: 0,
        notices: [],
      };
    default:
      return { tag: `invalid command ${word}`, affected: -1, notices: [] };
  }
}

function relations({ storage, session }: PostgresEngine): (readonly [string, Table])[] {
  return storage.tables(session.database).flatMap((name) => {
    const found = storage.table(session.database, name);
    return found === undefined ? [] : [[name, found] as const];
  });
}

function list(engine: PostgresEngine, isWanted: (table: Table) => boolean, withSequences = false): Outcome {
  const owner = engine.storage.catalog.settings["superuser"] ?? "postgres";
  const rows = relations(engine)
    .filter(([, found]) => isWanted(found))
    .flatMap(([name, found]) => {
      const kind = found.view === undefined ? "table" : "view";
      const auto = withSequences ? found.columns.filter(({ isAuto }) => isAuto) : [];
      return [
        ["public", name, kind, owner],
        ...auto.map((column) => ["public", `${name}_${column.name}_seq`, "sequence", owner]),
      ];
    });
  if (rows.length === 0) return { tag: "Did not find any relations.", affected: 0, notices: [] };
  return table("List of relations", ["Schema", "Name", "Type", "Owner"], rows);
}

function roles({ storage }: PostgresEngine): Outcome {
  const { users, settings } = storage.catalog;
  const rows = Object.keys(users).map((name) => [
    name,
    name === settings["superuser"] ? "Superuser, Create role, Create DB, Replication, Bypass RLS" : "",
  ]);
  return table("List of roles", ["Role name", "Attributes"], rows);
}

function one(engine: PostgresEngine, name: string): Outcome {
  const found = engine.storage.table(engine.session.database, name);
  if (found === undefined) return { tag: `Did not find any relation named "${name}".`, affected: -1, notices: [] };
  const rows = found.columns.map((column) => [
    column.name,
    column.type.shown,
    "",
    column.isNotNull ? "not null" : "",
    column.isAuto ? `nextval('${name}_${column.name}_seq'::regclass)` : (column.defaultText ?? ""),
  ]);
  const indexes = found.keys.map(({ name: key, kind, columns }) => {
    const what = kind === "primary" ? "PRIMARY KEY, " : kind === "unique" ? "UNIQUE CONSTRAINT, " : "";
    return `    "${key}" ${what}btree (${columns.join(", ")})`;
  });
  const foreign = found.foreign.map(
    (key) =>
      `    "${key.name}" FOREIGN KEY (${key.columns.join(", ")}) REFERENCES ${key.table}(${key.targets.join(", ") || "id"})`,
  );
  const foot = [
    ...(indexes.length === 0 ? [] : ["Indexes:", ...indexes]),
    ...(foreign.length === 0 ? [] : ["Foreign-key constraints:", ...foreign]),
  ];
  const kind = found.view === undefined ? "Table" : "View";
  return table(`${kind} "public.${name}"`, ["Column", "Type", "Collation", "Nullable", "Default"], rows, foot);
}
