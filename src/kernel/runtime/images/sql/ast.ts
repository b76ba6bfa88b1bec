/**
 * SQL statements and expressions as values, the same for both dialects.
 */

/** Which database speaks: it decides on quoting, comparison, functions and messages. */
export type Dialect = "mysql" | "postgres";

/** What a cell holds. Dates and times are texts in ISO form, booleans of MySQL are numbers. */
export type Value = string | number | boolean | null;

/** A type as it was declared. */
export interface SqlType {
  /** `int`, `bigint`, `smallint`, `decimal`, `float`, `bool`, `text`, `varchar`, `char`, `date`, `time`, `timestamp`, `json`... */
  readonly name: string;
  /** Length, or precision and scale. */
  readonly size?: readonly number[];
  /** As DESCRIBE shows it. */
  readonly shown: string;
  /** The values of an enum. */
  readonly members?: readonly string[];
}

export type Expr =
  | { readonly k: "lit"; readonly value: Value; readonly isDecimal?: boolean }
  | { readonly k: "col"; readonly table?: string; readonly name: string; readonly at: number }
  | { readonly k: "star"; readonly table?: string }
  | { readonly k: "un"; readonly op: string; readonly arg: Expr }
  | { readonly k: "bin"; readonly op: string; readonly left: Expr; readonly right: Expr }
  | {
      readonly k: "fn";
      readonly name: string;
      readonly args: readonly Expr[];
      readonly isDistinct?: boolean;
      readonly at: number;
    }
  | {
      readonly k: "case";
      readonly subject?: Expr;
      readonly whens: readonly (readonly [Expr, Expr])[];
      readonly otherwise?: Expr;
    }
  | {
      readonly k: "in";
      readonly arg: Expr;
      readonly list?: readonly Expr[];
      readonly query?: Query;
      readonly isNot: boolean;
    }
  | { readonly k: "between"; readonly arg: Expr; readonly low: Expr; readonly high: Expr; readonly isNot: boolean }
  | {
      readonly k: "like";
      readonly arg: Expr;
      readonly pattern: Expr;
      readonly isNot: boolean;
      readonly ignoresCase: boolean;
    }
  | {
      readonly k: "match";
      readonly arg: Expr;
      readonly pattern: Expr;
      readonly isNot: boolean;
      readonly ignoresCase: boolean;
    }
  | { readonly k: "is"; readonly arg: Expr; readonly what: null | boolean; readonly isNot: boolean }
  | { readonly k: "exists"; readonly query: Query }
  | { readonly k: "sub"; readonly query: Query }
  | { readonly k: "cast"; readonly arg: Expr; readonly type: SqlType }
  | { readonly k: "interval"; readonly amount: Expr; readonly unit: string }
  | { readonly k: "var"; readonly name: string }
  | { readonly k: "default" };

export interface Item {
  readonly expr: Expr;
  readonly alias?: string;
  /** The text it was written as: MySQL names the column so. */
  readonly text: string;
}

export type Source =
  | {
      readonly k: "table";
      readonly schema?: string;
      readonly name: string;
      readonly alias: string;
      readonly at: number;
    }
  | { readonly k: "query"; readonly query: Query; readonly alias: string; readonly columns?: readonly string[] }
  | { readonly k: "series"; readonly args: readonly Expr[]; readonly alias: string };

export interface Join {
  readonly kind: "inner" | "left" | "right" | "cross";
  readonly source: Source;
  readonly on?: Expr;
  readonly using?: readonly string[];
}

export interface Order {
  readonly expr: Expr;
  readonly isDescending: boolean;
  readonly nulls?: "first" | "last";
}

export interface Select {
  readonly isDistinct: boolean;
  readonly items: readonly Item[];
  readonly from?: Source;
  readonly joins: readonly Join[];
  readonly where?: Expr;
  readonly groupBy: readonly Expr[];
  readonly having?: Expr;
}

/** Selects put together, ordered and cut. */
export interface Query {
  readonly with: readonly { readonly name: string; readonly query: Query; readonly columns?: readonly string[] }[];
  readonly first: Select | { readonly values: readonly (readonly Expr[])[] };
  readonly unions: readonly {
    readonly isAll: boolean;
    readonly select: Select | { readonly values: readonly (readonly Expr[])[] };
  }[];
  readonly orderBy: readonly Order[];
  readonly limit?: Expr;
  readonly offset?: Expr;
}

export interface ColumnDef {
  readonly name: string;
  readonly type: SqlType;
  readonly isNotNull: boolean;
  readonly defaultExpr?: Expr;
  /** As DESCRIBE shows the default. */
  readonly defaultText?: string;
  /** Numbers itself: AUTO_INCREMENT, SERIAL, IDENTITY. */
  readonly isAuto: boolean;
}

