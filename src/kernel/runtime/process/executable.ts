/**
 * Executables: finding a command along PATH, and what program a file is.
 *
 * Models execve(2), scripts with `#!` included.
 */
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import { allows } from "#kernel/runtime/files/filesystem";
import { programIn } from "#kernel/runtime/files/image-tree";
import { absolute, below } from "#kernel/runtime/files/paths";
import type { Sandbox } from "#kernel/runtime/process/sandbox";

/** Who looks, and from where. */
export interface Seeker {
  readonly cwd: string;
  readonly uid: number;
  /** The value of PATH. */
  readonly path: string;
}

/** The path of a command: one with a slash as it is, else the first executable along PATH. */
export function findExecutable(sandbox: Sandbox, name: string, seeker: Seeker): string | Errno {
  if (name.includes("/")) {
    const stat = sandbox.files.stat(absolute(name, seeker.cwd));
    if (typeof stat === "number") return stat;
    return stat.kind !== "dir" && allows(stat, seeker.uid, 1) ? name : ERRNO.EACCES;
  }
  if (name === "") return ERRNO.ENOENT;
  let failure: Errno = ERRNO.ENOENT;
  for (const directory of seeker.path.split(":")) {
    const path = below(directory === "" ? seeker.cwd : directory, name);
    const stat = sandbox.files.stat(path);
    if (typeof stat === "number" || stat.kind === "dir") continue;
    if (allows(stat, seeker.uid, 1)) return path;
    failure = ERRNO.EACCES;
  }
  return failure;
}

/** What executing a file runs. */
export interface Loaded {
  readonly program: string;
  readonly argv: readonly string[];
}

/** The program and arguments a file stands for: a compiled one, or a script's interpreter. */
export function loadExecutable(
  sandbox: Sandbox,
  path: string,
  argv: readonly string[],
  seeker: Seeker,
): Loaded | Errno {
  const text = sandbox.files.read(absolute(path, seeker.cwd));
  if (typeof text === "number") return text;
  const program = programIn(text);
  if (program !== undefined) return { program, argv };
  if (!text.startsWith("#!")) return ERRNO.ENOEXEC;
  const [interpreter = "", ...rest] = (text.slice(2).split("\n")[0] ?? "").trim().split(/\s+/);
  const option = rest.join(" ");
  const given = [interpreter, ...(option === "" ? [] : [option]), path, ...argv.slice(1)];
  const binary = sandbox.files.read(interpreter);
  const found = typeof binary === "number" ? undefined : programIn(binary);
  return found === undefined ? ERRNO.ENOENT : { program: found, argv: given };
}
