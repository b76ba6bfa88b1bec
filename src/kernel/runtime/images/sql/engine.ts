/**
 * The engine: runs statements of one session on tables that are files.
 *
 * Leaves out concurrency: statements run one after the other, so every transaction sees what others have written.
 */
import type { Dialect, Query, Source, Statement, TableName, Value } from "#kernel/runtime/images/sql/ast";
import { alterTable, createTable, dropTables } from "#kernel/runtime/images/sql/define";
import { fail } from "#kernel/runtime/images/sql/errors";
import type { Surroundings } from "#kernel/runtime/images/sql/functions";
import { kindOfType } from "#kernel/runtime/images/sql/kinds";
import { parseStatement } from "#kernel/runtime/images/sql/parser";
import type { Relation } from "#kernel/runtime/images/sql/relation";
import { Selector } from "#kernel/runtime/images/sql/select";
import type { Before, Session } from "#kernel/runtime/images/sql/session";
import type { Storage, Table } from "#kernel/runtime/images/sql/storage";
import { virtualTable } from "#kernel/runtime/images/sql/virtual";
import { deleteRows, insertRows, truncateTables, updateRows } from "#kernel/runtime/images/sql/write";
import type { Task } from "#kernel/runtime/process/task";

/** Steps of work a statement may take: rows looked at, functions called. */
const STEPS_MAX = 250_000;
/** Largest text of tables that a transaction may put back. */
const UNDO_CHARS_MAX = 1_000_000;

/** What a statement came to. */
export interface Outcome {
  readonly relation?: Relation;
  readonly affected: number;
  /** What PostgreSQL says: `INSERT 0 1`. */
  readonly tag: string;
  readonly insertId?: number;
  /** Rows an UPDATE found, changed or not. */
  readonly matched?: number;
  /** What was skipped: `relation "t" already exists, skipping`. */
  readonly notices: readonly string[];
}

/** What the engine knows of its server. */
export interface ServerFacts {
  readonly dialect: Dialect;
  readonly version: string;
  /** Nobody but the server's own replication may write. */
  readonly isReadOnly: boolean;
  /** Settings of the server, by name. */
  readonly settings: Readonly<Record<string, Value>>;
}

export class Engine extends Selector {
  readonly dialect: Dialect;
  readonly where: Surroundings;
  steps = 0;
  /** Milliseconds the statements have slept. */
  sleptMs = 0;
  readonly notices: string[] = [];
  readonly #views: string[] = [];

  constructor(
    readonly task: Task,
    readonly storage: Storage,
    readonly facts: ServerFacts,
    public session: Session,
  ) {
    super();
    this.dialect = facts.dialect;
    const engine = this;
    this.where = {
      dialect: facts.dialect,
      now: task.now,
      entropy: task.world.entropy,
      version: facts.version,
      get user() {
        return engine.session.user;
      },
      get database() {
        return engine.session.database;
      },
      get lastInsertId() {
        return engine.session.lastInsertId;
      },
      get affected() {
        return engine.session.affected;
      },
      get pid() {
        return engine.session.id;
      },
      variable: (name) => engine.variable(name),
      sleep: (seconds) => {
        engine.sleptMs += Math.max(0, Math.min(86_400, seconds)) * 1_000;
      },
    };
  }

  step(): void {
    this.steps += 1;
    if (this.steps > STEPS_MAX) fail({ kind: "steps" });
  }

  variable(name: string): Value | undefined {
    const key = name.replace(/^@@?((global|session|local)\.)?/i, "").toLowerCase();
    return (
      this.session.variables[name.startsWith("@") && !name.startsWith("@@") ? `@${key}` : key] ??
      this.facts.settings[key]
    );
  }

  set(change: Partial<Session>): void {
    this.session = { ...this.session, ...change };
  }

  /** Parses and runs one statement. Raises SqlError. */
  run(text: string): Outcome {
    this.steps = 0;
    this.notices.length = 0;
    const statement = parseStatement(text, this.dialect);
    if (this.session.isAborted === true && statement.k !== "rollback" && statement.k !== "commit")
      fail({ kind: "aborted" });
    const outcome = this.#run(statement);
    this.set({
      affected: outcome.affected,
      ...(outcome.insertId === undefined ? {} : { lastInsertId: outcome.insertId }),
    });
    return { ...outcome, notices: [...this.notices] };
  }