export interface KeyDef {
  readonly name: string;
  readonly columns: readonly string[];
  readonly kind: "primary" | "unique" | "index";
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly table: string;
  readonly targets: readonly string[];
  readonly onDelete: "restrict" | "cascade" | "set null";
}

export interface CheckDef {
  readonly name: string;
  readonly expr: Expr;
}

export interface TableDef {
  readonly columns: readonly ColumnDef[];
  readonly keys: readonly KeyDef[];
  readonly foreign: readonly ForeignKey[];
  readonly checks: readonly CheckDef[];
}

export interface TableName {
  readonly schema?: string;
  readonly name: string;
  readonly at: number;
}

export type Assignment = readonly [column: string, value: Expr];

export type Alteration =
  | { readonly k: "add"; readonly column: ColumnDef; readonly ifNotExists: boolean; readonly def: TableDef }
  | { readonly k: "drop"; readonly column: string; readonly ifExists: boolean }
  | { readonly k: "rename column"; readonly from: string; readonly to: string }
  | { readonly k: "rename"; readonly to: string }
  | { readonly k: "modify"; readonly from: string; readonly column: ColumnDef }
  | { readonly k: "constraint"; readonly def: TableDef }
  | { readonly k: "set"; readonly column: string; readonly isNotNull?: boolean; readonly defaultExpr?: Expr | null };

export type Statement =
  | { readonly k: "select"; readonly query: Query }
  | {
      readonly k: "insert";
      readonly table: TableName;
      readonly columns?: readonly string[];
      readonly rows?: readonly (readonly Expr[])[];
      readonly query?: Query;
      readonly isReplace: boolean;
      /** What a row that is there already comes to: nothing (`ignore`), or an update. */
      readonly conflict?: {
        readonly columns: readonly string[];
        readonly set?: readonly Assignment[];
        readonly where?: Expr;
      };
      readonly returning: readonly Item[];
    }
  | {
      readonly k: "update";
      readonly table: TableName;
      readonly alias: string;
      readonly set: readonly Assignment[];
      readonly where?: Expr;
      readonly limit?: Expr;
      readonly returning: readonly Item[];
    }
  | {
      readonly k: "delete";
      readonly table: TableName;
      readonly alias: string;
      readonly where?: Expr;
      readonly limit?: Expr;
      readonly returning: readonly Item[];
    }
  | { readonly k: "truncate"; readonly tables: readonly TableName[] }
  | {
      readonly k: "create table";
      readonly table: TableName;
      readonly ifNotExists: boolean;
      readonly def: TableDef;
      readonly like?: TableName;
      readonly query?: Query;
    }
  | {
      readonly k: "create view";
      readonly table: TableName;
      readonly query: Query;
      readonly text: string;
      readonly isReplace: boolean;
    }
  | {
      readonly k: "drop";
      readonly what: "table" | "view";
      readonly tables: readonly TableName[];
      readonly ifExists: boolean;
    }
  | {
      readonly k: "alter";
      readonly table: TableName;
      readonly changes: readonly Alteration[];
      readonly ifExists: boolean;
    }
  | { readonly k: "create index"; readonly table: TableName; readonly key: KeyDef; readonly ifNotExists: boolean }
  | { readonly k: "drop index"; readonly name: string; readonly table?: TableName; readonly ifExists: boolean }
  | { readonly k: "create database"; readonly name: string; readonly ifNotExists: boolean; readonly owner?: string }
  | { readonly k: "drop database"; readonly name: string; readonly ifExists: boolean }
  | { readonly k: "create schema"; readonly name: string; readonly ifNotExists: boolean }
  | { readonly k: "use"; readonly name: string }
  | { readonly k: "begin" | "commit" | "rollback" }
  | { readonly k: "set"; readonly settings: readonly (readonly [name: string, value: Expr])[] }
  | { readonly k: "show"; readonly what: string; readonly table?: TableName; readonly like?: string }
  | {
      readonly k: "user";
      readonly verb: "create" | "alter" | "drop";
      readonly names: readonly string[];
      readonly password?: string;
      readonly isQuiet: boolean;
    }
  | {
      readonly k: "grant";
      readonly verb: "grant" | "revoke";
      readonly privileges: string;
      readonly on: string;
      readonly names: readonly string[];
    }
  /** Accepted, and nothing to be seen of it: FLUSH, LOCK TABLES, ANALYZE, COMMENT ON. `tag` is what PostgreSQL says. */
  | { readonly k: "nothing"; readonly tag: string }
  /** Understood by the dialect itself: replication, shutdown. */
  | { readonly k: "admin"; readonly words: string; readonly text: string };
