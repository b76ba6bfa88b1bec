/**
 * Statements of SQL, read from their words.
 *
 * Leaves out stored procedures, triggers, window functions and recursive queries: they are refused as a syntax error.
 */
import type { Assignment, Dialect, Item, Statement } from "#kernel/runtime/images/sql/ast";
import { alterStatement, createStatement, dropStatement } from "#kernel/runtime/images/sql/ddl";
import { parseExpr } from "#kernel/runtime/images/sql/expression";
import { parseItem, parseQuery } from "#kernel/runtime/images/sql/query";
import { Reader } from "#kernel/runtime/images/sql/reader";

type Parse = (reader: Reader) => Statement;

/** One statement. Raises `syntax`. */
export function parseStatement(text: string, dialect: Dialect): Statement {
  const reader = new Reader(text, dialect);
  const token = reader.peek();
  const word = token.kind === "word" ? token.value.toUpperCase() : token.value;
  const parse = Object.hasOwn(STATEMENTS, word) ? STATEMENTS[word] : undefined;
  if (parse === undefined) return reader.refuse();
  const statement = parse(reader);
  if (reader.peek().kind !== "end") reader.refuse();
  return statement;
}

const query: Parse = (reader) => ({ k: "select", query: parseQuery(reader) });

function insert(reader: Reader): Statement {
  const isReplace = reader.next().value.toUpperCase() === "REPLACE";
  const isIgnoring = reader.dialect === "mysql" && reader.take("IGNORE");
  if (!reader.take("INTO") && reader.dialect === "postgres") reader.refuse();
  const table = reader.tableName();
  if (reader.take("AS")) reader.name();
  const set = reader.dialect === "mysql" && reader.take("SET") ? assignments(reader) : undefined;
  const columns =
    set?.map(([column]) => column) ?? (reader.is("(") && !reader.is("(", "SELECT") ? reader.names() : undefined);
  const rows = set === undefined ? valueRows(reader) : [set.map(([, value]) => value)];
  const selected = rows === undefined ? parseQuery(reader) : undefined;
  const conflict = conflictOf(reader) ?? (isIgnoring ? { columns: [] } : undefined);
  return {
    k: "insert",
    table,
    isReplace,
    returning: returning(reader),
    ...(columns === undefined ? {} : { columns }),
    ...(rows === undefined ? {} : { rows }),
    ...(selected === undefined ? {} : { query: selected }),
    ...(conflict === undefined ? {} : { conflict }),
  };
}

function valueRows(reader: Reader) {
  if (reader.take("DEFAULT", "VALUES")) return [[]];
  if (!reader.take("VALUES") && !reader.take("VALUE")) return undefined;
  return reader.list(() => reader.parenthesised(() => (reader.is(")") ? [] : reader.list(() => parseExpr(reader)))));
}

function conflictOf(reader: Reader) {
  if (reader.dialect === "mysql") {
    if (!reader.take("ON", "DUPLICATE", "KEY", "UPDATE")) return undefined;
    return { columns: [], set: assignments(reader) };
  }
  if (!reader.take("ON", "CONFLICT")) return undefined;
  let columns: string[] = [];
  if (reader.take("ON", "CONSTRAINT")) reader.name();
  else if (reader.is("(")) columns = reader.names();
  reader.expect("DO");
  if (reader.take("NOTHING")) return { columns };
  reader.expect("UPDATE", "SET");
  const set = assignments(reader);
  const where = reader.take("WHERE") ? parseExpr(reader) : undefined;
  return { columns, set, ...(where === undefined ? {} : { where }) };
}

function assignments(reader: Reader): Assignment[] {
  return reader.list((): Assignment => {
    let column = reader.name();
    if (reader.take(".")) column = reader.anyName();
    reader.expect("=");
    return [column, parseExpr(reader)];
  });
}

function returning(reader: Reader): readonly Item[] {
  return reader.take("RETURNING") ? reader.list(() => parseItem(reader)) : [];
}

function update(reader: Reader): Statement {
  reader.next();
  if (reader.dialect === "mysql") reader.take("IGNORE");
  const table = reader.tableName();
  const alias = reader.take("AS") || reader.isName ? reader.name() : table.name;
  reader.expect("SET");
  const set = assignments(reader);
  const where = reader.take("WHERE") ? parseExpr(reader) : undefined;
  const limit = limitOf(reader);
  return {
    k: "update",
    table,
    alias,
    set,
    returning: returning(reader),
    ...(where === undefined ? {} : { where }),
    ...(limit === undefined ? {} : { limit }),
  };
}

