/**
 * What reading shell text meets besides words: text that makes no sense, and here-documents still to come.
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
