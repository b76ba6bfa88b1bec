/**
 * What goes wrong in an expression: problems found when it is read, and errors when it runs.
 *
 * Models cel-go/common/errors.go and interpreter errors.
 */

export interface Problem {
  /** UTF-16 offset in the text. */
  readonly at: number;
  readonly message: string;
}

/** More problems than these help nobody. */
const SHOWN_MAX = 100;

/** An expression that cannot be compiled. `message` shows each problem at its place, as cel-go prints them. */
export class CompileError extends Error {
  override name = "CompileError";

  readonly problems: readonly Problem[];

  constructor(text: string, problems: readonly Problem[]) {
    super(
      [...problems]
        .sort((a, b) => a.at - b.at)
        .slice(0, SHOWN_MAX)
        .map((problem) => shown(text, problem))
        .join("\n"),
    );
    this.problems = problems;
  }
}

function shown(text: string, { at, message }: Problem): string {
  const before = text.slice(0, at);
  const line = before.split("\n").length;
  const start = before.lastIndexOf("\n") + 1;
  const end = text.indexOf("\n", at);
  const column = [...text.slice(start, at)].length;
  const snippet = text.slice(start, end === -1 ? undefined : end).replaceAll("\t", " ");
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${snippet}\n | ${".".repeat(column)}^`;
}

/** An error of a running expression: `&&`, `||` and `?:` may make up for it. */
export class RunError extends Error {
  override name = "RunError";
  /** What had been spent when it came up. */
  cost = 0;
}

/** The expression did more than it may; nothing makes up for that. */
export class CostError extends Error {
  override name = "CostError";

  constructor() {
    super("operation cancelled: actual cost limit exceeded");
  }
}

/** A function or operator was given what it does not take. */
export const noSuchOverload = (): RunError => new RunError("no such overload");
/** A map has no such entry. */
export const noSuchKey = (key: string): RunError => new RunError(`no such key: ${key}`);