function remove(reader: Reader): Statement {
  reader.next();
  reader.expect("FROM");
  const table = reader.tableName();
  const alias = reader.take("AS") || reader.isName ? reader.name() : table.name;
  const where = reader.take("WHERE") ? parseExpr(reader) : undefined;
  const limit = limitOf(reader);
  return {
    k: "delete",
    table,
    alias,
    returning: returning(reader),
    ...(where === undefined ? {} : { where }),
    ...(limit === undefined ? {} : { limit }),
  };
}

function limitOf(reader: Reader) {
  if (reader.dialect !== "mysql") return undefined;
  if (reader.is("ORDER")) reader.refuse();
  return reader.take("LIMIT") ? parseExpr(reader) : undefined;
}

function truncate(reader: Reader): Statement {
  reader.next();
  reader.take("TABLE");
  const tables = reader.list(() => reader.tableName());
  reader.take("RESTART", "IDENTITY");
  reader.takeAny("CASCADE", "RESTRICT");
  return { k: "truncate", tables };
}

function transaction(k: "begin" | "commit" | "rollback"): Parse {
  return (reader) => {
    const word = reader.next().value.toUpperCase();
    if (word === "START") reader.expect("TRANSACTION");
    else reader.takeAny("TRANSACTION", "WORK");
    // Isolation levels and consistent snapshots change nothing here.
    reader.rest();
    return { k };
  };
}

function set(reader: Reader): Statement {
  reader.next();
  if (reader.is("PASSWORD")) return { k: "admin", words: "SET PASSWORD", text: reader.rest() };
  if (
    reader.is("NAMES") ||
    reader.is("TRANSACTION") ||
    reader.is("SESSION", "CHARACTERISTICS") ||
    reader.is("CHARACTER")
  ) {
    reader.rest();
    return { k: "nothing", tag: "SET" };
  }
  const settings = reader.list((): readonly [string, ReturnType<typeof parseExpr>] => {
    reader.takeAny("GLOBAL", "SESSION", "LOCAL", "PERSIST");
    const token = reader.next();
    let name = token.value;
    while (reader.take(".")) name += `.${reader.anyName()}`;
    if (reader.takeAny("=", ":=", "TO") === undefined) reader.refuse();
    const first = parseWord(reader);
    while (reader.dialect === "postgres" && reader.take(",")) parseWord(reader);
    return [name.toLowerCase(), first];
  });
  return { k: "set", settings };
}

/** The value of a setting: an expression, or a bare word such as ON. */
function parseWord(reader: Reader): ReturnType<typeof parseExpr> {
  const token = reader.peek();
  if (token.kind !== "word" || /^(NULL|TRUE|FALSE|@)/i.test(token.value) || reader.peek(1).value === "(")
    return parseExpr(reader);
  reader.next();
  return { k: "lit", value: token.value };
}

const SHOWN =
  /^(FULL )?(DATABASES|SCHEMAS|TABLES|COLUMNS|FIELDS|INDEX|INDEXES|KEYS|VARIABLES|STATUS|PROCESSLIST|WARNINGS|ERRORS|ENGINES|GRANTS|(MASTER|SLAVE|REPLICA) STATUS|BINARY LOG STATUS|CREATE TABLE|CREATE DATABASE|TABLE STATUS|GLOBAL VARIABLES|GLOBAL STATUS|SESSION VARIABLES|SESSION STATUS|PLUGINS|CHARACTER SET|COLLATION|BINARY LOGS|MASTER LOGS|SLAVE HOSTS|REPLICAS)/;

