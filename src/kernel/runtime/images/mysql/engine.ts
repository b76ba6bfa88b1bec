/**
 * What MySQL's engine understands beyond tables and rows: databases, users and privileges, SHOW, replication.
 *
 * Leaves out privileges on single tables and columns: what was granted on a database holds for all of it.
 */
import { showStatement } from "#kernel/runtime/images/mysql/show";
import type { Source, Statement } from "#kernel/runtime/images/sql/ast";
import { Engine, type Outcome } from "#kernel/runtime/images/sql/engine";
import { fail } from "#kernel/runtime/images/sql/errors";
import type { Relation } from "#kernel/runtime/images/sql/relation";
import type { Table } from "#kernel/runtime/images/sql/storage";
import { SYSTEM_SCHEMAS } from "#kernel/runtime/images/sql/virtual";

const USERS_MAX = 200;
const DATABASES_MAX = 100;

const done = (tag: string, affected = 0): Outcome => ({ tag, affected, notices: [] });

export class MysqlEngine extends Engine {
  override define(statement: Statement): Outcome {
    switch (statement.k) {
      case "use":
        this.#mayUse(statement.name);
        this.set({ database: statement.name });
        return done("USE");
      case "show":
        return showStatement(this, statement);
      case "create database":
        return this.#createDatabase(statement);
      case "drop database":
        return this.#dropDatabase(statement);
      case "user":
        this.#mustBeRoot();
        return this.#user(statement);
      case "grant":
        this.#mustBeRoot();
        return this.#grant(statement);
      case "admin":
        return this.#admin(statement);
      default:
        return super.define(statement);
    }
  }

  override put(database: string, name: string, table: Table | null): void {
    this.#mayTouch(database, name);
    super.put(database, name, table);
    this.#count();
  }

