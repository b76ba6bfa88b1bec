/**
 * An awk program as a tree of rules, statements and expressions.
 */
export type Expr =
  | { readonly k: "number"; readonly value: number }
  | { readonly k: "string"; readonly value: string }
  | { readonly k: "regex"; readonly source: string }
  | { readonly k: "var"; readonly name: string }
  | { readonly k: "field"; readonly of: Expr }
  | { readonly k: "index"; readonly name: string; readonly keys: readonly Expr[] }
  | { readonly k: "assign"; readonly to: Expr; readonly op: string; readonly value: Expr }
  | { readonly k: "step"; readonly to: Expr; readonly by: 1 | -1; readonly isPrefix: boolean }
  | { readonly k: "binary"; readonly op: string; readonly a: Expr; readonly b: Expr }
  | { readonly k: "unary"; readonly op: string; readonly a: Expr }
  | { readonly k: "cond"; readonly test: Expr; readonly a: Expr; readonly b: Expr }
  | { readonly k: "in"; readonly keys: readonly Expr[]; readonly name: string }
  | { readonly k: "call"; readonly name: string; readonly args: readonly Expr[] };

export type Stmt =
  | { readonly k: "expr"; readonly of: Expr }
  | {
      readonly k: "print";
      readonly isFormat: boolean;
      readonly args: readonly Expr[];
      readonly to?: Expr;
      readonly isAppending?: boolean;
    }
  | { readonly k: "if"; readonly test: Expr; readonly then: Stmt; readonly otherwise?: Stmt }
  | { readonly k: "while"; readonly test: Expr; readonly body: Stmt; readonly isLate: boolean }
  | { readonly k: "for"; readonly init?: Stmt; readonly test?: Expr; readonly next?: Stmt; readonly body: Stmt }
  | { readonly k: "each"; readonly name: string; readonly array: string; readonly body: Stmt }
  | { readonly k: "block"; readonly body: readonly Stmt[] }
  | { readonly k: "jump"; readonly how: "next" | "break" | "continue" | "exit" | "return"; readonly value?: Expr }
  | { readonly k: "delete"; readonly name: string; readonly keys?: readonly Expr[] };

export interface Rule {
  readonly when: "BEGIN" | "END" | { readonly from?: Expr; readonly to?: Expr };
  readonly body: Stmt;
}

export interface AwkProgram {
  readonly rules: readonly Rule[];
  readonly functions: Readonly<Record<string, { readonly params: readonly string[]; readonly body: Stmt }>>;
}

/** A program that cannot be read or run. */
export class AwkFault extends Error {}
