/**
 * What can be wrong with a statement, for each dialect to word.
 */

/** Kinds of errors, each with what its message names. */
export type SqlProblem =
  | {
      readonly kind: "syntax";
      readonly near: string;
      readonly rest: string;
      readonly line: number;
      readonly at: number;
    }
  | { readonly kind: "no table"; readonly schema: string; readonly name: string; readonly at?: number }
  | { readonly kind: "table exists"; readonly name: string }
  | {
      readonly kind: "no column";
      readonly name: string;
      readonly place: string;
      readonly table?: string;
      readonly at?: number;
    }
  | { readonly kind: "ambiguous"; readonly name: string; readonly place: string; readonly at?: number }
  | { readonly kind: "column exists"; readonly name: string; readonly table: string }
  | { readonly kind: "no database"; readonly name: string }
  | { readonly kind: "database exists"; readonly name: string }
  | { readonly kind: "no database drop"; readonly name: string }
  | { readonly kind: "database in use"; readonly name: string }
  | { readonly kind: "no database selected" }
  | {
      readonly kind: "duplicate";
      readonly value: string;
      readonly key: string;
      readonly table: string;
      readonly columns: readonly string[];
    }
  | { readonly kind: "null"; readonly column: string; readonly table: string; readonly row: string }
  | { readonly kind: "no default"; readonly column: string; readonly table: string; readonly row: string }
  | { readonly kind: "column count"; readonly row: number; readonly isMore: boolean }
  | {
      readonly kind: "bad value";
      readonly type: string;
      readonly column: string;
      readonly value: string;
      readonly row: number;
    }
  | {
      readonly kind: "too long";
      readonly column: string;
      readonly row: number;
      readonly type: string;
      readonly table: string;
    }
  | { readonly kind: "out of range"; readonly column: string; readonly row: number; readonly type: string }
  | {
      readonly kind: "no function";
      readonly name: string;
      readonly database: string;
      readonly types: string;
      readonly at?: number;
    }
  | { readonly kind: "operand columns"; readonly count: number }
  | { readonly kind: "many rows" }
  | { readonly kind: "group"; readonly column: string; readonly at?: number }
  | { readonly kind: "aggregate"; readonly at?: number }
  | { readonly kind: "division" }
  | {
      readonly kind: "foreign row";
      readonly table: string;
      readonly name: string;
      readonly target: string;
      readonly shown: string;
      readonly columns: string;
      readonly values: string;
      readonly schema: string;
    }
  | {
      readonly kind: "foreign parent";
      readonly table: string;
      readonly name: string;
      readonly child: string;
      readonly shown: string;
      readonly columns: string;
      readonly values: string;
      readonly schema: string;
    }
  | { readonly kind: "check"; readonly name: string; readonly table: string; readonly row: string }
  | { readonly kind: "no user"; readonly verb: string; readonly name: string }
  | { readonly kind: "user exists"; readonly name: string }
  | { readonly kind: "denied"; readonly command: string; readonly table: string; readonly user: string }
  | { readonly kind: "denied database"; readonly database: string; readonly user: string }
  | { readonly kind: "aborted" }
  | { readonly kind: "steps" }
  | { readonly kind: "full"; readonly table: string }
  | { readonly kind: "no index"; readonly name: string }
  | { readonly kind: "read only" }
  | { readonly kind: "union columns" }
  | { readonly kind: "unsupported"; readonly what: string };

/** Carries a problem out of the middle of a statement. */
export class SqlError {
  constructor(readonly problem: SqlProblem) {}
}

/** Ends the statement with a problem. */
export function fail(problem: SqlProblem): never {
  throw new SqlError(problem);
}
