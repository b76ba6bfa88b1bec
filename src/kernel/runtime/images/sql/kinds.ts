/**
 * What an expression is, found without evaluating it: it decides how a column of a result is shown.
 */
import type { Dialect, Expr, SqlType } from "#kernel/runtime/images/sql/ast";
import { type Column, find, type Kind } from "#kernel/runtime/images/sql/relation";

const TEXT: Kind = { name: "text" };
const INT: Kind = { name: "int" };
const BIGINT: Kind = { name: "bigint" };

/** The kind of a column of a type. */
export function kindOfType({ name, size }: SqlType): Kind {
  if (name === "decimal" && size !== undefined) return { name, scale: size[1] ?? 0 };
  return { name: name === "enum" || name === "varchar" || name === "char" ? "text" : name };
}

const isNumeric = ({ name }: Kind): boolean => ["int", "smallint", "bigint", "decimal", "float"].includes(name);

/** The kinds of functions that do not give a text. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  COUNT: "bigint",
  LENGTH: "int",
  CHAR_LENGTH: "int",
  INSTR: "int",
  LOCATE: "int",
  STRPOS: "int",
  YEAR: "int",
  MONTH: "int",
  DAY: "int",
  HOUR: "int",
  MINUTE: "int",
  SECOND: "int",
  EXTRACT: "decimal",
  DATEDIFF: "int",
  UNIX_TIMESTAMP: "bigint",
  CONNECTION_ID: "bigint",
  PG_BACKEND_PID: "int",
  LAST_INSERT_ID: "bigint",
  ROW_COUNT: "bigint",
  SLEEP: "int",
  SIGN: "int",
  RAND: "float",
  RANDOM: "float",
  PI: "float",
  SQRT: "float",
  POWER: "float",
  POW: "float",
  EXP: "float",
  LN: "float",
  LOG10: "float",
  BOOL_AND: "bool",
  BOOL_OR: "bool",
  EVERY: "bool",
  PG_IS_IN_RECOVERY: "bool",
  CURRENT_DATE: "date",
  CURDATE: "date",
};

/** Functions that give what they were given. */
const SAME = "ABS CEIL CEILING FLOOR MIN MAX COALESCE IFNULL NULLIF GREATEST LEAST MOD TRUNC TRUNCATE".split(" ");
const NOW = "NOW CURRENT_TIMESTAMP LOCALTIME SYSDATE CLOCK_TIMESTAMP STATEMENT_TIMESTAMP TO_TIMESTAMP".split(" ");

export class Kinds {
  constructor(
    readonly dialect: Dialect,
    readonly columns: readonly Column[],
    /** The first column of a query inside an expression. */
    readonly ofQuery: (expr: Expr & { k: "sub" }) => Kind,
  ) {}

  of(expr: Expr): Kind {
    switch (expr.k) {
      case "lit":
        return this.#literal(expr);
      case "col": {
        const n = find(this.columns, expr, { dialect: this.dialect, place: "field list" });
        return n === undefined ? TEXT : (this.columns[n]?.kind ?? TEXT);
      }
      case "un":
        return expr.op === "NOT" ? this.#truth : this.of(expr.arg);
      case "bin":
        return this.#binary(expr);
      case "fn":
        return this.#call(expr);
      case "case": {
        const results = [
          ...expr.whens.map(([, result]) => result),
          ...(expr.otherwise === undefined ? [] : [expr.otherwise]),
        ];
        return results.map((one) => this.of(one)).find(({ name }) => name !== "null") ?? TEXT;
      }
      case "cast":
        return kindOfType(expr.type);
      case "sub":
        return this.ofQuery(expr);
      case "in":
      case "between":
      case "like":
      case "match":
      case "is":
      case "exists":
        return this.#truth;
      case "var":
        return TEXT;
      default:
        return TEXT;
    }
  }

  get #truth(): Kind {
    return this.dialect === "mysql" ? INT : { name: "bool" };
  }

  #literal({ value, isDecimal }: Expr & { k: "lit" }): Kind {
    if (value === null) return { name: "null" };
    if (typeof value === "boolean") return { name: "bool" };
    if (typeof value !== "number") return TEXT;
    if (isDecimal !== true) return INT;
    return { name: "decimal", scale: (String(value).split(".")[1] ?? "").length };
  }

  #binary({ op, left, right }: Expr & { k: "bin" }): Kind {
    if (["AND", "OR", "XOR", "=", "<", ">", "<=", ">=", "<>", "<=>"].includes(op)) return this.#truth;
    if (op === "||" || op === "->" || op === "->>") return TEXT;
    const [a, b] = [this.of(left), this.of(right)];
    if (right.k === "interval")
      return a.name === "date" && !/DAY|MONTH|YEAR|WEEK/.test(right.unit) ? { name: "timestamp" } : a;
    if (a.name === "float" || b.name === "float") return { name: "float" };
    const scales = [a.scale ?? 0, b.scale ?? 0] as const;
    if (op === "/") {
      if (this.dialect === "mysql") return { name: "decimal", scale: scales[0] + 4 };
      return a.name === "decimal" || b.name === "decimal" ? { name: "decimal", scale: 16 } : a;
    }
    if (a.name === "decimal" || b.name === "decimal") {
      return { name: "decimal", scale: op === "*" ? scales[0] + scales[1] : Math.max(...scales) };
    }
    return a.name === "bigint" || b.name === "bigint" || this.dialect === "mysql" ? BIGINT : INT;
  }

  #call({ name, args }: Expr & { k: "fn" }): Kind {
    const [first, second] = args;
    const given = first === undefined || first.k === "star" ? TEXT : this.of(first);
    if (name === "IF" || name === "IIF") return second === undefined ? TEXT : this.of(second);
    if (SAME.includes(name)) return args.map((one) => this.of(one)).find((kind) => kind.name !== "null") ?? TEXT;
    if (NOW.includes(name)) return { name: this.dialect === "mysql" ? "timestamp" : "timestamptz" };
    if (name === "SUM") return this.#sum(given);
    if (name === "AVG") return this.#average(given);
    if (name === "ROUND") {
      const digits = second?.k === "lit" ? Number(second.value) : 0;
      if (given.name === "decimal" || digits > 0) return { name: "decimal", scale: Math.max(0, Math.min(30, digits)) };
      return given;
    }
    const known = FUNCTIONS[name];
    return known === undefined ? TEXT : { name: known };
  }

  #sum(given: Kind): Kind {
    if (given.name === "float") return given;
    if (given.name === "decimal") return given;
    return this.dialect === "mysql" || given.name === "bigint" ? { name: "decimal", scale: 0 } : BIGINT;
  }

  #average(given: Kind): Kind {
    if (given.name === "float") return given;
    return { name: "decimal", scale: this.dialect === "mysql" ? (given.scale ?? 0) + 4 : 16 };
  }
}

/** Whether a column of a result stands at the right. */
export const isRight = (kind: Kind): boolean => isNumeric(kind);
