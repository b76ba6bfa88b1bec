/**
 * SHOW and DESCRIBE of MySQL.
 */
import type { MysqlEngine } from "#kernel/runtime/images/mysql/engine";
import type { ColumnDef, Statement, Value } from "#kernel/runtime/images/sql/ast";
import type { Outcome } from "#kernel/runtime/images/sql/engine";
import { fail } from "#kernel/runtime/images/sql/errors";
import { isLike } from "#kernel/runtime/images/sql/evaluate";
import type { Table } from "#kernel/runtime/images/sql/storage";
import { SYSTEM_SCHEMAS } from "#kernel/runtime/images/sql/virtual";

type Show = Statement & { k: "show" };
type Rows = readonly (readonly Value[])[];

function table(columns: readonly string[], rows: Rows): Outcome {
  const relation = { rows, columns: columns.map((name) => ({ table: "", name, kind: { name: "text" } })) };
  return { relation, affected: rows.length, tag: "SHOW", notices: [] };
}

/** Rows whose first value is like a pattern. */
const like = (rows: Rows, pattern: string | undefined): Rows =>
  pattern === undefined ? rows : rows.filter(([name]) => isLike(String(name).toLowerCase(), pattern.toLowerCase()));

/** Answers SHOW and DESCRIBE. */
export function showStatement(engine: MysqlEngine, statement: Show): Outcome {
  const { what, table: name, like: pattern } = statement;
  switch (what) {
    case "DATABASES":
    case "SCHEMAS": {
      const names = [...new Set([...engine.storage.databases(), ...SYSTEM_SCHEMAS])]
        .filter((one) => engine.mayReach(one) || one === "performance_schema")
        .sort();
      return table(
        ["Database"],
        like(
          names.map((one) => [one]),
          pattern,
        ),
      );
    }
    case "TABLES": {
      // SHOW TABLES FROM names a database where other statements name a table.
      const database = engine.databaseOf(name === undefined ? {} : { schema: name.schema ?? name.name });
      if (!engine.storage.hasDatabase(database) && !SYSTEM_SCHEMAS.includes(database))
        fail({ kind: "no database", name: database });
      return table(
        [`Tables_in_${database}`],
        like(
          engine.storage.tables(database).map((one) => [one]),
          pattern,
        ),
      );
    }
    case "COLUMNS":
    case "FIELDS":
      return columns(engine, statement);
    case "CREATE TABLE": {
      const found = engine.table(name ?? { name: "", at: 0 }).table;
      return table(["Table", "Create Table"], [[name?.name ?? "", createTable(name?.name ?? "", found)]]);
    }
    case "CREATE DATABASE":
      return table(
        ["Database", "Create Database"],
        [[name?.name ?? "", `CREATE DATABASE \`${name?.name}\` /*!40100 DEFAULT CHARACTER SET utf8mb4 */`]],
      );
    case "INDEX":
    case "INDEXES":
    case "KEYS":
      return indexes(engine, statement);
    case "GRANTS": {
      const { user } = engine.session;
      const grants =
        user === "root" ? ["ALL PRIVILEGES ON *.*"] : ["USAGE ON *.*", ...(engine.storage.catalog.grants[user] ?? [])];
      return table(
        [`Grants for ${user}@%`],
        grants.map((grant) => [`GRANT ${grant} TO \`${user}\`@\`%\``]),
      );
    }
    default:
      return ofServer(engine, statement);
  }
}

function columns(engine: MysqlEngine, { table: name, like: pattern }: Show): Outcome {
  const found = engine.table(name ?? { name: "", at: 0 }).table;
  const keyOf = (column: string): string => {
    const keys = found.keys.filter((key) => key.columns.includes(column));
    if (keys.some(({ kind }) => kind === "primary")) return "PRI";
    if (keys.some(({ kind, columns: parts }) => kind === "unique" && parts.length === 1)) return "UNI";
    return keys.some((key) => key.columns[0] === column) || found.foreign.some((key) => key.columns[0] === column)
      ? "MUL"
      : "";
  };
  const rows = found.columns.map((column) => [
    column.name,
    column.type.shown,
    column.isNotNull ? "NO" : "YES",
    keyOf(column.name),
    defaultOf(column),
    column.isAuto
      ? "auto_increment"
      : /CURRENT_TIMESTAMP|NOW/i.test(column.defaultText ?? "")
        ? "DEFAULT_GENERATED"
        : "",
  ]);
  return table(["Field", "Type", "Null", "Key", "Default", "Extra"], like(rows, pattern));
}

