/**
 * agnhost mounttest: makes files, and tells of the type, modes, owners and contents of files.
 *
 * Models test/images/agnhost/mounttest.
 */
import { errnoText } from "#kernel/runtime/files/errno";
import type { Stat } from "#kernel/runtime/files/stat";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

export interface MounttestState {
  readonly kind: "mounttest";
  /** When it stops looking, when it looks next, and whether anything failed. */
  readonly until: Instant;
  readonly next: Instant;
  readonly hasFailed: boolean;
}

const NEW_TEXT = "mount-tester new file\n";
const LOOK_MS = 2_000;
/** The number by which statfs(2) tells ext2 to ext4. */
const EXT4 = 61_267;

const lower = (errno: number): string => errnoText(errno).replace(/^./, (first) => first.toLowerCase());

/** `-rw-r--r--` */
export function permissions(mode: number): string {
  const letters = [6, 3, 0].map((shift) =>
    "rwx".replace(/./g, (bit, n: number) => ((mode >> shift) & (4 >> n) ? bit : "-")),
  );
  return letters.join("");
}

/** A mode as Go writes it: `dtrwxrwxrwx`. */
function goMode({ kind, mode }: Stat): string {
  const marks = `${kind === "dir" ? "d" : kind === "link" ? "L" : ""}${mode & 0o4000 ? "u" : ""}${mode & 0o2000 ? "g" : ""}${mode & 0o1000 ? "t" : ""}`;
  return `${marks === "" ? "-" : marks}${permissions(mode)}`;
}

function content(task: Task, path: string): boolean {
  const text = task.readFile(path);
  if (typeof text === "number") {
    task.print(`error reading file content for "${path}": open ${path}: ${lower(text)}\n`);
    return false;
  }
  task.print(`content of file "${path}": ${text}\n`);
  return true;
}

function newFile(task: Task, path: string, mode: number): boolean {
  const errno = task.files.write(task.path(path), NEW_TEXT, { uid: task.uid, mode });
  if (errno !== 0) {
    task.print(`error writing new file "${path}": open ${path}: ${lower(errno)}\n`);
    return false;
  }
  return content(task, path);
}

/** Tells one thing of a file; false if it is not there. */
function tell(task: Task, path: string, say: (stat: Stat) => string): boolean {
  const stat = task.files.stat(task.path(path));
  if (typeof stat === "number") {
    task.print(`error getting file mode for "${path}": lstat ${path}: ${lower(stat)}\n`);
    return false;
  }
  task.print(say(stat));
  return true;
}

function fsType(task: Task, path: string): boolean {
  const mounts = task.record.mounts.filter((mount) => path === mount.path || path.startsWith(`${mount.path}/`));
  const [nearest] = [...mounts].sort((a, b) => b.path.length - a.path.length);
  const type = (nearest as { readonly type?: string } | undefined)?.type ?? EXT4;
  task.print(`mount type of "${path}": ${type}\n`);
  return true;
}

/** What the flags ask for, in the order of the original: a file is made before it is told of. */
function inOrder(task: Task): boolean {
  const tests: readonly (readonly [flag: string, test: (path: string) => boolean])[] = [
    ["fs_type", (path) => fsType(task, path)],
    ["new_file_0644", (path) => newFile(task, path, 0o644)],
    ["new_file_0666", (path) => newFile(task, path, 0o666)],
    ["new_file_0660", (path) => newFile(task, path, 0o660)],
    ["new_file_0777", (path) => newFile(task, path, 0o777)],
    ["file_mode", (path) => tell(task, path, (stat) => `mode of file "${path}": ${goMode(stat)}\n`)],
    ["file_perm", (path) => tell(task, path, ({ mode }) => `perms of file "${path}": -${permissions(mode)}\n`)],
    [
      "file_owner",
      (path) =>
        tell(task, path, (stat) => {
          const gid = (stat as { readonly gid?: number }).gid ?? 0;
          return `owner UID of "${path}": ${stat.uid}\nowner GID of "${path}": ${gid}\n`;
        }),
    ],
    ["file_content", (path) => content(task, path)],
  ];
  let isFine = true;
  for (const [flag, test] of tests) {
    const path = goFlag(task.argv, flag) ?? "";
    if (path !== "") isFine = test(path) && isFine;
  }
  return isFine;
}

/** Reads a file again and again for a while, so that a change of it is seen. */
function look(task: Task<MounttestState>, path: string, state: MounttestState): Step {
  if (state.next > task.now) return { until: state.next };
  if (state.next >= state.until) return state.hasFailed ? 1 : 0;
  const text = task.readFile(path);
  const breaks = goFlag(task.argv, "break_on_expected_content") !== "false";
  if (typeof text === "number") task.print(`Error reading file ${path}: open ${path}: ${lower(text)}, retrying\n`);
  else {
    task.print(`content of file "${path}": ${text}\n`);
    if (breaks && text === NEW_TEXT) return state.hasFailed ? 1 : 0;
    if (breaks) task.print(`Unexpected content. Expected: ${NEW_TEXT}. Retrying`);
  }
  task.state = { ...state, next: state.next + LOOK_MS };
  return { until: task.state.next };
}

/** One step of mounttest. */
export function mounttest(task: Task<MounttestState>): Step {
  const path = goFlag(task.argv, "file_content_in_loop") ?? "";
  if (task.state === undefined) {
    const isFine = inOrder(task);
    if (path === "") return isFine ? 0 : 1;
    const seconds = Number(goFlag(task.argv, "retry_time") ?? "180");
    task.state = { kind: "mounttest", until: task.now + seconds * 1_000, next: task.now, hasFailed: !isFine };
  }
  return look(task, path, task.state);
}
