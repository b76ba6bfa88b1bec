/**
 * What PostgreSQL's engine understands beyond tables and rows: databases, roles, settings.
 */
import { describe } from "#kernel/runtime/images/postgres/describe";
import type { Statement } from "#kernel/runtime/images/sql/ast";
import { Engine, type Outcome } from "#kernel/runtime/images/sql/engine";
import { fail } from "#kernel/runtime/images/sql/errors";

const USERS_MAX = 200;

export class PostgresEngine extends Engine {
  /** A command of psql is answered from the catalogue. */
  override run(text: string): Outcome {
    return text.startsWith("\\") ? describe(this, text) : super.run(text);
  }

  override define(statement: Statement): Outcome {
    const done = (tag: string): Outcome => ({ tag, affected: 0, notices: [] });
    switch (statement.k) {
      case "create database": {
        const { name } = statement;
        if (!this.#isSuper) fail({ kind: "denied database", database: name, user: this.session.user });
        if (this.storage.hasDatabase(name)) fail({ kind: "database exists", name });
        this.storage.createDatabase(name);
        return done("CREATE DATABASE");
      }
      case "drop database": {
        const { name } = statement;
        if (name === this.session.database) fail({ kind: "database in use", name });
        if (!this.storage.hasDatabase(name)) {
          if (!statement.ifExists) fail({ kind: "no database drop", name });
          this.notices.push(`database "${name}" does not exist, skipping`);
        } else this.storage.dropDatabase(name);
        return done("DROP DATABASE");
      }
      case "create schema":
        if (statement.name === "public" && !statement.ifNotExists)
          fail({ kind: "unsupported", what: "CREATE SCHEMA public" });
        if (statement.name !== "public") fail({ kind: "unsupported", what: "CREATE SCHEMA" });
        return done("CREATE SCHEMA");
      case "user":
        return this.#user(statement);
      case "grant":
        return this.#grant(statement);
      case "show":
        return this.#show(statement.what);
      default:
        return super.define(statement);
    }
  }

  get #isSuper(): boolean {
    const { users, settings } = this.storage.catalog;
    return settings["superuser"] === this.session.user || Object.keys(users)[0] === this.session.user;
  }

  #user({ verb, names, password, isQuiet }: Statement & { k: "user" }): Outcome {
    const { catalog } = this.storage;
    const users: Record<string, string | null> = { ...catalog.users };
    for (const name of names) {
      const isThere = Object.hasOwn(users, name);
      if (verb === "create" && isThere) fail({ kind: "user exists", name });
      if (verb !== "create" && !isThere) {
        if (!isQuiet) fail({ kind: "no user", verb, name });
        continue;
      }
      if (Object.keys(users).length >= USERS_MAX) fail({ kind: "full", table: "pg_authid" });
      if (verb === "drop") delete users[name];
      else users[name] = password ?? users[name] ?? null;
    }
    this.storage.catalog = { ...catalog, users };
    return { tag: `${verb.toUpperCase()} ROLE`, affected: 0, notices: [] };
  }

  #grant({ verb, names, privileges, on }: Statement & { k: "grant" }): Outcome {
    const { catalog } = this.storage;
    const grants = { ...catalog.grants };
    for (const name of names) {
      if (!Object.hasOwn(catalog.users, name) && name.toLowerCase() !== "public") fail({ kind: "no user", verb, name });
      const granted = `${privileges} ON ${on}`;
      grants[name] =
        verb === "grant"
          ? [...(grants[name] ?? []), granted].slice(-100)
          : (grants[name] ?? []).filter((one) => one !== granted);
    }
    this.storage.catalog = { ...catalog, grants };
    return { tag: on === "" ? `${verb.toUpperCase()} ROLE` : verb.toUpperCase(), affected: 0, notices: [] };
  }

  #show(what: string): Outcome {
    const value = this.variable(what.replace(/\s+/g, "_"));
    if (value === undefined) fail({ kind: "no column", name: what, place: "setting" });
    return {
      relation: { columns: [{ table: "", name: what, kind: { name: "text" } }], rows: [[value ?? null]] },
      affected: 1,
      tag: "SHOW",
      notices: [],
    };
  }
}
