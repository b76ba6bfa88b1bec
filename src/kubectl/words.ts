/**
 * A command line as a shell would split it: words, quotes, and a here-document for standard input.
 *
 * Leaves out everything else a shell can do (pipes, variables, substitutions): a line is one command.
 */
import { UnsupportedError, usageError } from "#kernel/kubectl/error";

/** A line in its parts. */
export interface Line {
  readonly words: readonly string[];
  /** The contents of its here-document. */
  readonly stdin?: string;
}

const HEREDOC = /<<(-?)\s*(['"]?)([A-Za-z_]\w*)\2[^\S\n]*\n([\s\S]*)$/;

/** Splits a line. @throws KubectlError */
export function splitLine(text: string): Line {
  const match = HEREDOC.exec(text);
  if (match === null) return { words: wordsOf(text) };
  const [, dash, , end = "", body = ""] = match;
  const lines = body.split("\n").map((line) => (dash === "-" ? line.replace(/^\t+/, "") : line));
  const last = lines.indexOf(end);
  if (last < 0) throw usageError(`the here-document has no line ${end} at its end`);
  return { words: wordsOf(text.slice(0, match.index)), stdin: lines.slice(0, last).join("\n") };
}

function wordsOf(text: string): string[] {
  const words: string[] = [];
  const pattern = /\s+|\\\n|((?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\|;&<>()`$])+)|(.)/gs;
  for (const [, word, stray] of text.replace(/\\\n/g, " ").matchAll(pattern)) {
    if (stray !== undefined) throw refusal(stray);
    if (word !== undefined) words.push(unquoted(word));
  }
  return words;
}

function refusal(stray: string): Error {
  if (stray === "'" || stray === '"' || stray === "\\") return usageError("a quotation does not end");
  return new UnsupportedError(`error: ${JSON.stringify(stray)} of the shell is not supported: one command per line`);
}

function unquoted(word: string): string {
  return word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs, (_all, single, double, escaped) => {
    if (single !== undefined) return single as string;
    if (double !== undefined) return (double as string).replace(/\\(["\\$`])/g, "$1");
    return escaped as string;
  });
}
