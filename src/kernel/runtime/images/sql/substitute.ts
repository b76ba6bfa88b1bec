/**
 * Expressions with their columns replaced: an alias by what it stands for.
 */
import { hasAggregate } from "#kernel/runtime/images/sql/aggregate";
import type { Expr } from "#kernel/runtime/images/sql/ast";

/** An expression with other columns in it; what is inside subqueries stays. */
export function substituted(expr: Expr, by: (expr: Expr) => Expr): Expr {
  switch (expr.k) {
    case "col":
      return by(expr);
    case "un":
    case "cast":
    case "is":
      return { ...expr, arg: substituted(expr.arg, by) };
    case "bin":
      return { ...expr, left: substituted(expr.left, by), right: substituted(expr.right, by) };
    case "between":
      return {
        ...expr,
        arg: substituted(expr.arg, by),
        low: substituted(expr.low, by),
        high: substituted(expr.high, by),
      };
    case "like":
    case "match":
      return { ...expr, arg: substituted(expr.arg, by), pattern: substituted(expr.pattern, by) };
    case "in":
      return {
        ...expr,
        arg: substituted(expr.arg, by),
        ...(expr.list === undefined ? {} : { list: expr.list.map((one) => substituted(one, by)) }),
      };
    case "fn":
      return hasAggregate(expr) ? expr : { ...expr, args: expr.args.map((arg) => substituted(arg, by)) };
    default:
      return expr;
  }
}