function show(reader: Reader): Statement {
  reader.next();
  if (reader.dialect === "postgres") return { k: "show", what: reader.rest().toLowerCase() };
  const match = SHOWN.exec(reader.text.slice(reader.peek().at).trim().replace(/\s+/g, " ").toUpperCase());
  if (match === null) return reader.refuse();
  for (const _ of match[0].split(" ")) reader.next();
  const what = match[0].replace(/^FULL /, "");
  if (what.startsWith("CREATE ")) return { k: "show", what, table: reader.tableName() };
  let table: Statement & { k: "show" } = { k: "show", what };
  if (reader.take("FROM") || reader.take("IN")) table = { ...table, table: reader.tableName() };
  if (reader.take("FROM") || reader.take("IN"))
    table = { ...table, table: { at: 0, name: table.table?.name ?? "", schema: reader.name() } };
  if (reader.take("LIKE")) return { ...table, like: reader.string() };
  // A condition on the rows shown is one on their names, or else not understood.
  if (reader.take("WHERE")) {
    reader.name();
    if (reader.takeAny("=", "LIKE") === undefined) reader.refuse();
    return { ...table, like: reader.string() };
  }
  if (what === "GRANTS") reader.rest();
  return table;
}

function describe(reader: Reader): Statement {
  reader.next();
  if (reader.is("SELECT")) reader.refuse();
  return { k: "show", what: "COLUMNS", table: reader.tableName() };
}

function use(reader: Reader): Statement {
  reader.next();
  return { k: "use", name: reader.name() };
}

function grant(reader: Reader): Statement {
  const verb = reader.next().value.toLowerCase() === "grant" ? ("grant" as const) : ("revoke" as const);
  const rest = reader.rest();
  const match =
    /^([\s\S]*?)\s+ON\s+([\s\S]*?)\s+(?:TO|FROM)\s+([\s\S]*)$/i.exec(rest) ??
    /^([\s\S]*?)()\s+(?:TO|FROM)\s+([\s\S]*)$/i.exec(rest);
  if (match === null) return reader.refuse();
  const [, privileges = "", on = "", to = ""] = match;
  const names = to
    .replace(/\s+(WITH|IDENTIFIED|REQUIRE|CASCADE)\b[\s\S]*$/i, "")
    .split(",")
    .map(userName);
  return { k: "grant", verb, privileges: privileges.trim().toUpperCase(), on: on.trim(), names };
}

/** `'app'@'%'` as app; the host is not looked at. */
export function userName(text: string): string {
  return text
    .trim()
    .replace(/^["'`]|["'`]$/g, "")
    .replace(/['"`]?@.*$/, "");
}

/** Statements that are obeyed and show nothing. */
const nothing =
  (tag: string): Parse =>
  (reader) => {
    reader.rest();
    return { k: "nothing", tag };
  };

const admin: Parse = (reader) => {
  const text = reader.text.slice(reader.peek().at).trim();
  reader.rest();
  return { k: "admin", words: text.replace(/\s+/g, " ").toUpperCase().split(" ").slice(0, 3).join(" "), text };
};

const BOTH: Readonly<Record<string, Parse>> = {
  SELECT: query,
  WITH: query,
  VALUES: query,
  "(": query,
  INSERT: insert,
  UPDATE: update,
  DELETE: remove,
  TRUNCATE: truncate,
  BEGIN: transaction("begin"),
  START: (reader) => (reader.is("START", "TRANSACTION") ? transaction("begin")(reader) : admin(reader)),
  COMMIT: transaction("commit"),
  ROLLBACK: (reader) => (reader.is("ROLLBACK", "TO") ? reader.refuse() : transaction("rollback")(reader)),
  END: transaction("commit"),
  SET: set,
  SHOW: show,
  CREATE: createStatement,
  DROP: dropStatement,
  ALTER: alterStatement,
  GRANT: grant,
  REVOKE: grant,
  ANALYZE: nothing("ANALYZE"),
  LOCK: nothing("LOCK TABLE"),
  REPLACE: insert,
  USE: use,
  DESCRIBE: describe,
  DESC: describe,
  FLUSH: nothing("FLUSH"),
  UNLOCK: nothing("UNLOCK"),
  OPTIMIZE: nothing("OPTIMIZE"),
  CHANGE: admin,
  STOP: admin,
  RESET: admin,
  SHUTDOWN: admin,
  KILL: nothing("KILL"),
  DO: nothing("DO"),
  VACUUM: nothing("VACUUM"),
  REINDEX: nothing("REINDEX"),
  COMMENT: nothing("COMMENT"),
  CHECKPOINT: nothing("CHECKPOINT"),
};

const STATEMENTS = BOTH;
