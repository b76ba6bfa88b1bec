/**
 * What an expression is worth in a scope: operators, comparisons, functions, aggregates and subqueries.
 */

import { aggregate, isAggregate } from "#kernel/runtime/images/sql/aggregate";
import type { Dialect, Expr, Query, Value } from "#kernel/runtime/images/sql/ast";
import { fail } from "#kernel/runtime/images/sql/errors";
import { callFunction, later, numberOf, type Surroundings } from "#kernel/runtime/images/sql/functions";
import { find, type Relation, type Scope } from "#kernel/runtime/images/sql/relation";
import { fitted, textOf } from "#kernel/runtime/images/sql/types";
import { RegexFault, regex } from "#kernel/runtime/shell/commands/regex";

/** Longest text that a regular expression is tried on: it may go back as often as it likes. */
const MATCHED_CHARS_MAX = 200;
/** A repeated group that repeats something itself may take forever. */
const NESTED_REPEAT = /\([^)]*[*+{][^)]*\)\s*[*+{]/;

export abstract class Evaluator {
  abstract readonly dialect: Dialect;
  abstract readonly where: Surroundings;

  /** One more step of work. Raises `steps` when there were too many. */
  abstract step(): void;
  /** Runs a query inside an expression. */
  abstract subquery(query: Query, outer: Scope): Relation;

  value(expr: Expr, scope: Scope): Value {
    switch (expr.k) {
      case "lit":
        return expr.value;
      case "col":
        return this.#column(expr, scope);
      case "un":
        return this.#unary(expr.op, this.value(expr.arg, scope));
      case "bin":
        return this.#binary(expr, scope);
      case "fn":
        return this.#call(expr, scope);
      case "case":
        return this.#case(expr, scope);
      case "in":
        return negated(this.#in(expr, scope), expr.isNot);
      case "between": {
        const value = this.value(expr.arg, scope);
        const low = this.compared(">=", value, this.value(expr.low, scope));
        const high = this.compared("<=", value, this.value(expr.high, scope));
        return negated(both(low, high), expr.isNot);
      }
      case "like":
        return negated(this.#like(expr, scope), expr.isNot);
      case "match":
        return negated(this.#match(expr, scope), expr.isNot);
      case "is": {
        const value = this.value(expr.arg, scope);
        const isSo = expr.what === null ? value === null : value !== null && truth(value) === expr.what;
        return this.bool(isSo !== expr.isNot);
      }
      case "exists":
        return this.bool(this.subquery(expr.query, scope).rows.length > 0);
      case "sub":
        return this.#scalar(expr.query, scope);
      case "cast": {
        const fit = fitted(this.value(expr.arg, scope), expr.type, this.dialect === "mysql");
        if ("value" in fit) return fit.value;
        const value = textOf(this.value(expr.arg, scope));
        if (this.dialect === "mysql") return numberOf(value);
        return fail({ kind: "bad value", type: expr.type.shown, column: "", value, row: 1 });
      }
      case "var":
        return this.where.variable(expr.name) ?? null;
      case "interval":
        return null;
      default:
        return fail({ kind: "unsupported", what: expr.k === "star" ? "*" : "DEFAULT" });
    }
  }

  /** A truth as the dialect writes it. */
  bool(isTrue: boolean): Value {
    return this.dialect === "mysql" ? Number(isTrue) : isTrue;
  }

  #column(expr: Expr & { k: "col" }, scope: Scope): Value {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
      const n = find(at.columns, expr, { dialect: this.dialect, place: scope.place });
      if (n === undefined) continue;
      if (at.group !== undefined && at.grouped !== undefined && !at.grouped.has(n)) {
        const column = at.columns[n];
        return fail({ kind: "group", column: `${column?.table}.${column?.name}`, at: expr.at });
      }
      return at.row[n] ?? null;
    }
    return fail({ kind: "no column", place: scope.place, ...expr });
  }

  #unary(op: string, value: Value): Value {
    if (value === null) return null;
    if (op === "NOT") return this.bool(!truth(value));
    return op === "-" ? -numberOf(value) : ~numberOf(value);
  }

  #binary({ op, left, right }: Expr & { k: "bin" }, scope: Scope): Value {
    const a = this.value(left, scope);
    if (op === "AND" || op === "OR") {
      const [isA, stops] = [a === null ? null : truth(a), op === "OR"];
      if (isA === stops) return this.bool(stops);
      const b = this.value(right, scope);
      const isB = b === null ? null : truth(b);
      if (isB === stops) return this.bool(stops);
      return isA === null || isB === null ? null : this.bool(!stops);
    }
    if (right.k === "interval") {
      const amount = numberOf(this.value(right.amount, scope));
      return later(a, op === "-" ? -amount : amount, right.unit);
    }
    const b = this.value(right, scope);
    if (["=", "<", ">", "<=", ">=", "<>"].includes(op)) return asValue(this.compared(op, a, b), this);
    if (op === "<=>") return this.bool(a === null || b === null ? a === b : this.compared("=", a, b) === true);
    if (a === null || b === null) return null;
    if (op === "||") return textOf(a) + textOf(b);
    if (op === "->" || op === "->>") return member(a, b, op === "->>");
    return this.#arithmetic(op, a, b);
  }

  #arithmetic(op: string, a: Value, b: Value): Value {
    if (this.dialect === "postgres") for (const one of [a, b]) this.#mustBeNumber(one);
    const [x, y] = [numberOf(a), numberOf(b)];
    switch (op) {
      case "+":
        return x + y;
      case "-":
        return x - y;
      case "*":
        return x * y;
      case "XOR":
        return this.bool(truth(a) !== truth(b));
      case "|":
        return Number(BigInt(Math.trunc(x)) | BigInt(Math.trunc(y)));
      case "&":
        return Number(BigInt(Math.trunc(x)) & BigInt(Math.trunc(y)));
      default:
        return this.#divided(op, x, y);
    }
  }

  #divided(op: string, x: number, y: number): Value {
    if (y === 0) return this.dialect === "mysql" ? null : fail({ kind: "division" });
    if (op === "DIV") return Math.trunc(x / y);
    if (op === "%" || op === "MOD") return x % y;
    // Wholes divide to a whole in PostgreSQL.
    return this.dialect === "postgres" && Number.isInteger(x) && Number.isInteger(y) ? Math.trunc(x / y) : x / y;
  }

  #mustBeNumber(value: Value): void {
    if (typeof value === "string" && Number.isNaN(Number(value))) {
      fail({ kind: "bad value", type: "integer", column: "", value, row: 1 });
    }
  }

  /** Whether a comparison holds; null if one of the two is. */
  compared(op: string, a: Value, b: Value): boolean | null {
    if (a === null || b === null) return null;
    const order = this.order(a, b, op === "=" || op === "<>");
    switch (op) {
      case "=":
        return order === 0;
      case "<>":
        return order !== 0;
      case "<":
        return order < 0;
      case ">":
        return order > 0;
      case "<=":
        return order <= 0;
      default:
        return order >= 0;
    }
  }

  /** Which of two values comes first: negative, 0, positive. */
  order(a: Value, b: Value, isExact = false): number {
    if (typeof a === "string" && typeof b === "string") {
      const [x, y] = [a.toLowerCase(), b.toLowerCase()];
      if (this.dialect === "mysql") return x < y ? -1 : x > y ? 1 : 0;
      if (isExact || x === y) return a === b ? 0 : a > b ? -1 : 1;
      return x < y ? -1 : 1;
    }
    if (this.dialect === "postgres" && typeof a !== typeof b) {
      if (typeof a === "boolean" || typeof b === "boolean")
        return Number(textOf(a)[0] === "t") - Number(textOf(b)[0] === "t");
      for (const one of [a, b]) this.#mustBeNumber(one);
    }
    return numberOf(a) - numberOf(b);
  }

  #call(expr: Expr & { k: "fn" }, scope: Scope): Value {
    this.step();
    if (isAggregate(expr.name)) {
      if (scope.group === undefined) return fail({ kind: "aggregate", at: expr.at });
      return aggregate(this, expr, scope);
    }
    if (expr.name === "IF" || expr.name === "IIF") {
      const [condition, yes, no] = expr.args;
      const isSo = condition !== undefined && truth(this.value(condition, scope));
      const chosen = isSo ? yes : no;
      return chosen === undefined ? null : this.value(chosen, scope);
    }
    if (expr.name === "VALUES" && expr.args[0]?.k === "col")
      return this.value({ ...expr.args[0], table: "excluded" }, scope);
    if (
      (expr.name === "DATE_ADD" || expr.name === "DATE_SUB" || expr.name === "ADDDATE") &&
      expr.args[1]?.k === "interval"
    ) {
      const [from, { amount, unit }] = [expr.args[0] as Expr, expr.args[1]];
      const sign = expr.name === "DATE_SUB" ? -1 : 1;
      return later(this.value(from, scope), sign * numberOf(this.value(amount, scope)), unit);
    }
    return callFunction(
      expr.name,
      expr.args.map((arg) => this.value(arg, scope)),
      this.where,
      expr.at,
    );
  }

  #case({ subject, whens, otherwise }: Expr & { k: "case" }, scope: Scope): Value {
    const value = subject === undefined ? undefined : this.value(subject, scope);
    for (const [condition, result] of whens) {
      const given = this.value(condition, scope);
      const isIt = value === undefined ? given !== null && truth(given) : this.compared("=", value, given) === true;
      if (isIt) return this.value(result, scope);
    }
    return otherwise === undefined ? null : this.value(otherwise, scope);
  }

  #in({ arg, list, query }: Expr & { k: "in" }, scope: Scope): boolean | null {
    const value = this.value(arg, scope);
    const found = query === undefined ? undefined : this.subquery(query, scope);
    if (found !== undefined && found.columns.length !== 1) fail({ kind: "operand columns", count: 1 });
    const values = found?.rows.map((row) => row[0] ?? null) ?? (list ?? []).map((one) => this.value(one, scope));
    if (values.length === 0) return false;
    let isUnknown = value === null;
    for (const one of values) {
      this.step();
      const isSame = this.compared("=", value, one);
      if (isSame === true) return true;
      isUnknown ||= isSame === null;
    }
    return isUnknown ? null : false;
  }

  #like({ arg, pattern, ignoresCase }: Expr & { k: "like" }, scope: Scope): boolean | null {
    const [value, wanted] = [this.value(arg, scope), this.value(pattern, scope)];
    if (value === null || wanted === null) return null;
    const [given, like] = [textOf(value), textOf(wanted)];
    this.step();
    return ignoresCase ? isLike(given.toLowerCase(), like.toLowerCase()) : isLike(given, like);
  }

  #match({ arg, pattern, ignoresCase }: Expr & { k: "match" }, scope: Scope): boolean | null {
    const [value, wanted] = [this.value(arg, scope), this.value(pattern, scope)];
    if (value === null || wanted === null) return null;
    const source = textOf(wanted);
    if (NESTED_REPEAT.test(source) || source.length > MATCHED_CHARS_MAX) fail({ kind: "steps" });
    this.step();
    try {
      return regex(source, { isExtended: true, ignoresCase }).test(textOf(value).slice(0, MATCHED_CHARS_MAX));
    } catch (error) {
      if (!(error instanceof RegexFault)) throw error;
      return fail({ kind: "bad value", type: "regular expression", column: "", value: source, row: 1 });
    }
  }

  #scalar(query: Query, scope: Scope): Value {
    const { columns, rows } = this.subquery(query, scope);
    if (columns.length !== 1) fail({ kind: "operand columns", count: 1 });
    if (rows.length > 1) fail({ kind: "many rows" });
    return rows[0]?.[0] ?? null;
  }
}

