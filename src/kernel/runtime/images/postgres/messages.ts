/**
 * What PostgreSQL says of problems.
 *
 * Models src/backend/utils/errcodes.txt and the messages of its parser, planner and executor.
 */
import type { SqlProblem } from "#kernel/runtime/images/sql/errors";
import type { Problem } from "#kernel/runtime/images/sql/problem";

const at = (position: number | undefined): { at?: number } =>
  position === undefined || position < 0 ? {} : { at: position };

function syntax({ near, at: position }: SqlProblem & { kind: "syntax" }): Problem {
  const message = near === "" ? "syntax error at end of input" : `syntax error at or near "${near}"`;
  return { state: "42601", message, at: position };
}

function badValue({ type, value }: SqlProblem & { kind: "bad value" }): Problem {
  if (
    type === "integer" ||
    type === "bigint" ||
    type === "smallint" ||
    type === "boolean" ||
    type.startsWith("numeric")
  ) {
    return { state: "22P02", message: `invalid input syntax for type ${type.replace(/\(.*/, "")}: "${value}"` };
  }
  const state = /^(date|time)/.test(type) ? "22007" : "22P02";
  return { state, message: `invalid input syntax for type ${type}: "${value}"` };
}

/** A problem in PostgreSQL's words. */
export function postgresProblem(problem: SqlProblem): Problem {
  switch (problem.kind) {
    case "syntax":
      return syntax(problem);
    case "no table":
      if (problem.at === -1) return { state: "42P01", message: `table "${problem.name}" does not exist` };
      return { state: "42P01", message: `relation "${problem.name}" does not exist`, ...at(problem.at) };
    case "table exists":
      return { state: "42P07", message: `relation "${problem.name}" already exists` };
    case "no column":
      return noColumn(problem);
    case "ambiguous":
      return { state: "42702", message: `column reference "${problem.name}" is ambiguous`, ...at(problem.at) };
    case "column exists":
      return { state: "42701", message: `column "${problem.name}" of relation "${problem.table}" already exists` };
    case "no database":
    case "no database drop":
      return { state: "3D000", message: `database "${problem.name}" does not exist` };
    case "database exists":
      return { state: "42P04", message: `database "${problem.name}" already exists` };
    case "database in use":
      return { state: "55006", message: "cannot drop the currently open database" };
    case "no user":
      return { state: "42704", message: `role "${problem.name}" does not exist` };
    case "user exists":
      return { state: "42710", message: `role "${problem.name}" already exists` };
    case "no function":
      return {
        state: "42883",
        message: `function ${problem.name.toLowerCase()}(${problem.types}) does not exist`,
        hint: "No function matches the given name and argument types. You might need to add explicit type casts.",
        ...at(problem.at),
      };
    case "group":
      return {
        state: "42803",
        message: `column "${problem.column}" must appear in the GROUP BY clause or be used in an aggregate function`,
        ...at(problem.at),
      };
    default:
      return ofRows(problem);
  }
}

function noColumn({ name, table, place, at: position }: SqlProblem & { kind: "no column" }): Problem {
  if (place === "key") return { state: "42703", message: `column "${name}" named in key does not exist` };
  const isPosition = /^\d+$/.test(name);
  if (isPosition) return { state: "42P10", message: `ORDER BY position ${name} is not in select list` };
  const isTarget = place === "field list" && position === undefined && table !== undefined;
  if (isTarget || place === table)
    return { state: "42703", message: `column "${name}" of relation "${table}" does not exist` };
  const shown = table === undefined ? `"${name}"` : `${table}.${name}`;
  return { state: "42703", message: `column ${shown} does not exist`, ...at(position) };
}

function ofRows(problem: SqlProblem): Problem {
  switch (problem.kind) {
    case "duplicate": {
      const message = `duplicate key value violates unique constraint "${problem.key}"`;
      return {
        state: "23505",
        message,
        detail: `Key (${problem.columns.join(", ")})=(${problem.value}) already exists.`,
      };
    }
    case "null":
    case "no default": {
      const message = `null value in column "${problem.column}" of relation "${problem.table}" violates not-null constraint`;
      return {
        state: "23502",
        message,
        ...(problem.row === "" ? {} : { detail: `Failing row contains (${problem.row}).` }),
      };
    }
    case "column count":
      return {
        state: "42601",
        message: problem.isMore
          ? "INSERT has more expressions than target columns"
          : "INSERT has more target columns than expressions",
      };
    case "bad value":
      return badValue(problem);
    case "too long":
      return { state: "22001", message: `value too long for type ${problem.type}` };
    case "out of range":
      return problem.type.startsWith("numeric")
        ? { state: "22003", message: "numeric field overflow" }
        : { state: "22003", message: `${problem.type} out of range` };
    case "division":
      return { state: "22012", message: "division by zero" };
    case "foreign row": {
      const message = `insert or update on table "${problem.table}" violates foreign key constraint "${problem.name}"`;
      return {
        state: "23503",
        message,
        detail: `Key (${problem.columns})=(${problem.values}) is not present in table "${problem.target}".`,
      };
    }
    case "foreign parent": {
      const message = `update or delete on table "${problem.table}" violates foreign key constraint "${problem.name}" on table "${problem.child}"`;
      return {
        state: "23503",
        message,
        detail: `Key (${problem.columns})=(${problem.values}) is still referenced from table "${problem.child}".`,
      };
    }
    case "check": {
      const message = `new row for relation "${problem.table}" violates check constraint "${problem.name}"`;
      return { state: "23514", message, detail: `Failing row contains (${problem.row}).` };
    }
    default:
      return ofQueries(problem);
  }
}

function ofQueries(problem: SqlProblem): Problem {
  switch (problem.kind) {
    case "operand columns":
      return { state: "42601", message: "subquery must return only one column" };
    case "many rows":
      return { state: "21000", message: "more than one row returned by a subquery used as an expression" };
    case "aggregate":
      return { state: "42803", message: "aggregate functions are not allowed in WHERE", ...at(problem.at) };
    case "aborted":
      return {
        state: "25P02",
        message: "current transaction is aborted, commands ignored until end of transaction block",
      };
    case "steps":
      return { state: "57014", message: "canceling statement due to statement timeout" };
    case "full":
      return {
        state: "53100",
        message: `could not extend file for relation "${problem.table}": No space left on device`,
        hint: "Check free disk space.",
      };
    case "no index":
      return { state: "42704", message: `index "${problem.name}" does not exist` };
    case "union columns":
      return { state: "42601", message: "each UNION query must have the same number of columns" };
    case "denied":
      return { state: "42501", message: `permission denied for table ${problem.table}` };
    case "denied database":
      return { state: "42501", message: "permission denied to create database" };
    case "read only":
      return { state: "25006", message: "cannot execute statement in a read-only transaction" };
    case "unsupported":
      return { state: "0A000", message: `${problem.what} is not supported by this simulated server` };
    default:
      return { state: "XX000", message: problem.kind };
  }
}
