/**
 * Tables as files: each table of a database is one file of JSON on the file system of its container.
 *
 * What is read often is kept parsed, by its text: who writes makes a new text, so nothing kept is ever stale, and a
 * memory that is lost costs one parse.
 */
import type { TableDef, Value } from "#kernel/runtime/images/sql/ast";
import { fail } from "#kernel/runtime/images/sql/errors";
import type { Task } from "#kernel/runtime/process/task";

export type Row = readonly Value[];

/** What a table's file holds. */
export interface Table extends TableDef {
  readonly rows: readonly Row[];
  /** What the next row is numbered. */
  readonly next: number;
  /** A view: the text of its query. */
  readonly view?: string;
}

/** Users and what else belongs to no database. */
export interface Catalog {
  /** Passwords by user; null = none is asked. */
  readonly users: Readonly<Record<string, string | null>>;
  /** Privileges by user, as they were granted: `ALL PRIVILEGES ON shop.*`. */
  readonly grants: Readonly<Record<string, readonly string[]>>;
  /** What was set to last: replication, for one. */
  readonly settings: Readonly<Record<string, string>>;
}

const NO_CATALOG: Catalog = { users: {}, grants: {}, settings: {} };

/** Parsed files of all databases of an isolate: the least recently used goes first. */
const PARSED_MAX = 64;
const PARSED_CHARS_MAX = 65_536;
const parsed = new Map<string, unknown>();

function parse<T>(text: string): T {
  const known = parsed.get(text);
  if (known !== undefined) {
    parsed.delete(text);
    parsed.set(text, known);
    return known as T;
  }
  const value = JSON.parse(text) as T;
  if (text.length <= PARSED_CHARS_MAX) {
    parsed.set(text, value);
    if (parsed.size > PARSED_MAX) parsed.delete(parsed.keys().next().value ?? "");
  }
  return value;
}

/** Where a kind of database keeps what. */
export interface Layout {
  readonly root: string;
  /** The directory of a database. */
  directory(database: string): string;
  /** The file of a table. */
  readonly extension: string;
  readonly catalog: string;
}

/** Files are written as whoever owns the directory would: a volume has no groups here. */
export class Storage {
  constructor(
    readonly task: Task,
    readonly layout: Layout,
  ) {}

  #read<T>(path: string): T | undefined {
    const text = this.task.files.read(path);
    return typeof text === "number" ? undefined : parse<T>(text);
  }

  #write(path: string, value: unknown, table: string): void {
    if (this.task.files.write(path, JSON.stringify(value), { mode: 0o640 }) !== 0) fail({ kind: "full", table });
  }

  get catalog(): Catalog {
    return this.#read<Catalog>(this.layout.catalog) ?? NO_CATALOG;
  }

  set catalog(catalog: Catalog) {
    this.#write(this.layout.catalog, catalog, "user");
  }

  databases(): string[] {
    const { root } = this.layout;
    const base = this.layout.directory("").replace(/\/$/, "");
    const names = this.task.files.list(base === "" ? root : base);
    return Array.isArray(names)
      ? names.filter(
          (name: string) => this.task.files.isDirectory(this.layout.directory(name)) && !/^(#|lost\+found)/.test(name),
        )
      : [];
  }

  hasDatabase(name: string): boolean {
    return name !== "" && this.task.files.isDirectory(this.layout.directory(name));
  }

  createDatabase(name: string): void {
    this.task.files.makeDirectory(this.layout.directory(name), 0, 0o750);
  }

  dropDatabase(name: string): void {
    this.task.files.remove(this.layout.directory(name));
  }

  #path(database: string, table: string): string {
    return `${this.layout.directory(database)}/${table.replace(/[^\w$.-]/g, "_")}${this.layout.extension}`;
  }

  tables(database: string): string[] {
    const names = this.task.files.list(this.layout.directory(database));
    if (!Array.isArray(names)) return [];
    const { extension } = this.layout;
    return names
      .filter((name: string) => name.endsWith(extension) && !name.startsWith("#"))
      .map((name: string) => name.slice(0, name.length - extension.length));
  }

  table(database: string, name: string): Table | undefined {
    return this.#read<Table>(this.#path(database, name));
  }

  put(database: string, name: string, table: Table): void {
    this.#write(this.#path(database, name), table, name);
  }

  drop(database: string, name: string): void {
    this.task.files.remove(this.#path(database, name));
  }
}
