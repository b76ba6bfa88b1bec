/**
 * Statements that define: CREATE, DROP and ALTER.
 */
import type {
  Alteration,
  CheckDef,
  ColumnDef,
  Expr,
  ForeignKey,
  KeyDef,
  Statement,
  TableDef,
  TableName,
} from "#kernel/runtime/images/sql/ast";
import { parseExpr } from "#kernel/runtime/images/sql/expression";
import { userName } from "#kernel/runtime/images/sql/parser";
import { parseQuery } from "#kernel/runtime/images/sql/query";
import type { Reader } from "#kernel/runtime/images/sql/reader";
import { parseType } from "#kernel/runtime/images/sql/types";

const ifNotExists = (reader: Reader): boolean => reader.take("IF", "NOT", "EXISTS");
const ifExists = (reader: Reader): boolean => reader.take("IF", "EXISTS");

/** CREATE. */
export function createStatement(reader: Reader): Statement {
  reader.next();
  const isReplace = reader.take("OR", "REPLACE");
  if (reader.takeAny("TEMPORARY", "TEMP", "UNLOGGED") !== undefined && !reader.is("TABLE")) reader.refuse();
  if (reader.take("TABLE")) return createTable(reader);
  if (reader.take("VIEW")) {
    const table = reader.tableName();
    reader.expect("AS");
    const text = reader.text.slice(reader.peek().at);
    return { k: "create view", table, query: parseQuery(reader), text, isReplace };
  }
  const isUnique = reader.take("UNIQUE");
  if (reader.take("INDEX")) return createIndex(reader, isUnique);
  if (reader.take("DATABASE") || (reader.dialect === "mysql" && reader.take("SCHEMA"))) {
    const isQuiet = ifNotExists(reader);
    const name = reader.name();
    const options = reader.rest();
    const owner = /\bOWNER\s*=?\s*"?(\w+)/i.exec(options)?.[1];
    return { k: "create database", name, ifNotExists: isQuiet, ...(owner === undefined ? {} : { owner }) };
  }
  if (reader.take("SCHEMA")) {
    const isQuiet = ifNotExists(reader);
    return { k: "create schema", name: reader.name(), ifNotExists: isQuiet };
  }
  if (reader.takeAny("USER", "ROLE") !== undefined) return user(reader, "create");
  if (reader.take("EXTENSION")) {
    reader.rest();
    return { k: "nothing", tag: "CREATE EXTENSION" };
  }
  return reader.refuse();
}

function user(reader: Reader, verb: "create" | "alter" | "drop"): Statement {
  const isQuiet = ifNotExists(reader) || ifExists(reader);
  const rest = reader.rest();
  const [, text = "", options = ""] = /^((?:[^\s,]+(?:\s*,\s*)?)+)([\s\S]*)$/.exec(rest) ?? [];
  if (text === "") reader.refuse();
  const names = text.split(",").map((name) => reader.folded(userName(name)));
  const password = /\b(?:BY|PASSWORD|AS)\s+'((?:[^']|'')*)'/i.exec(options)?.[1]?.replaceAll("''", "'");
  return { k: "user", verb, names, isQuiet, ...(password === undefined ? {} : { password }) };
}

function createTable(reader: Reader): Statement {
  const isQuiet = ifNotExists(reader);
  const table = reader.tableName();
  const none: TableDef = { columns: [], keys: [], foreign: [], checks: [] };
  const made = { k: "create table" as const, table, ifNotExists: isQuiet, def: none };
  if (reader.take("LIKE")) return { ...made, like: reader.tableName() };
  if (reader.take("AS") || reader.is("SELECT")) return { ...made, query: parseQuery(reader) };
  reader.expect("(");
  if (reader.take("LIKE")) {
    const like = reader.tableName();
    reader.take("INCLUDING", "ALL");
    reader.expect(")");
    return { ...made, like };
  }
  const builder = new TableBuilder(reader, table.name);
  reader.list(() => builder.part());
  reader.expect(")");
  options(reader);
  return { ...made, def: builder.def };
}

/** ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 and the like: nothing of it shows. */
function options(reader: Reader): void {
  while (reader.peek().kind === "word") {
    reader.take("DEFAULT");
    const option = reader.next().value.toUpperCase();
    const known =
      /^(ENGINE|CHARSET|CHARACTER|COLLATE|COMMENT|AUTO_INCREMENT|ROW_FORMAT|STATS_PERSISTENT|TABLESPACE|WITH|KEY_BLOCK_SIZE|AVG_ROW_LENGTH|PACK_KEYS|CHECKSUM|MAX_ROWS)$/;
    if (!known.test(option)) reader.refuse(reader.peek(-1));
    if (option === "CHARACTER") reader.expect("SET");
    if (option === "WITH") {
      reader.rest();
      return;
    }
    reader.take("=");
    reader.next();
    reader.take(",");
  }
}

/** Gathers columns, keys and constraints of a table. */
class TableBuilder {
  readonly columns: ColumnDef[] = [];
  readonly keys: KeyDef[] = [];
  readonly foreign: ForeignKey[] = [];
  readonly checks: CheckDef[] = [];

  constructor(
    readonly reader: Reader,
    readonly table: string,
  ) {}

  get def(): TableDef {
    const primary = this.keys.find(({ kind }) => kind === "primary")?.columns ?? [];
    const columns = this.columns.map((one) => (primary.includes(one.name) ? { ...one, isNotNull: true } : one));
    return { columns, keys: this.keys, foreign: this.foreign, checks: this.checks };
  }

  /** A column or a constraint. */
  part(): void {
    const { reader } = this;
    const name = reader.take("CONSTRAINT") ? (reader.isName ? reader.name() : undefined) : undefined;
    if (reader.take("PRIMARY", "KEY")) this.#key("primary", reader.names(), name);
    else if (reader.is("UNIQUE")) {
      reader.next();
      if (reader.takeAny("KEY", "INDEX") !== undefined || reader.isName) this.#named("unique", name);
      else this.#key("unique", reader.names(), name);
    } else if (reader.take("FOREIGN", "KEY")) {
      if (reader.isName) reader.name();
      this.#reference(reader.names(), name);
    } else if (reader.take("CHECK")) this.#check(name);
    else if (name === undefined && (reader.is("KEY") || reader.is("INDEX") || reader.is("FULLTEXT"))) {
      reader.next();
      reader.takeAny("KEY", "INDEX");
      this.#named("index", undefined);
    } else if (name === undefined) this.column();
    else reader.refuse();
  }