  /** Numbers the change, for replicas that ask what is new. */
  #count(): void {
    const { catalog } = this.storage;
    const position = String(Number(catalog.settings["position"] ?? "157") + 298);
    this.storage.catalog = { ...catalog, settings: { ...catalog.settings, position } };
  }

  override tableRows(source: Source & { k: "table" }): Relation {
    const schema = source.schema ?? this.session.database;
    const isVirtual = SYSTEM_SCHEMAS.includes(schema.toLowerCase());
    if (!isVirtual && schema !== "") this.#mayTouch(schema, source.name, "SELECT");
    return super.tableRows(isVirtual ? { ...source, schema: schema.toLowerCase() } : source);
  }

  /** Whether a user was granted something on a database. */
  mayReach(database: string): boolean {
    const { user } = this.session;
    if (user === "root" || database === "information_schema") return true;
    const grants = this.storage.catalog.grants[user] ?? [];
    return grants.some((grant) => {
      const on = /ON (.*)$/.exec(grant)?.[1]?.replace(/[`'"]/g, "") ?? "";
      const name = on.split(".")[0] ?? "";
      return (
        name === "*" ||
        name.replaceAll("\\", "") === database ||
        (name.endsWith("%") && database.startsWith(name.slice(0, -1)))
      );
    });
  }

  #mayTouch(database: string, table: string, command = "INSERT"): void {
    if (!this.mayReach(database)) fail({ kind: "denied", command, table, user: this.session.user });
  }

  #mayUse(name: string): void {
    const isThere = this.storage.hasDatabase(name) || SYSTEM_SCHEMAS.includes(name);
    if (!this.mayReach(name)) fail({ kind: "denied database", database: name, user: this.session.user });
    if (!isThere) fail({ kind: "no database", name });
  }

  #mustBeRoot(): void {
    const { user } = this.session;
    const grants = this.storage.catalog.grants[user] ?? [];
    if (user !== "root" && !grants.some((grant) => /^ALL.* ON \*\.\*/.test(grant))) {
      fail({ kind: "denied database", database: "mysql", user });
    }
  }

  #createDatabase({ name, ifNotExists }: Statement & { k: "create database" }): Outcome {
    this.mayWrite();
    if (!this.mayReach(name)) fail({ kind: "denied database", database: name, user: this.session.user });
    if (this.storage.hasDatabase(name) || SYSTEM_SCHEMAS.includes(name)) {
      if (!ifNotExists) fail({ kind: "database exists", name });
      return done("CREATE DATABASE", 1);
    }
    if (this.storage.databases().length >= DATABASES_MAX) fail({ kind: "full", table: name });
    this.storage.createDatabase(name);
    this.#count();
    return done("CREATE DATABASE", 1);
  }

  #dropDatabase({ name, ifExists }: Statement & { k: "drop database" }): Outcome {
    this.mayWrite();
    if (!this.mayReach(name)) fail({ kind: "denied database", database: name, user: this.session.user });
    if (!this.storage.hasDatabase(name)) {
      if (!ifExists) fail({ kind: "no database drop", name });
      return done("DROP DATABASE");
    }
    const count = this.storage.tables(name).length;
    this.storage.dropDatabase(name);
    this.#count();
    if (this.session.database === name) this.set({ database: "" });
    return done("DROP DATABASE", count);
  }

  #user({ verb, names, password, isQuiet }: Statement & { k: "user" }): Outcome {
    const { catalog } = this.storage;
    const users: Record<string, string | null> = { ...catalog.users };
    const grants = { ...catalog.grants };
    for (const name of names) {
      const isThere = Object.hasOwn(users, name);
      if (verb === "create" ? isThere : !isThere) {
        if (!isQuiet) fail(verb === "create" ? { kind: "user exists", name } : { kind: "no user", verb, name });
        continue;
      }
      if (Object.keys(users).length >= USERS_MAX) fail({ kind: "full", table: "user" });
      if (verb === "drop") {
        delete users[name];
        delete grants[name];
      } else users[name] = password ?? (verb === "alter" ? (users[name] ?? "") : "");
    }
    this.storage.catalog = { ...catalog, users, grants };
    return done(`${verb.toUpperCase()} USER`);
  }

  #grant({ verb, names, privileges, on }: Statement & { k: "grant" }): Outcome {
    const { catalog } = this.storage;
    const grants = { ...catalog.grants };
    const place = on.includes(".") || on === "" ? on : `${this.session.database}.${on}`;
    const granted = `${privileges.replace(/^ALL$/, "ALL PRIVILEGES")} ON ${place}`;
    for (const name of names) {
      if (!Object.hasOwn(catalog.users, name)) fail({ kind: "no user", verb, name });
      const others = (grants[name] ?? []).filter((one) => one !== granted);
      grants[name] = verb === "grant" ? [...others, granted].slice(-100) : others;
    }
    this.storage.catalog = { ...catalog, grants };
    return done(verb.toUpperCase());
  }

  /** Replication: where the primary is, and whether it is followed. */
  #admin({ words, text }: Statement & { k: "admin" }): Outcome {
    this.#mustBeRoot();
    const { catalog } = this.storage;
    const keep = (settings: Readonly<Record<string, string>>): Outcome => {
      this.storage.catalog = { ...catalog, settings: { ...catalog.settings, ...settings } };
      return done(words);
    };
    if (/^CHANGE (MASTER|REPLICATION SOURCE)/.test(words)) {
      const value = (name: string): string | undefined =>
        new RegExp(`(?:MASTER|SOURCE)_${name}\\s*=\\s*(?:'([^']*)'|(\\d+))`, "i")
          .exec(text)
          ?.slice(1)
          .find((one) => one !== undefined);
      return keep({
        primary: value("HOST") ?? "",
        primaryPort: value("PORT") ?? "3306",
        primaryUser: value("USER") ?? "root",
        primaryPassword: value("PASSWORD") ?? "",
        seen: "",
      });
    }
    if (/^START (SLAVE|REPLICA)/.test(words)) {
      if ((catalog.settings["primary"] ?? "") === "")
        fail({ kind: "unsupported", what: "START SLAVE before CHANGE MASTER" });
      return keep({ follows: "yes", seen: "" });
    }
    if (/^STOP (SLAVE|REPLICA)/.test(words)) return keep({ follows: "" });
    if (/^RESET (SLAVE|REPLICA|MASTER)/.test(words)) return keep({ follows: "", primary: "", seen: "" });
    if (words.startsWith("SET PASSWORD")) {
      const password = /'([^']*)'\s*\)?\s*$/.exec(text)?.[1] ?? "";
      this.storage.catalog = { ...catalog, users: { ...catalog.users, [this.session.user]: password } };
      return done(words);
    }
    return fail({ kind: "unsupported", what: words });
  }
}
