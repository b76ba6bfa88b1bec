/**
 * Aggregates: what a function makes of all rows of a group.
 */
import type { Expr, Value } from "#kernel/runtime/images/sql/ast";
import type { Evaluator } from "#kernel/runtime/images/sql/evaluate";
import { numberOf } from "#kernel/runtime/images/sql/functions";
import type { Scope } from "#kernel/runtime/images/sql/relation";
import { textOf } from "#kernel/runtime/images/sql/types";

const NAMES = [
  "COUNT",
  "SUM",
  "AVG",
  "MIN",
  "MAX",
  "GROUP_CONCAT",
  "STRING_AGG",
  "ARRAY_AGG",
  "BOOL_AND",
  "BOOL_OR",
  "EVERY",
];
const CHARS_MAX = 65_536;

/** Whether a function is an aggregate. */
export const isAggregate = (name: string): boolean => NAMES.includes(name);

/** Whether an expression has an aggregate in it, those of subqueries aside. */
export function hasAggregate(expr: Expr): boolean {
  switch (expr.k) {
    case "fn":
      return isAggregate(expr.name) || expr.args.some(hasAggregate);
    case "un":
    case "cast":
    case "is":
      return hasAggregate(expr.arg);
    case "bin":
      return hasAggregate(expr.left) || hasAggregate(expr.right);
    case "between":
      return [expr.arg, expr.low, expr.high].some(hasAggregate);
    case "like":
    case "match":
      return hasAggregate(expr.arg) || hasAggregate(expr.pattern);
    case "in":
      return hasAggregate(expr.arg) || (expr.list ?? []).some(hasAggregate);
    case "case":
      return [expr.subject, expr.otherwise, ...expr.whens.flat()].some((one) => one !== undefined && hasAggregate(one));
    default:
      return false;
  }
}

/** What an aggregate is worth for the group of a scope. */
export function aggregate(evaluator: Evaluator, { name, args, isDistinct }: Expr & { k: "fn" }, scope: Scope): Value {
  const [arg, second] = args;
  const group = scope.group ?? [];
  if (name === "COUNT" && (arg === undefined || arg.k === "star")) return group.length;
  if (arg === undefined) return null;
  const seen = new Set<string>();
  const values: Value[] = [];
  const { group: _, grouped: __, ...plain } = scope;
  for (const row of group) {
    evaluator.step();
    const value = evaluator.value(arg, { ...plain, row });
    if (value === null) continue;
    if (isDistinct === true) {
      const key = `${typeof value}${textOf(value)}`;
      if (seen.has(key)) continue;
      seen.add(key);
    }
    values.push(value);
  }
  if (name === "COUNT") return values.length;
  if (values.length === 0) return null;
  switch (name) {
    case "SUM":
      return total(values);
    case "AVG":
      return total(values) / values.length;
    case "MIN":
      return values.reduce((best, one) => (evaluator.order(one, best) < 0 ? one : best));
    case "MAX":
      return values.reduce((best, one) => (evaluator.order(one, best) > 0 ? one : best));
    case "BOOL_OR":
      return values.some((one) => one === true);
    case "BOOL_AND":
    case "EVERY":
      return values.every((one) => one === true);
    case "ARRAY_AGG":
      return `{${values.map(textOf).join(",")}}`.slice(0, CHARS_MAX);
    default: {
      const separator = second === undefined ? "," : textOf(evaluator.value(second, { ...plain, row: group[0] ?? [] }));
      return values.map(textOf).join(separator).slice(0, CHARS_MAX);
    }
  }
}

function total(values: readonly Value[]): number {
  const sum = values.reduce((sum: number, one) => sum + numberOf(one), 0);
  // Decimal fractions add up without the dust of binary ones.
  return Number.isInteger(sum) ? sum : Number(sum.toPrecision(15));
}
