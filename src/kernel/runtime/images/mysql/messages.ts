/**
 * What MySQL says of problems: its numbers, states and messages.
 *
 * Models share/messages_to_clients.txt of MySQL 8.
 */
import type { SqlProblem } from "#kernel/runtime/images/sql/errors";
import type { Problem } from "#kernel/runtime/images/sql/problem";

const problem = (number: number, state: string, message: string): Problem => ({ number, state, message });

const DATES = /^(date|time)/;

/** A problem in MySQL's words; keys are named with their table since 8.0. */
export function mysqlProblem(given: SqlProblem, isOld: boolean): Problem {
  switch (given.kind) {
    case "syntax":
      return problem(
        1064,
        "42000",
        `You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '${given.rest}' at line ${given.line}`,
      );
    case "no table":
      if (given.at === -1) return problem(1051, "42S02", `Unknown table '${given.schema}.${given.name}'`);
      return problem(1146, "42S02", `Table '${given.schema}.${given.name}' doesn't exist`);
    case "table exists":
      return problem(1050, "42S01", `Table '${given.name}' already exists`);
    case "no column": {
      if (given.place === "key") return problem(1072, "42000", `Key column '${given.name}' doesn't exist in table`);
      const isOwn = given.at === undefined || given.table === undefined;
      return problem(
        1054,
        "42S22",
        `Unknown column '${isOwn ? "" : `${given.table}.`}${given.name}' in '${given.place}'`,
      );
    }
    case "ambiguous":
      return problem(1052, "23000", `Column '${given.name}' in ${given.place} is ambiguous`);
    case "column exists":
      return problem(1060, "42S21", `Duplicate column name '${given.name}'`);
    case "no database":
      return problem(1049, "42000", `Unknown database '${given.name}'`);
    case "database exists":
      return problem(1007, "HY000", `Can't create database '${given.name}'; database exists`);
    case "no database drop":
      return problem(1008, "HY000", `Can't drop database '${given.name}'; database doesn't exist`);
    case "no database selected":
      return problem(1046, "3D000", "No database selected");
    case "duplicate": {
      const key = isOld ? given.key : `${given.table}.${given.key}`;
      return problem(1062, "23000", `Duplicate entry '${given.value}' for key '${key}'`);
    }
    default:
      return ofRows(given);
  }
}

function badValue({ type, column, value, row }: SqlProblem & { kind: "bad value" }): Problem {
  if (type.startsWith("enum")) return problem(1265, "01000", `Data truncated for column '${column}' at row ${row}`);
  if (type.startsWith("json"))
    return problem(3140, "22032", `Invalid JSON text: "Invalid value." at position 0 in value for column '${column}'.`);
  if (DATES.test(type))
    return problem(
      1292,
      "22007",
      `Incorrect ${type.replace(/\(.*/, "")} value: '${value}' for column '${column}' at row ${row}`,
    );
  const kind = /int/.test(type) ? "integer" : /double|float/.test(type) ? "double" : "decimal";
  return problem(1366, "HY000", `Incorrect ${kind} value: '${value}' for column '${column}' at row ${row}`);
}

function ofRows(given: SqlProblem): Problem {
  switch (given.kind) {
    case "null":
      return problem(1048, "23000", `Column '${given.column}' cannot be null`);
    case "no default":
      return problem(1364, "HY000", `Field '${given.column}' doesn't have a default value`);
    case "column count":
      return problem(1136, "21S01", `Column count doesn't match value count at row ${given.row}`);
    case "bad value":
      return badValue(given);
    case "too long":
      return problem(1406, "22001", `Data too long for column '${given.column}' at row ${given.row}`);
    case "out of range":
      return problem(1264, "22003", `Out of range value for column '${given.column}' at row ${given.row}`);
    case "foreign row":
      return problem(
        1452,
        "23000",
        `Cannot add or update a child row: a foreign key constraint fails (\`${given.schema}\`.\`${given.table}\`, ${given.shown})`,
      );
    case "foreign parent": {
      if (given.shown === "")
        return problem(
          3730,
          "HY000",
          `Cannot drop table '${given.table}' referenced by a foreign key constraint '${given.name}' on table '${given.child}'.`,
        );
      return problem(
        1451,
        "23000",
        `Cannot delete or update a parent row: a foreign key constraint fails (\`${given.schema}\`.\`${given.child}\`, ${given.shown})`,
      );
    }
    case "check":
      return problem(3819, "HY000", `Check constraint '${given.name}' is violated.`);
    default:
      return ofQueries(given);
  }
}

function ofQueries(given: SqlProblem): Problem {
  switch (given.kind) {
    case "no function":
      return problem(1305, "42000", `FUNCTION ${given.database}.${given.name.toLowerCase()} does not exist`);
    case "operand columns":
      return problem(1241, "21000", `Operand should contain ${given.count} column(s)`);
    case "many rows":
      return problem(1242, "21000", "Subquery returns more than 1 row");
    case "group":
      return problem(
        1055,
        "42000",
        `Expression of SELECT list is not in GROUP BY clause and contains nonaggregated column '${given.column}' which is not functionally dependent on columns in GROUP BY clause; this is incompatible with sql_mode=only_full_group_by`,
      );
    case "aggregate":
      return problem(1111, "HY000", "Invalid use of group function");
    case "steps":
      return problem(3024, "HY000", "Query execution was interrupted, maximum statement execution time exceeded");
    case "full":
      return problem(1114, "HY000", `The table '${given.table}' is full`);
    case "no index":
      return problem(1091, "42000", `Can't DROP '${given.name}'; check that column/key exists`);
    case "read only":
      return problem(
        1290,
        "HY000",
        "The MySQL server is running with the --super-read-only option so it cannot execute this statement",
      );
    case "union columns":
      return problem(1222, "21000", "The used SELECT statements have a different number of columns");
    default:
      return ofUsers(given);
  }
}

function ofUsers(given: SqlProblem): Problem {
  switch (given.kind) {
    case "no user":
    case "user exists": {
      const verb = given.kind === "user exists" ? "CREATE" : given.verb.toUpperCase();
      return problem(1396, "HY000", `Operation ${verb} USER failed for '${given.name}'@'%'`);
    }
    case "denied":
      return problem(
        1142,
        "42000",
        `${given.command} command denied to user '${given.user}'@'%' for table '${given.table}'`,
      );
    case "denied database":
      return problem(1044, "42000", `Access denied for user '${given.user}'@'%' to database '${given.database}'`);
    case "unsupported":
      return problem(1235, "42000", `This version of MySQL doesn't yet support '${given.what}'`);
    default:
      return problem(1105, "HY000", "Unknown error");
  }
}