  #named(kind: KeyDef["kind"], name: string | undefined): void {
    const given = this.reader.isName ? this.reader.name() : name;
    if (this.reader.take("USING")) this.reader.anyName();
    this.#key(kind, this.reader.names(), given);
    if (this.reader.take("USING")) this.reader.anyName();
  }

  #key(kind: KeyDef["kind"], columns: readonly string[], name: string | undefined): void {
    const isMysql = this.reader.dialect === "mysql";
    const suffix = kind === "primary" ? "pkey" : kind === "unique" ? "key" : "idx";
    const parts = kind === "primary" ? [this.table, suffix] : [this.table, ...columns, suffix];
    const own = isMysql ? (kind === "primary" ? "PRIMARY" : (columns[0] ?? "")) : parts.join("_");
    const chosen = isMysql && kind === "primary" ? "PRIMARY" : (name ?? own);
    const isTaken = this.keys.some((key) => key.name === chosen);
    this.keys.push({ name: isTaken ? `${chosen}_${this.keys.length + 1}` : chosen, columns, kind });
  }

  #reference(columns: readonly string[], name: string | undefined): void {
    const { reader } = this;
    reader.expect("REFERENCES");
    const target = reader.tableName().name;
    const targets = reader.is("(") ? reader.names() : [];
    let onDelete: ForeignKey["onDelete"] = "restrict";
    while (reader.take("ON")) {
      const event = reader.takeAny("DELETE", "UPDATE");
      if (event === undefined) reader.refuse();
      const action = reader.take("SET", "NULL") ? "set null" : reader.take("CASCADE") ? "cascade" : undefined;
      if (action === undefined && !reader.take("NO", "ACTION")) reader.expect("RESTRICT");
      if (event === "DELETE") onDelete = action ?? "restrict";
    }
    if (reader.take("DEFERRABLE")) reader.take("INITIALLY", "DEFERRED");
    const own =
      reader.dialect === "mysql"
        ? `${this.table}_ibfk_${this.foreign.length + 1}`
        : `${this.table}_${columns.join("_")}_fkey`;
    this.foreign.push({ name: name ?? own, columns, table: target, targets, onDelete });
  }

  #check(name: string | undefined, column?: string): void {
    const expr = this.reader.parenthesised(() => parseExpr(this.reader));
    const own =
      this.reader.dialect === "mysql"
        ? `${this.table}_chk_${this.checks.length + 1}`
        : [this.table, ...(column === undefined ? [] : [column]), "check"].join("_");
    this.checks.push({ name: name ?? own, expr });
  }

  column(): void {
    const { reader } = this;
    const name = reader.name();
    const word = reader.peek().value.toUpperCase();
    const type = parseType(reader);
    let [isNotNull, isAuto] = [/SERIAL$/.test(word), /SERIAL$/.test(word)];
    let defaultExpr: Expr | undefined;
    let defaultText: string | undefined;
    for (;;) {
      const constraint = reader.take("CONSTRAINT") ? reader.name() : undefined;
      if (reader.take("NOT", "NULL")) isNotNull = true;
      else if (reader.take("NULL")) isNotNull = false;
      else if (reader.take("DEFAULT")) {
        const from = reader.peek().at;
        defaultExpr = parseExpr(reader);
        defaultText = reader.text.slice(from, reader.peek(-1).end);
      } else if (reader.take("AUTO_INCREMENT")) isAuto = true;
      else if (reader.take("GENERATED")) {
        if (!reader.take("ALWAYS")) reader.expect("BY", "DEFAULT");
        reader.expect("AS", "IDENTITY");
        [isAuto, isNotNull] = [true, true];
      } else if (reader.take("PRIMARY", "KEY")) this.#key("primary", [name], constraint);
      else if (reader.take("UNIQUE")) {
        reader.take("KEY");
        this.#key("unique", [name], constraint);
      } else if (reader.take("COMMENT")) reader.string();
      else if (reader.take("ON", "UPDATE")) parseExpr(reader);
      else if (reader.is("REFERENCES")) this.#reference([name], constraint);
      else if (reader.take("CHECK")) this.#check(constraint, name);
      else if (reader.take("COLLATE")) reader.anyName();
      else break;
    }
    this.columns.push({
      name,
      type,
      isNotNull,
      isAuto,
      ...(defaultExpr === undefined ? {} : { defaultExpr }),
      ...(defaultText === undefined ? {} : { defaultText }),
    });
  }
}

function createIndex(reader: Reader, isUnique: boolean): Statement {
  reader.take("CONCURRENTLY");
  const isQuiet = ifNotExists(reader);
  const given = reader.is("ON") ? undefined : reader.name();
  reader.expect("ON");
  const table = reader.tableName();
  if (reader.take("USING")) reader.anyName();
  const columns = reader.names();
  const name = given ?? [table.name, ...columns, "idx"].join("_");
  if (reader.is("WHERE")) reader.refuse();
  return {
    k: "create index",
    table,
    key: { name, columns, kind: isUnique ? "unique" : "index" },
    ifNotExists: isQuiet,
  };
}