const defaultOf = ({ defaultText }: ColumnDef): Value =>
  defaultText === undefined || /^null$/i.test(defaultText) ? null : defaultText.replace(/^(['"])(.*)\1$/, "$2");

/** The statement that would make a table. */
export function createTable(name: string, found: Table): string {
  const lines = found.columns.map((column) => {
    const rest = [
      column.isNotNull ? "NOT NULL" : "",
      column.isAuto
        ? "AUTO_INCREMENT"
        : column.defaultText !== undefined
          ? `DEFAULT ${column.defaultText}`
          : column.isNotNull
            ? ""
            : "DEFAULT NULL",
    ].filter((one) => one !== "");
    return `  \`${column.name}\` ${column.type.shown}${rest.map((one) => ` ${one}`).join("")}`;
  });
  const list = (names: readonly string[]): string => names.map((one) => `\`${one}\``).join(",");
  const keys = found.keys.map(({ kind, name: key, columns: parts }) =>
    kind === "primary"
      ? `  PRIMARY KEY (${list(parts)})`
      : `  ${kind === "unique" ? "UNIQUE " : ""}KEY \`${key}\` (${list(parts)})`,
  );
  const foreign = found.foreign.map((key) => {
    const then = key.onDelete === "restrict" ? "" : ` ON DELETE ${key.onDelete.toUpperCase()}`;
    return `  CONSTRAINT \`${key.name}\` FOREIGN KEY (${list(key.columns)}) REFERENCES \`${key.table}\` (${list(key.targets)})${then}`;
  });
  const next = found.columns.some(({ isAuto }) => isAuto) && found.next > 1 ? ` AUTO_INCREMENT=${found.next}` : "";
  return `CREATE TABLE \`${name}\` (\n${[...lines, ...keys, ...foreign].join(",\n")}\n) ENGINE=InnoDB${next} DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci`;
}

function indexes(engine: MysqlEngine, { table: name }: Show): Outcome {
  const found = engine.table(name ?? { name: "", at: 0 }).table;
  const rows = found.keys.flatMap((key) =>
    key.columns.map((column, n) => [
      name?.name ?? "",
      key.kind === "index" ? "1" : "0",
      key.name,
      String(n + 1),
      column,
      "A",
      "BTREE",
    ]),
  );
  return table(["Table", "Non_unique", "Key_name", "Seq_in_index", "Column_name", "Collation", "Index_type"], rows);
}

function ofServer(engine: MysqlEngine, { what, like: pattern }: Show): Outcome {
  const { settings } = engine.storage.catalog;
  switch (what) {
    case "VARIABLES":
    case "GLOBAL VARIABLES":
    case "SESSION VARIABLES": {
      const all = { ...engine.facts.settings, ...engine.session.variables };
      const rows = Object.keys(all)
        .filter((name) => !name.startsWith("@"))
        .sort()
        .map((name) => [name, shown(all[name] ?? null)]);
      return table(["Variable_name", "Value"], like(rows, pattern));
    }
    case "STATUS":
    case "GLOBAL STATUS":
    case "SESSION STATUS": {
      const rows = [
        ["Threads_connected", "1"],
        ["Threads_running", "2"],
        ["Connections", String(engine.session.id)],
        ["Questions", String(engine.session.id)],
        ["Uptime", String(Math.floor((engine.task.now - engine.task.record.startedAt) / 1_000))],
      ];
      return table(["Variable_name", "Value"], like(rows, pattern));
    }
    case "PROCESSLIST": {
      const { id, user, database } = engine.session;
      return table(
        ["Id", "User", "Host", "db", "Command", "Time", "State", "Info"],
        [[String(id), user, "localhost", database || null, "Query", "0", "init", "SHOW PROCESSLIST"]],
      );
    }
    case "WARNINGS":
    case "ERRORS":
      return {
        affected: 0,
        tag: "SHOW",
        notices: [],
        relation: { columns: table(["Level", "Code", "Message"], []).relation?.columns ?? [], rows: [] },
      };
    case "ENGINES":
      return table(
        ["Engine", "Support", "Comment"],
        [["InnoDB", "DEFAULT", "Supports transactions, row-level locking, and foreign keys"]],
      );
    case "MASTER STATUS":
    case "BINARY LOG STATUS":
      return table(
        ["File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB", "Executed_Gtid_Set"],
        [["mysql-bin.000003", settings["position"] ?? "157", "", "", ""]],
      );
    case "SLAVE STATUS":
    case "REPLICA STATUS":
      return replica(what, settings);
    default:
      return fail({ kind: "unsupported", what: `SHOW ${what}` });
  }
}

function replica(what: string, settings: Readonly<Record<string, string>>): Outcome {
  if ((settings["primary"] ?? "") === "") return table(["Slave_IO_State"], []);
  const [primary, own] = what.startsWith("SLAVE") ? ["Master", "Slave"] : ["Source", "Replica"];
  const isUp = settings["problem"] === "" || settings["problem"] === undefined;
  const runs = settings["follows"] === "yes";
  const pairs = [
    [
      `${own}_IO_State`,
      runs
        ? isUp
          ? `Waiting for ${primary?.toLowerCase()} to send event`
          : `Connecting to ${primary?.toLowerCase()}`
        : "",
    ],
    [`${primary}_Host`, settings["primary"] ?? ""],
    [`${primary}_User`, settings["primaryUser"] ?? ""],
    [`${primary}_Port`, settings["primaryPort"] ?? ""],
    [`Read_${primary}_Log_Pos`, settings["seen"] ?? ""],
    [`${own}_IO_Running`, runs ? (isUp ? "Yes" : "Connecting") : "No"],
    [`${own}_SQL_Running`, runs ? "Yes" : "No"],
    ["Last_IO_Error", settings["problem"] ?? ""],
    [`Seconds_Behind_${primary}`, runs && isUp ? "0" : null],
  ] as const;
  return table(
    pairs.map(([name]) => name),
    [pairs.map(([, value]) => value)],
  );
}

const shown = (value: Value): string => (value === true ? "ON" : value === false ? "OFF" : String(value ?? ""));
