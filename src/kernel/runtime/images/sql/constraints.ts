/**
 * What a row must keep: types, NOT NULL, keys, checks and foreign keys.
 */
import type { ForeignKey, KeyDef, Value } from "#kernel/runtime/images/sql/ast";
import type { Engine } from "#kernel/runtime/images/sql/engine";
import { fail } from "#kernel/runtime/images/sql/errors";
import { kindOfType } from "#kernel/runtime/images/sql/kinds";
import { shownAs } from "#kernel/runtime/images/sql/relation";
import type { Row, Table } from "#kernel/runtime/images/sql/storage";
import { fitted, textOf } from "#kernel/runtime/images/sql/types";

/** How far deletes go on from table to table. */
const CASCADES_MAX = 16;

interface Owner {
  readonly database: string;
  readonly table: Table;
  readonly name: string;
}

export class Constraints {
  readonly #unique: readonly {
    readonly key: KeyDef;
    readonly at: readonly number[];
    readonly seen: Map<string, number>;
  }[];

  constructor(
    readonly engine: Engine,
    readonly owner: Owner,
    readonly depth = 0,
  ) {
    this.#unique = owner.table.keys
      .filter(({ kind }) => kind !== "index")
      .map((key) => ({ key, at: key.columns.map((name) => this.#at(owner.table, name)), seen: new Map() }));
  }

  #at(table: Table, name: string): number {
    return table.columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
  }

  /** The value of a key, as a text to look up; undefined if a part of it is null. */
  #keyOf(row: Row, at: readonly number[]): string | undefined {
    const parts = at.map((n) => row[n] ?? null);
    if (parts.includes(null)) return undefined;
    const isMysql = this.engine.dialect === "mysql";
    return JSON.stringify(parts.map((part) => (typeof part === "string" && isMysql ? part.toLowerCase() : part)));
  }

  /** Takes note of all rows there are. */
  index(rows: readonly Row[]): void {
    for (const [n, row] of rows.entries()) this.add(row, n);
  }

  add(row: Row, n: number): void {
    for (const { at, seen } of this.#unique) {
      const key = this.#keyOf(row, at);
      if (key !== undefined) seen.set(key, n);
    }
  }

  unlist(row: Row): void {
    for (const { at, seen } of this.#unique) {
      const key = this.#keyOf(row, at);
      if (key !== undefined) seen.delete(key);
    }
  }

  move(from: Row, to: Row, n: number): void {
    this.unlist(from);
    this.add(to, n);
  }

  /** A row with the same key, and which key that is. */
  twin(row: Row): { readonly at: number; readonly key: KeyDef } | undefined {
    for (const { key, at, seen } of this.#unique) {
      const text = this.#keyOf(row, at);
      const found = text === undefined ? undefined : seen.get(text);
      if (found !== undefined) return { at: found, key };
    }
    return undefined;
  }

  /** Refuses a row whose key is there already. */
  refuse(row: Row, { columns, name }: KeyDef): never {
    const { table, name: own } = this.owner;
    const values = columns.map((column) => textOf(row[this.#at(table, column)] ?? null));
    const isMysql = this.engine.dialect === "mysql";
    return fail({ kind: "duplicate", value: values.join(isMysql ? "-" : ", "), key: name, table: own, columns });
  }

  /** A value as a column keeps it. */
  fit(column: Table["columns"][number], value: Value, number: number, isDefault: boolean): Value {
    const { dialect } = this.engine;
    const { name } = this.owner;
    if (value === null) {
      if (!column.isNotNull) return null;
      const kind = isDefault && dialect === "mysql" ? "no default" : "null";
      return fail({ kind, column: column.name, table: name, row: "" });
    }
    const fit = fitted(value, column.type, dialect === "mysql");
    if ("value" in fit) return fit.value;
    const { shown } = column.type;
    if (fit.problem === "too long")
      return fail({ kind: "too long", column: column.name, row: number, type: shown, table: name });
    if (fit.problem === "out of range")
      return fail({ kind: "out of range", column: column.name, row: number, type: shown });
    return fail({ kind: "bad value", type: shown, column: column.name, value: textOf(value), row: number });
  }

  /** The row as an error of PostgreSQL shows it. */
  #shown(row: Row): string {
    const { columns } = this.owner.table;
    return row
      .map(
        (value, n) =>
          shownAs(value, kindOfType(columns[n]?.type ?? { name: "text", shown: "text" }), "postgres") ?? "null",
      )
      .join(", ");
  }

  /** Whether a row that is written keeps all checks, and what it refers to is there. */
  check(row: Row, _number: number, old?: Row): void {
    const { table, name, database } = this.owner;
    const columns = table.columns.map(({ name: column, type }) => ({
      table: name,
      name: column,
      kind: kindOfType(type),
    }));
    for (const check of table.checks) {
      const isKept = this.engine.value(check.expr, { columns, row, place: "check" });
      if (isKept === false || isKept === 0)
        fail({ kind: "check", name: check.name, table: name, row: this.#shown(row) });
    }
    for (const foreign of table.foreign) {
      const values = foreign.columns.map((column) => row[this.#at(table, column)] ?? null);
      const before =
        old === undefined ? undefined : foreign.columns.map((column) => old[this.#at(table, column)] ?? null);
      if (values.includes(null) || JSON.stringify(before) === JSON.stringify(values)) continue;
      const parent = foreign.table === name ? table : this.engine.storage.table(database, foreign.table);
      if (parent !== undefined && this.#has(parent, this.#targets(foreign, parent), values)) continue;
      fail({ kind: "foreign row", ...this.#named(foreign, values) });
    }
  }

  #named(foreign: ForeignKey, values: Row) {
    const { name, database } = this.owner;
    const shown = `CONSTRAINT \`${foreign.name}\` FOREIGN KEY (\`${foreign.columns.join("`, `")}\`) REFERENCES \`${foreign.table}\` (\`${foreign.targets.join("`, `") || "id"}\`)`;
    return {
      table: name,
      name: foreign.name,
      target: foreign.table,
      shown,
      columns: foreign.columns.join(", "),
      values: values.map(textOf).join(", "),
      schema: database,
    };
  }

  #targets(foreign: ForeignKey, parent: Table): number[] {
    const names =
      foreign.targets.length > 0
        ? foreign.targets
        : (parent.keys.find(({ kind }) => kind === "primary")?.columns ?? []);
    return names.map((name) => this.#at(parent, name));
  }

  #has(parent: Table, at: readonly number[], values: Row): boolean {
    return parent.rows.some((row) => {
      this.engine.step();
      return at.every((n, i) => this.engine.compared("=", row[n] ?? null, values[i] ?? null) === true);
    });
  }

  /** A row has gone, or its key has changed: what refers to it is refused, goes too, or is set to null. */
  left(old: Row, now: Row | undefined): void {
    const { database, table, name } = this.owner;
    for (const childName of this.engine.storage.tables(database)) {
      const child = this.engine.storage.table(database, childName);
      for (const foreign of child?.foreign ?? []) {
        if (child === undefined || foreign.table !== name) continue;
        const at = this.#targets(foreign, table);
        const values = at.map((n) => old[n] ?? null);
        if (now !== undefined && JSON.stringify(at.map((n) => now[n] ?? null)) === JSON.stringify(values)) continue;
        this.#follow({ childName, foreign, values, isGone: now === undefined });
      }
    }
  }

  #follow({
    childName,
    foreign,
    values,
    isGone,
  }: {
    childName: string;
    foreign: ForeignKey;
    values: Row;
    isGone: boolean;
  }): void {
    const { database } = this.owner;
    const child = this.engine.storage.table(database, childName);
    if (child === undefined) return;
    const at = foreign.columns.map((column) => this.#at(child, column));
    const refers = (row: Row): boolean => {
      this.engine.step();
      return at.every((n, i) => this.engine.compared("=", row[n] ?? null, values[i] ?? null) === true);
    };
    const gone = child.rows.filter(refers);
    if (gone.length === 0) return;
    if (foreign.onDelete === "restrict" || !isGone || this.depth >= CASCADES_MAX) {
      const named = this.#named(foreign, values);
      fail({ kind: "foreign parent", ...named, child: childName, columns: foreign.targets.join(", ") || "id" });
    }
    if (foreign.onDelete === "set null") {
      const rows = child.rows.map((row) =>
        refers(row) ? row.map((value, n) => (at.includes(n) ? null : value)) : row,
      );
      this.engine.put(database, childName, { ...child, rows });
      return;
    }
    this.engine.put(database, childName, { ...child, rows: child.rows.filter((row) => !gone.includes(row)) });
    const below = new Constraints(this.engine, { database, table: child, name: childName }, this.depth + 1);
    for (const row of gone) below.left(row, undefined);
  }
}
