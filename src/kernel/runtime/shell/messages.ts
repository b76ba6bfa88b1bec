/**
 * How shells word what goes wrong: busybox ash, dash and bash differ.
 */
import { ERRNO, errnoText } from "#kernel/runtime/files/errno";
import type { Fault } from "#kernel/runtime/shell/ast";

export type Dialect = "ash" | "dash" | "bash";

/** The beginning of a message: the shell's name, where it is, the built-in that complains. */
export function prefix(
  dialect: Dialect,
  place: { readonly name: string; readonly line: number; readonly isFile: boolean; readonly isInteractive: boolean },
  command?: string,
): string {
  const { name, line, isFile, isInteractive } = place;
  const by = command === undefined ? "" : `${command}: `;
  if (dialect === "dash") return `${name}: ${line}: ${by}`;
  if (dialect === "bash") return isInteractive ? `${name}: ${by}` : `${name}: line ${line}: ${by}`;
  if (isFile) return `${name}: ${by}line ${line}: `;
  return command === undefined || isInteractive ? `${name}: ${by}` : `${name}: ${by}line 0: `;
}

/** A command that is nowhere along PATH. */
export function notFound(dialect: Dialect, command: string): string {
  if (dialect === "bash")
    return command.includes("/") ? `${command}: No such file or directory` : `${command}: command not found`;
  return `${command}: not found`;
}

/** A redirection that cannot be made. */
export function cannotOpen(dialect: Dialect, path: string, errno: number, isCreating: boolean): string {
  if (dialect === "bash") return `${path}: ${errnoText(errno)}`;
  const verb = isCreating ? "create" : "open";
  const isMissing = errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR;
  if (dialect === "dash") {
    const why = isMissing ? (isCreating ? "Directory nonexistent" : "No such file") : errnoText(errno);
    return `cannot ${verb} ${path}: ${why}`;
  }
  const why = isMissing ? (isCreating ? "nonexistent directory" : "no such file") : errnoText(errno);
  return `can't ${verb} ${path}: ${why}`;
}

/** A text that makes no sense. */
export function syntaxError(dialect: Dialect, fault: Fault): string {
  const { token, expecting, quote } = fault;
  if (fault.isBadSubstitution === true)
    return dialect === "ash" ? "syntax error: bad substitution" : "Bad substitution";
  if (dialect === "bash") {
    if (token === undefined) return `unexpected EOF while looking for matching \`${quote}'`;
    return token === "end of file"
      ? "syntax error: unexpected end of file"
      : `syntax error near unexpected token \`${token}'`;
  }
  if (token === undefined) {
    const what =
      quote === "}" ? "missing '}'" : quote === "`" ? "EOF in backquote substitution" : "unterminated quoted string";
    return dialect === "ash" ? `syntax error: ${what}` : `Syntax error: ${what.replace(/^u/, "U").replace(/^m/, "M")}`;
  }
  const named = token === "end of file" || token === "newline" || token === "word" ? token : `"${token}"`;
  const hint = expecting === undefined ? "" : ` (expecting "${expecting}")`;
  return dialect === "ash"
    ? `syntax error: unexpected ${named}${hint}`
    : `Syntax error: ${named.replace(/^end/, "End").replace(/^newline/, "newline")} unexpected${hint}`;
}
