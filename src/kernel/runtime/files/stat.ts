/**
 * What is known of files without reading them, and who may do what with them.
 */
import type { Mount } from "#kernel/runtime/container";
import type { FileView } from "#kernel/runtime/files/file-view";
import type { FileNode } from "#kernel/runtime/files/volume";
import type { Instant } from "#kernel/sim/instant";

/** What is known of a file without reading it. */
export interface Stat {
  readonly kind: "dir" | "file" | "link" | "device";
  readonly mode: number;
  readonly uid: number;
  /** Absent = 0. */
  readonly gid?: number;
  readonly at: Instant;
  /** Target of a symbolic link. */
  readonly to?: string;
}

/** Where a canonical path lives. */
export interface Place {
  readonly volume: string;
  readonly path: string;
  readonly isReadOnly: boolean;
  readonly mount?: Mount;
}

/** Files of the kernel: contents made when they are read. */
export interface KernelFiles {
  stat(path: string): Stat | undefined;
  read(path: string): string | undefined;
  list(path: string): readonly string[];
  /** Permissions that what is made now does not get. */
  readonly umask?: number;
  /** Where a canonical path leads into the files of another container; undefined if it stays here. */
  away?(path: string): { readonly files: FileView; readonly path: string } | undefined;
}

/** Adds the name of what lies directly in a directory on the way to a path. */
export function addChild(names: Set<string>, directory: string, path: string): void {
  const prefix = directory === "/" ? "/" : `${directory}/`;
  if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split("/")[0] ?? "");
}

/** Whether a tree has anything below a path. */
export function hasBelow(nodes: Readonly<Record<string, FileNode>>, path: string): boolean {
  const prefix = path === "" ? "" : `${path}/`;
  for (const at in nodes) if (at.startsWith(prefix)) return true;
  return false;
}

/** Whether a path of the image, or a directory above it, was deleted. */
export function isGone(gone: Readonly<Record<string, true>> | undefined, path: string): boolean {
  if (gone === undefined) return false;
  for (let at = path; at !== ""; at = at.includes("/") ? at.slice(0, at.lastIndexOf("/")) : "") {
    if (gone[at] === true) return true;
  }
  return false;
}

/** Whether a user in some groups may read (4), write (2) or execute (1); root may read and write everything. */
export function allows(stat: Stat, uid: number, bit: 1 | 2 | 4, groups: readonly number[] = []): boolean {
  if (uid === 0) return bit !== 1 || (stat.mode & 0o111) !== 0;
  const shift = stat.uid === uid ? 6 : groups.includes(stat.gid ?? 0) ? 3 : 0;
  return ((stat.mode >> shift) & bit) !== 0;
}