/** DROP. */
export function dropStatement(reader: Reader): Statement {
  reader.next();
  const what = reader.takeAny("TABLE", "VIEW", "DATABASE", "SCHEMA", "INDEX", "USER", "ROLE", "TEMPORARY", "EXTENSION");
  if (what === "USER" || what === "ROLE") return user(reader, "drop");
  if (what === "TABLE" || what === "VIEW") {
    const isQuiet = ifExists(reader);
    const tables = reader.list(() => reader.tableName());
    reader.takeAny("CASCADE", "RESTRICT");
    return { k: "drop", what: what === "TABLE" ? "table" : "view", tables, ifExists: isQuiet };
  }
  if (what === "DATABASE" || (what === "SCHEMA" && reader.dialect === "mysql")) {
    const isQuiet = ifExists(reader);
    return { k: "drop database", name: reader.name(), ifExists: isQuiet };
  }
  if (what !== "INDEX") return reader.refuse();
  const isQuiet = ifExists(reader);
  const name = reader.name();
  const table: TableName | undefined = reader.take("ON") ? reader.tableName() : undefined;
  return { k: "drop index", name, ifExists: isQuiet, ...(table === undefined ? {} : { table }) };
}

/** ALTER. */
export function alterStatement(reader: Reader): Statement {
  reader.next();
  if (reader.takeAny("USER", "ROLE") !== undefined) return user(reader, "alter");
  if (reader.is("DATABASE") || reader.is("SYSTEM") || reader.is("SEQUENCE")) {
    reader.rest();
    return { k: "nothing", tag: "ALTER DATABASE" };
  }
  reader.expect("TABLE");
  const isQuiet = ifExists(reader);
  reader.take("ONLY");
  const table = reader.tableName();
  const changes = reader.list(() => alteration(reader, table.name));
  return { k: "alter", table, changes, ifExists: isQuiet };
}

function alteration(reader: Reader, table: string): Alteration {
  if (reader.take("ADD")) return addition(reader, table);
  if (reader.take("DROP")) {
    if (reader.is("CONSTRAINT") || reader.is("PRIMARY") || reader.is("INDEX") || reader.is("KEY")) reader.refuse();
    reader.take("COLUMN");
    const isQuiet = ifExists(reader);
    const column = reader.name();
    reader.takeAny("CASCADE", "RESTRICT");
    return { k: "drop", column, ifExists: isQuiet };
  }
  if (reader.take("RENAME")) {
    if (reader.take("TO") || reader.take("AS")) return { k: "rename", to: reader.name() };
    reader.take("COLUMN");
    const from = reader.name();
    reader.expect("TO");
    return { k: "rename column", from, to: reader.name() };
  }
  const verb = reader.takeAny("MODIFY", "CHANGE");
  if (verb !== undefined) {
    reader.take("COLUMN");
    const from = verb === "CHANGE" ? reader.name() : reader.peek().value;
    return { k: "modify", from, column: columnOf(reader, table).column };
  }
  reader.expect("ALTER");
  reader.take("COLUMN");
  return columnChange(reader, reader.name());
}

function columnChange(reader: Reader, column: string): Alteration {
  if (reader.take("SET", "NOT", "NULL")) return { k: "set", column, isNotNull: true };
  if (reader.take("DROP", "NOT", "NULL")) return { k: "set", column, isNotNull: false };
  if (reader.take("SET", "DEFAULT")) return { k: "set", column, defaultExpr: parseExpr(reader) };
  if (reader.take("DROP", "DEFAULT")) return { k: "set", column, defaultExpr: null };
  if (!reader.take("SET", "DATA", "TYPE")) reader.expect("TYPE");
  const type = parseType(reader);
  return { k: "modify", from: column, column: { name: column, type, isNotNull: false, isAuto: false } };
}

function columnOf(reader: Reader, table: string): { readonly column: ColumnDef; readonly def: TableDef } {
  const builder = new TableBuilder(reader, table);
  builder.column();
  if (reader.take("AFTER")) reader.name();
  else reader.take("FIRST");
  const { def } = builder;
  return { column: def.columns[0] as ColumnDef, def };
}

function addition(reader: Reader, table: string): Alteration {
  const isConstraint = ["CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "INDEX", "KEY"].some((word) =>
    reader.is(word),
  );
  if (isConstraint) {
    const builder = new TableBuilder(reader, table);
    builder.part();
    return { k: "constraint", def: builder.def };
  }
  reader.take("COLUMN");
  const isQuiet = ifNotExists(reader);
  return { k: "add", ifNotExists: isQuiet, ...columnOf(reader, table) };
}
