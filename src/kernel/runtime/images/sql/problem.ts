/**
 * Problems as clients are told of them.
 */

/** A number or state, and a message; PostgreSQL adds more to it. */
export interface Problem {
  /** MySQL's number. */
  readonly number?: number;
  /** SQLSTATE. */
  readonly state: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Where in the statement, from 0. */
  readonly at?: number;
  readonly severity?: "ERROR" | "FATAL";
}