  #run(statement: Statement): Outcome {
    const done = (tag: string, affected = 0): Outcome => ({ tag, affected, notices: [] });
    switch (statement.k) {
      case "select": {
        const relation = this.query(statement.query);
        return { relation, affected: relation.rows.length, tag: `SELECT ${relation.rows.length}`, notices: [] };
      }
      case "insert":
        return insertRows(this, statement);
      case "update":
        return updateRows(this, statement);
      case "delete":
        return deleteRows(this, statement);
      case "truncate":
        return truncateTables(this, statement.tables);
      case "begin":
        if (this.dialect === "mysql") this.commit();
        this.set({ undo: [] });
        return done("BEGIN");
      case "commit":
        return this.session.isAborted === true ? this.#rollback() : this.#commit();
      case "rollback":
        return this.#rollback();
      case "set":
        return this.#set(statement.settings);
      case "nothing":
        return done(statement.tag);
      default:
        return this.define(statement);
    }
  }

  /** Statements that define something. */
  define(statement: Statement): Outcome {
    // MySQL commits what is open before it defines anything.
    if (this.dialect === "mysql" && statement.k !== "show" && statement.k !== "use") this.commit();
    switch (statement.k) {
      case "create table":
      case "create view":
        return createTable(this, statement);
      case "drop":
        return dropTables(this, statement);
      case "alter":
      case "create index":
      case "drop index":
        return alterTable(this, statement);
      default:
        return fail({ kind: "unsupported", what: statement.k });
    }
  }

  #set(settings: readonly (readonly [string, Parameters<Engine["value"]>[0]])[]): Outcome {
    const scope = { columns: [], row: [], place: "set" };
    const variables = { ...this.session.variables };
    for (const [name, expr] of settings) {
      if (Object.keys(variables).length >= 100 && variables[name] === undefined) fail({ kind: "steps" });
      const key = /^@@/.test(name) ? name.replace(/^@@((global|session|local)\.)?/, "") : name;
      variables[key] = expr.k === "default" ? null : this.value(expr, scope);
    }
    this.set({ variables });
    return { tag: "SET", affected: 0, notices: [] };
  }

  commit(): void {
    const { undo: _, isAborted: __, ...rest } = this.session;
    this.session = rest;
  }

  #commit(): Outcome {
    const isOpen = this.session.undo !== undefined;
    if (!isOpen && this.dialect === "postgres") this.notices.push("WARNING:  there is no transaction in progress");
    this.commit();
    return { tag: "COMMIT", affected: 0, notices: [] };
  }

  #rollback(): Outcome {
    const { undo } = this.session;
    if (undo === undefined && this.dialect === "postgres")
      this.notices.push("WARNING:  there is no transaction in progress");
    for (const { database, table, was } of [...(undo ?? [])].reverse()) {
      if (was === null) this.storage.drop(database, table);
      else this.storage.put(database, table, was);
    }
    this.commit();
    return { tag: "ROLLBACK", affected: 0, notices: [] };
  }

  /** The database a name is in. Raises `no database selected`. */
  databaseOf({ schema }: { readonly schema?: string }): string {
    if (this.dialect === "postgres") {
      if (schema !== undefined && schema !== "public") fail({ kind: "no table", schema, name: "" });
      return this.session.database;
    }
    const database = schema ?? this.session.database;
    if (database === "") fail({ kind: "no database selected" });
    return database;
  }

  /** A table by its name. Raises `no table`. */
  table(name: TableName): { readonly database: string; readonly table: Table } {
    const database = this.databaseOf(name);
    const table = this.storage.table(database, name.name);
    if (table === undefined) {
      if (this.dialect === "mysql" && !this.storage.hasDatabase(database))
        fail({ kind: "no database", name: database });
      return fail({ kind: "no table", schema: database, name: name.name, at: name.at });
    }
    return { database, table };
  }

  /** Keeps a table, and before that what it was for a transaction that is open. */
  put(database: string, name: string, table: Table | null): void {
    const { undo } = this.session;
    if (undo !== undefined && !undo.some((one) => one.database === database && one.table === name)) {
      const was = this.storage.table(database, name) ?? null;
      const kept: Before[] = [...undo, { database, table: name, was }];
      if (JSON.stringify(kept).length > UNDO_CHARS_MAX) fail({ kind: "full", table: name });
      this.set({ undo: kept });
    }
    if (table === null) this.storage.drop(database, name);
    else this.storage.put(database, name, table);
  }

  /** Refuses whoever writes to a server that is only read. */
  mayWrite(): void {
    if (this.facts.isReadOnly && this.session.user !== "root") fail({ kind: "read only" });
  }

  tableRows(source: Source & { k: "table" }): Relation {
    const virtual = virtualTable(this, source.schema, source.name);
    if (virtual !== undefined)
      return { rows: virtual.rows, columns: virtual.columns.map((one) => ({ ...one, table: source.alias })) };
    const { table } = this.table(source);
    if (table.view !== undefined) return this.#view(source, table.view);
    const primary = table.keys.find(({ kind }) => kind === "primary")?.columns ?? [];
    const columns = table.columns.map(({ name, type }) => ({
      table: source.alias,
      name,
      kind: kindOfType(type),
      ...(primary.length === 1 && primary[0] === name ? { isPrimary: true } : {}),
    }));
    return { columns, rows: table.rows };
  }

  #view(source: Source & { k: "table" }, text: string): Relation {
    if (this.#views.length > 8) fail({ kind: "steps" });
    this.#views.push(source.name);
    const statement = parseStatement(text, this.dialect);
    const query: Query = statement.k === "select" ? statement.query : fail({ kind: "unsupported", what: "view" });
    const { columns, rows } = this.query(query);
    this.#views.pop();
    return { rows, columns: columns.map(({ name, kind }) => ({ table: source.alias, name, kind })) };
  }
}
