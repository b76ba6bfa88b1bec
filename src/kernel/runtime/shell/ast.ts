/**
 * The syntax tree of shell scripts. Nodes are numbered in a table, so that a running shell can say where it is in JSON.
 *
 * Models the grammar of POSIX.1-2017, XCU chapter 2, and of bash `[[ ]]`, `(( ))`, `<<<` and `&>`.
 */

/** A word before its expansion. */
export type Word = readonly Part[];

export type Part =
  | { readonly t: "text"; readonly v: string; readonly isQuoted?: true }
  | { readonly t: "double"; readonly parts: Word }
  | Parameter
  /** `$(...)`; of bash `<(...)`, whose output becomes a file. */
  | { readonly t: "command"; readonly node: number; readonly isFile?: true }
  | { readonly t: "arithmetic"; readonly parts: Word };

export interface Parameter {
  readonly t: "parameter";
  readonly name: string;
  /** Of bash `[...]` after the name: an element of an array, or `@` and `*` for all. */
  readonly index?: Word;
  /** Of bash `!` before it: the indexes of an array. */
  readonly isKeys?: true;
  /** Of bash `!` before it: the parameter that its value names, or the names that begin with it. */
  readonly isIndirect?: true;
  readonly isPrefix?: true;
  /** `#` before the name: its length. */
  readonly isLength?: true;
  /** `:-` `-` `:=` `=` `:?` `?` `:+` `+` `%` `%%` `#` `##`; of bash `/` `//` `:` `^` `^^` `,` `,,` `@Q` `@U` `@L` `@u`. */
  readonly op?: string;
  readonly word?: Word;
}

export interface Redirection {
  readonly fd?: number;
  /** `<` `>` `>>` `>|` `<>` `<&` `>&` `<<` `<<<` `&>` `&>>` */
  readonly op: string;
  readonly word: Word;
}

export interface Assignment {
  readonly name: string;
  /** Of bash: an element of an array. */
  readonly index?: Word;
  /** Of bash `name=(...)`: all of an array; a word may be `[index]=value`. */
  readonly items?: readonly Word[];
  readonly isAppending?: true;
  readonly word: Word;
}

export type Node =
  | {
      readonly k: "simple";
      readonly assignments: readonly Assignment[];
      readonly words: readonly Word[];
      readonly redirections: readonly Redirection[];
      readonly line: number;
    }
  | { readonly k: "pipeline"; readonly isNegated: boolean; readonly items: readonly number[] }
  | {
      readonly k: "andor";
      readonly first: number;
      readonly rest: readonly { readonly op: "&&" | "||"; readonly node: number }[];
    }
  | { readonly k: "list"; readonly items: readonly { readonly node: number; readonly isAsync?: true }[] }
  | { readonly k: "group"; readonly body: number; readonly redirections: readonly Redirection[] }
  | { readonly k: "subshell"; readonly body: number; readonly redirections: readonly Redirection[] }
  | {
      readonly k: "if";
      readonly clauses: readonly { readonly test: number; readonly body: number }[];
      readonly otherwise?: number;
      readonly redirections: readonly Redirection[];
    }
  | {
      readonly k: "while";
      readonly isUntil: boolean;
      readonly test: number;
      readonly body: number;
      readonly redirections: readonly Redirection[];
    }
  | {
      readonly k: "for";
      readonly name: string;
      /** Absent: over the positional parameters. */
      readonly words?: readonly Word[];
      readonly body: number;
      readonly redirections: readonly Redirection[];
    }
  | {
      readonly k: "loop";
      /** bash `for ((start; test; next))`. */
      readonly start: Word;
      readonly test: Word;
      readonly next: Word;
      readonly body: number;
      readonly redirections: readonly Redirection[];
    }
  | {
      readonly k: "case";
      readonly word: Word;
      readonly items: readonly { readonly patterns: readonly Word[]; readonly body: number; readonly falls?: true }[];
      readonly redirections: readonly Redirection[];
    }
  | { readonly k: "function"; readonly name: string; readonly body: number }
  | { readonly k: "arithmetic"; readonly parts: Word; readonly redirections: readonly Redirection[] }
  | { readonly k: "condition"; readonly words: readonly Word[]; readonly redirections: readonly Redirection[] };

/** A parsed text: its complete commands in order, up to where it stops making sense. */
export interface Script {
  readonly nodes: readonly Node[];
  /** Nodes of its complete commands, and the offset in the text after each. */
  readonly commands: readonly { readonly node: number; readonly end: number }[];
  readonly fault?: Fault;
  /** Its last here-document has no end yet. */
  readonly isOpen?: true;
}

export interface Fault {
  readonly line: number;
  /** What was found: a token, `end of file`, or undefined for an unterminated quotation. */
  readonly token?: string;
  readonly expecting?: string;
  /** More text could mend it. */
  readonly isIncomplete: boolean;
  /** The quotation that does not end. */
  readonly quote?: string;
  /** `${...}` that is none. */
  readonly isBadSubstitution?: true;
}
