/**
 * What reading shell text goes by, and what it meets besides words: text that makes no sense, here-documents to come.
 */
import type { Fault, Word } from "#kernel/runtime/shell/ast";

/** The text makes no sense from here on. */
export class SyntaxFault extends Error {
  constructor(readonly fault: Fault) {
    super("syntax error");
  }
}

/** A here-document whose text begins after the present line. */
export interface Awaited {
  readonly delimiter: string;
  readonly isQuoted: boolean;
  readonly stripsTabs: boolean;
  fill(word: Word): void;
}

/** Operators, the longest first. */
export const OPERATORS = ["&&", "||", ";;", ";&", "<<<", "<<-", "<<", ">>", "<&", ">&", "<>", ">|", "&>>", "&>"];
/** Words that mean something where a command begins. */
export const RESERVED = "! { } case do done elif else esac fi for if in then until while".split(" ");
/** What ends a word. */
export const BREAKS = " \t\n;&|<>()";
/** `$(< file)` of bash, after its parenthesis: the content of the file. */
export const READ_FILE = /^\s*(<\s*[^\s<>()|&;]+)\s*\)/;
/** The name of a variable. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;
/** What may follow a name in `${...}`. */
export const OPS = /^(:-|:=|:\?|:\+|-|=|\?|\+|%%|%|##|#|\/\/|\/|\^\^|\^|,,|,|:)/;
