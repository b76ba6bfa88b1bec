/**
 * Redirections: what a command's descriptors lead to while it runs.
 *
 * Models XCU 2.7.
 */
import { absolute } from "#kernel/runtime/files/paths";
import { attach, closeFd, type OpenMode, openPath, register, release, share } from "#kernel/runtime/process/open-files";
import type { Process } from "#kernel/runtime/process/process";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import type { Redirection } from "#kernel/runtime/shell/ast";
import { cannotOpen, type Dialect } from "#kernel/runtime/shell/messages";

/** A redirection with its word expanded. */
export interface Ready {
  readonly redirection: Redirection;
  readonly text: string;
}

const MODES: Readonly<Record<string, OpenMode>> = {
  "<": "read",
  ">": "write",
  ">|": "write",
  ">>": "append",
  "<>": "both",
  "&>": "write",
  "&>>": "append",
};

/**
 * Makes redirections, noting in `saved` what each descriptor was (-1: closed). Gives the message if one fails;
 * those made before it stay, for restore to undo.
 */
export function redirect(
  sandbox: Sandbox,
  process: Process,
  redirections: readonly Ready[],
  options: { readonly dialect: Dialect; readonly saved?: Record<string, number>; readonly isNoClobber: boolean },
): string | undefined {
  for (const { redirection, text } of redirections) {
    const { op } = redirection;
    const fd = redirection.fd ?? (op.startsWith("<") ? 0 : 1);
    const target = open(sandbox, process, { op, text, ...options });
    if (typeof target === "string") return target;
    save(sandbox, process, fd, options.saved);
    if (target === undefined) closeFd(sandbox, process, fd);
    else attach(sandbox, process, fd, target);
    if (op !== "&>" && op !== "&>>" && !isBoth(redirection, text)) continue;
    save(sandbox, process, 2, options.saved);
    if (target !== undefined) attach(sandbox, process, 2, share(sandbox, target));
  }
  return undefined;
}

/** bash's `>&file`: output and errors. */
function isBoth({ op, fd }: Redirection, text: string): boolean {
  return op === ">&" && fd === undefined && !/^([0-9]+|-)$/.test(text);
}

function open(
  sandbox: Sandbox,
  process: Process,
  { op, text, dialect, isNoClobber }: { op: string; text: string; dialect: Dialect; isNoClobber: boolean },
): number | undefined | string {
  if (op === "<<" || op === "<<<") {
    return register(sandbox, { kind: "text", text: op === "<<" ? text : `${text}\n`, at: 0 });
  }
  if (op === "<&" || op === ">&") {
    if (text === "-") return undefined;
    if (/^[0-9]+$/.test(text)) {
      const number = process.fds[text];
      return number === undefined
        ? `${text}: ${dialect === "ash" ? "" : "Bad file descriptor"}`.trim()
        : share(sandbox, number);
    }
  }
  const mode = MODES[op] ?? "write";
  if (op === ">" && isNoClobber && sandbox.files.exists(absolute(text, process.cwd))) {
    return dialect === "bash" ? `${text}: cannot overwrite existing file` : `can't create ${text}: File exists`;
  }
  const number = openPath(sandbox, process, text, mode);
  return number < 0 ? cannotOpen(dialect, text, -number, mode !== "read") : number;
}

function save(sandbox: Sandbox, process: Process, fd: number, saved: Record<string, number> | undefined): void {
  if (saved === undefined || saved[fd] !== undefined) return;
  const number = process.fds[fd];
  saved[fd] = number === undefined ? -1 : share(sandbox, number);
}

/** Puts descriptors back to what they were. */
export function restore(sandbox: Sandbox, process: Process, saved: Readonly<Record<string, number>>): void {
  for (const [fd, number] of Object.entries(saved)) {
    if (number === -1) closeFd(sandbox, process, Number(fd));
    else attach(sandbox, process, Number(fd), number);
  }
}

/** Forgets what descriptors were: the redirections stay, as after `exec >file`. */
export function keep(sandbox: Sandbox, saved: Readonly<Record<string, number>>): void {
  for (const number of Object.values(saved)) if (number !== -1) release(sandbox, number);
}