function asValue(isTrue: boolean | null, evaluator: Evaluator): Value {
  return isTrue === null ? null : evaluator.bool(isTrue);
}

const both = (a: boolean | null, b: boolean | null): boolean | null =>
  a === false || b === false ? false : a === null || b === null ? null : true;

/** NOT of something that may be unknown. In a result a truth of MySQL is a number. */
function negated(isTrue: boolean | null, isNot: boolean): boolean | null {
  return isTrue === null ? null : isTrue !== isNot;
}

/** Whether a value counts as true. */
export function truth(value: Value): boolean {
  if (typeof value === "boolean") return value;
  if (value === null) return false;
  return typeof value === "string" && /^(t|true|yes|on)$/i.test(value) ? true : numberOf(value) !== 0;
}

/** Whether a text is like a pattern of `%` and `_`, in one pass with one place to come back to. */
export function isLike(text: string, pattern: string): boolean {
  let [t, p, star, mark] = [0, 0, -1, 0];
  while (t < text.length) {
    const char = pattern[p];
    if (char === "%") {
      star = p;
      mark = t;
      p += 1;
    } else if (char === "\\" ? pattern[p + 1] === text[t] : char !== undefined && (char === "_" || char === text[t])) {
      p += char === "\\" ? 2 : 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      mark += 1;
      t = mark;
    } else return false;
  }
  while (pattern[p] === "%") p += 1;
  return p >= pattern.length;
}

/** A member of a JSON text. */
function member(value: Value, key: Value, isText: boolean): Value {
  let document: unknown;
  try {
    document = JSON.parse(textOf(value));
  } catch {
    return null;
  }
  const name = textOf(key).replace(/^\$\.?/, "");
  const holder =
    typeof document === "object" && document !== null && Object.hasOwn(document, name)
      ? (document as Record<string, unknown>)[name]
      : undefined;
  if (holder === undefined || holder === null) return null;
  return isText && typeof holder === "string" ? holder : JSON.stringify(holder);
}
