/**
 * Executables: finding a command along PATH, and what program a file is.
 *
 * Models execve(2), scripts with `#!` included.
 */
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import { programIn } from "#kernel/runtime/files/image-tree";
import { absolute, below } from "#kernel/runtime/files/paths";
import { allows } from "#kernel/runtime/files/stat";
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
    return stat.kind !== "dir" && allows(stat, seeker.uid, 1, sandbox.files.groups) ? name : ERRNO.EACCES;
  }
  if (name === "") return ERRNO.ENOENT;
  let failure: Errno = ERRNO.ENOENT;
  for (const directory of seeker.path.split(":")) {
    const path = below(directory === "" ? seeker.cwd : directory, name);
    const stat = sandbox.files.stat(path);
    if (typeof stat === "number" || stat.kind === "dir") continue;
    if (allows(stat, seeker.uid, 1, sandbox.files.groups)) return path;
    failure = ERRNO.EACCES;
  }
  return failure;
}

/** What executing a file runs. */
export interface Loaded {
  readonly program: string;
  readonly argv: readonly string[];
}

/** Bytes of a file that say what it is. */
const HEAD_BYTES = 4_096;

/** The program and arguments a file stands for: a compiled one, or a script's interpreter. */
export function loadExecutable(
  sandbox: Sandbox,
  path: string,
  argv: readonly string[],
  seeker: Seeker,
): Loaded | Errno {
  const text = sandbox.files.bytes(absolute(path, seeker.cwd), 0, HEAD_BYTES);
  if (typeof text === "number") return text;
  const program = programIn(text);
  if (program !== undefined) return { program, argv };
  if (!text.startsWith("#!")) return ERRNO.ENOEXEC;
  const [interpreter = "", ...rest] = (text.slice(2).split("\n")[0] ?? "").trim().split(/\s+/);
  const option = rest.join(" ");
  const given = [interpreter, ...(option === "" ? [] : [option]), path, ...argv.slice(1)];
  const binary = sandbox.files.bytes(interpreter, 0, HEAD_BYTES);
  const found = typeof binary === "number" ? undefined : programIn(binary);
  return found === undefined ? ERRNO.ENOENT : { program: found, argv: given };
}
