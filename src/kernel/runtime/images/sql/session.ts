/**
 * Sessions: what a connection remembers from one statement to the next, as JSON.
 */
import type { Value } from "#kernel/runtime/images/sql/ast";
import type { Table } from "#kernel/runtime/images/sql/storage";

/** A table as it was before the transaction; null = there was none. */
export interface Before {
  readonly database: string;
  readonly table: string;
  readonly was: Table | null;
}

export interface Session {
  readonly id: number;
  readonly user: string;
  readonly database: string;
  readonly variables: Readonly<Record<string, Value>>;
  readonly lastInsertId: number;
  readonly affected: number;
  /** What ROLLBACK puts back; absent = no transaction is open. */
  readonly undo?: readonly Before[];
  /** A statement of the transaction failed: PostgreSQL takes no other until it ends. */
  readonly isAborted?: boolean;
}

/** A connection that has just been opened. */
export function newSession(id: number, user: string, database: string): Session {
  return { id, user, database, variables: {}, lastInsertId: 0, affected: 0 };
}
