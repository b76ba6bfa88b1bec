/**
 * The syntax tree of a CEL expression. Macros are gone from it: the parser writes them out as comprehensions.
 *
 * Models cel-go/common/ast.
 */
import type { CelType } from "#kernel/cel/types";

/** Where a node stands: characters from the start of the text, counted as code points. */
interface Placed {
  readonly at: number;
  /** What the checker found; absent before. */
  type?: CelType;
}

export interface Literal extends Placed {
  readonly op: "literal";
  /** As it is at run time: null, boolean, bigint, Uint, number, string, Uint8Array. */
  readonly value: unknown;
}

export interface Ident extends Placed {
  readonly op: "ident";
  readonly name: string;
}

/** `operand.field`; `has()` with isTest, `.?` with isOptional. */
export interface Select extends Placed {
  readonly op: "select";
  readonly operand: Expr;
  readonly field: string;
  readonly isTest: boolean;
  readonly isOptional: boolean;
  /** The whole chain, where the checker found it to be one qualified name. */
  qualified?: string;
}

/** A function or an operator; operators go by their names in cel-go (`_+_`, `_?_:_`). */
export interface Call extends Placed {
  readonly op: "call";
  fn: string;
  target: Expr | undefined;
  readonly args: readonly Expr[];
}

export interface ListExpr extends Placed {
  readonly op: "list";
  readonly items: readonly { readonly value: Expr; readonly isOptional: boolean }[];
}

export interface MapExpr extends Placed {
  readonly op: "map";
  readonly entries: readonly {
    readonly at: number;
    readonly key: Expr;
    readonly value: Expr;
    readonly isOptional: boolean;
  }[];
}

/** `Name{field: value}`. */
export interface Struct extends Placed {
  readonly op: "struct";
  readonly name: string;
  readonly fields: readonly {
    readonly at: number;
    readonly name: string;
    readonly value: Expr;
    readonly isOptional: boolean;
  }[];
}

/** What every macro that walks a list or a map becomes. */
export interface Comprehension extends Placed {
  readonly op: "fold";
  readonly range: Expr;
  readonly variable: string;
  /** With it `variable` is the index or key, and this the value. */
  readonly second: string | undefined;
  readonly accumulator: string;
  readonly initial: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | Struct | Comprehension;

/** The name no user can give the result of a comprehension. */
export const ACCUMULATOR = "@result";
