/**
 * The file system as one container sees it: image, writable layer, volumes and kernel files under one root.
 *
 * Models the overlay file system and mounts of a container.
 * Leaves out groups, hard links and device nodes: nothing in a lesson's container shows them.
 */
import type { ContainerRecord, Mount } from "#kernel/runtime/container";
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import type { ImageTree } from "#kernel/runtime/files/image-tree";
import { absolute, below, parentOf } from "#kernel/runtime/files/paths";
import { dropNode, type FileNode, putNode, putText, textOf, treeOf } from "#kernel/runtime/files/volume";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";
import type { Cells } from "#kernel/store/cells";

/** What is known of a file without reading it. */
export interface Stat {
  readonly kind: "dir" | "file" | "link" | "device";
  readonly mode: number;
  readonly uid: number;
  readonly at: Instant;
  /** Target of a symbolic link. */
  readonly to?: string;
}

/** Files of the kernel: contents made when they are read. */
export interface KernelFiles {
  stat(path: string): Stat | undefined;
  read(path: string): string | undefined;
  list(path: string): readonly string[];
}

/** Where a canonical path lives. */
interface Place {
  readonly volume: string;
  readonly path: string;
  readonly isReadOnly: boolean;
  readonly mount?: Mount;
}

/** The room-wide id of a container's writable layer. */
export function layerOf(containerId: string): string {
  return `layer/${containerId}`;
}

export class FileSystem {
  readonly #mounts: readonly Mount[];

  constructor(
    readonly cells: Cells,
    readonly spec: ContainerRecord,
    readonly image: ImageTree,
    readonly kernel: KernelFiles,
    readonly clock: { readonly now: Instant },
  ) {
    this.#mounts = [...spec.mounts].sort((a, b) => b.path.length - a.path.length);
  }

  /** The path with every symbolic link in its directories (and, if `follows`, in its last part) replaced. */
  resolve(path: string, follows = true): string | Errno {
    let todo = absolute(path).split("/").slice(1);
    let done = "/";
    let links = 0;
    while (todo.length > 0) {
      const [part = "", ...rest] = todo;
      todo = rest;
      if (part === "") continue;
      const next = below(done, part);
      const stat = todo.length > 0 || follows ? this.#look(next) : undefined;
      if (stat?.kind !== "link") {
        done = next;
        continue;
      }
      links += 1;
      if (links > 40) return ERRNO.ELOOP;
      todo = [
        ...absolute(stat.to ?? "", done)
          .split("/")
          .slice(1),
        ...rest,
      ];
      done = "/";
    }
    return done;
  }

  /** What is at the path; a symbolic link itself unless `follows`. */
  stat(path: string, follows = true): Stat | Errno {
    const found = this.resolve(path, follows);
    if (typeof found === "number") return found;
    const stat = this.#look(found);
    if (stat !== undefined) return path.endsWith("/") && stat.kind === "file" ? ERRNO.ENOTDIR : stat;
    const parent = this.#look(parentOf(found));
    return parent?.kind === "file" ? ERRNO.ENOTDIR : ERRNO.ENOENT;
  }

  exists(path: string): boolean {
    return typeof this.stat(path) !== "number";
  }

  isDirectory(path: string): boolean {
    const stat = this.stat(path);
    return typeof stat !== "number" && stat.kind === "dir";
  }

  /** The text of a file. */
  read(path: string, uid = 0): string | Errno {
    const found = this.resolve(path);
    if (typeof found === "number") return found;
    const stat = this.stat(found);
    if (typeof stat === "number") return stat;
    if (stat.kind === "dir") return ERRNO.EISDIR;
    if (!allows(stat, uid, 4)) return ERRNO.EACCES;
    return this.#text(found);
  }

  /** Names in a directory, sorted. */
  list(path: string, uid = 0): readonly string[] | Errno {
    const found = this.resolve(path);
    if (typeof found === "number") return found;
    const stat = this.stat(found);
    if (typeof stat === "number") return stat;
    if (stat.kind !== "dir") return ERRNO.ENOTDIR;
    if (!allows(stat, uid, 4)) return ERRNO.EACCES;
    return [...this.#names(found)].sort();
  }

  /** Writes the whole text of a file, creating it if its directory is there. */
  write(path: string, text: string, options: { readonly uid?: number; readonly mode?: number } = {}): 0 | Errno {
    if (text.length > LIMITS.fileChars) return ERRNO.ENOSPC;
    const found = this.resolve(path);
    if (typeof found === "number") return found;
    const uid = options.uid ?? 0;
    const old = this.#look(found);
    if (old?.kind === "dir") return ERRNO.EISDIR;
    if (old?.kind === "device") return 0;
    const refused = old === undefined ? this.#mayCreate(found, uid) : allows(old, uid, 2) ? 0 : ERRNO.EACCES;
    if (refused !== 0) return refused;
    const place = this.#place(found);
    if (place.isReadOnly) return ERRNO.EROFS;
    const mode = options.mode ?? old?.mode ?? 0o644;
    putText(this.cells, place.volume, place.path, { text, mode, uid: old?.uid ?? uid, at: this.clock.now });
    return 0;
  }

  /** Makes a directory; its parent must be there. */
  makeDirectory(path: string, uid = 0, mode = 0o755): 0 | Errno {
    return this.#create(path, uid, { kind: "dir", mode, uid, at: this.clock.now });
  }

  /** Whether a file could be created at a path: 0, or the error. */
  mayCreate(path: string, uid = 0): 0 | Errno {
    const found = this.resolve(path, false);
    return typeof found === "number" ? found : this.#mayCreate(found, uid);
  }

  /** Makes a symbolic link. */
  link(path: string, to: string, uid = 0): 0 | Errno {
    return this.#create(path, uid, { kind: "link", to, uid, at: this.clock.now });
  }

  /** Removes a file, a link, or a directory with all below it. */
  remove(path: string, uid = 0): 0 | Errno {
    const found = this.resolve(path, false);
    if (typeof found === "number") return found;
    if (this.#look(found) === undefined) return ERRNO.ENOENT;
    if (found === "/" || this.#mounts.some((mount) => mount.path === found)) return ERRNO.EBUSY;
    const refused = this.#mayWriteIn(parentOf(found), uid);
    if (refused !== 0) return refused;
    const place = this.#place(found);
    if (place.isReadOnly) return ERRNO.EROFS;
    dropNode(this.cells, place.volume, place.path, place.mount === undefined);
    return 0;
  }

  /** Changes mode, owner or modification instant. */
  change(path: string, change: { mode?: number; uid?: number; at?: Instant }, uid = 0): 0 | Errno {
    const found = this.resolve(path);
    if (typeof found === "number") return found;
    const old = this.#look(found);
    if (old === undefined) return ERRNO.ENOENT;
    if (old.kind === "device" || old.kind === "link") return 0;
    if (uid !== 0 && (old.uid !== uid || change.uid !== undefined)) return ERRNO.EPERM;
    const place = this.#place(found);
    if (place.isReadOnly) return ERRNO.EROFS;
    const node = { mode: old.mode, uid: old.uid, at: old.at, ...change };
    if (old.kind === "dir") putNode(this.cells, place.volume, place.path, { kind: "dir", ...node });
    else putText(this.cells, place.volume, place.path, { text: this.#text(found), ...node });
    return 0;
  }

  /** Bytes of a file's text in UTF-8. */
  size(path: string): number {
    const stat = this.stat(path, false);
    if (typeof stat === "number") return 0;
    if (stat.kind === "dir") return 4_096;
    if (stat.kind === "link") return (stat.to ?? "").length;
    const found = this.resolve(path);
    return typeof found === "number" ? 0 : utf8Length(this.#text(found));
  }

  /** Mount points, the longest path first. */
  get mounts(): readonly Mount[] {
    return this.#mounts;
  }

  #create(path: string, uid: number, node: FileNode): 0 | Errno {
    const found = this.resolve(path, false);
    if (typeof found === "number") return found;
    if (this.#look(found) !== undefined) return ERRNO.EEXIST;
    const refused = this.#mayCreate(found, uid);
    if (refused !== 0) return refused;
    const place = this.#place(found);
    if (place.isReadOnly) return ERRNO.EROFS;
    putNode(this.cells, place.volume, place.path, node);
    return 0;
  }

  #mayCreate(path: string, uid: number): 0 | Errno {
    const parent = this.stat(parentOf(path));
    if (typeof parent === "number") return parent;
    if (parent.kind !== "dir") return ERRNO.ENOTDIR;
    return this.#mayWriteIn(parentOf(path), uid);
  }

  #mayWriteIn(directory: string, uid: number): 0 | Errno {
    const stat = this.stat(directory);
    if (typeof stat === "number") return stat;
    if (this.#place(below(directory, "x")).isReadOnly) return ERRNO.EROFS;
    return allows(stat, uid, 2) ? 0 : ERRNO.EACCES;
  }

  #place(path: string): Place {
    for (const mount of this.#mounts) {
      if (path !== mount.path && !path.startsWith(mount.path === "/" ? "/" : `${mount.path}/`)) continue;
      const rest = path.slice(mount.path.length).replace(/^\//, "");
      const inside = [mount.subPath?.replace(/^\/+|\/+$/g, "") ?? "", rest].filter((part) => part !== "").join("/");
      return { volume: mount.volume, path: inside, isReadOnly: mount.isReadOnly, mount };
    }
    return { volume: layerOf(this.spec.id), path: path.slice(1), isReadOnly: this.spec.isReadOnlyRoot };
  }

  /** What is at a canonical path. */
  #look(path: string): Stat | undefined {
    const kernel = this.kernel.stat(path);
    if (kernel !== undefined) return kernel;
    const place = this.#place(path);
    const tree = treeOf(this.cells, place.volume);
    const node = tree.nodes[place.path];
    if (node !== undefined) return node.kind === "link" ? { mode: 0o777, ...node } : node;
    if (place.mount !== undefined) {
      const isRoot = path === place.mount.path || place.path === "" || hasBelow(tree.nodes, place.path);
      return isRoot ? { kind: "dir", mode: 0o777, uid: 0, at: this.#born } : undefined;
    }
    if (this.spec.files[path] !== undefined && tree.gone?.[place.path] === undefined) {
      return { kind: "file", mode: path === this.spec.terminationMessagePath ? 0o666 : 0o644, uid: 0, at: this.#born };
    }
    const isMountParent = this.#mounts.some((mount) => mount.path.startsWith(`${path}/`));
    if (path === "/" || isMountParent) return { kind: "dir", mode: 0o755, uid: 0, at: this.#born };
    if (isGone(tree.gone, place.path)) return undefined;
    const seed = this.image.get(path);
    if (seed !== undefined) return { uid: 0, at: this.#born, ...seed };
    if (hasBelow(tree.nodes, place.path) || this.#isAboveSpecFile(path)) {
      return { kind: "dir", mode: 0o755, uid: 0, at: this.#born };
    }
    return undefined;
  }

  get #born(): Instant {
    return this.spec.startedAt;
  }

  #isAboveSpecFile(path: string): boolean {
    for (const file in this.spec.files) if (file.startsWith(`${path}/`)) return true;
    return false;
  }

  #text(path: string): string {
    const kernel = this.kernel.read(path);
    if (kernel !== undefined) return kernel;
    const place = this.#place(path);
    const node = treeOf(this.cells, place.volume).nodes[place.path];
    if (node?.kind === "file") return textOf(this.cells, place.volume, node);
    return this.spec.files[path] ?? this.image.get(path)?.text ?? "";
  }

  #names(path: string): Set<string> {
    const names = new Set<string>(this.kernel.list(path));
    const place = this.#place(path);
    const tree = treeOf(this.cells, place.volume);
    const prefix = place.path === "" ? "" : `${place.path}/`;
    const isOnMount = place.mount !== undefined;
    if (!isOnMount) {
      for (const name of this.image.list(path)) {
        if (!isGone(tree.gone, `${prefix}${name}`)) names.add(name);
      }
      for (const file in this.spec.files) addChild(names, path, file);
    }
    for (const at in tree.nodes) {
      if (at.startsWith(prefix) && at !== "") names.add(at.slice(prefix.length).split("/")[0] ?? "");
    }
    for (const mount of this.#mounts) addChild(names, path, mount.path);
    names.delete("");
    return names;
  }
}

function addChild(names: Set<string>, directory: string, path: string): void {
  const prefix = directory === "/" ? "/" : `${directory}/`;
  if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split("/")[0] ?? "");
}

function hasBelow(nodes: Readonly<Record<string, FileNode>>, path: string): boolean {
  const prefix = path === "" ? "" : `${path}/`;
  for (const at in nodes) if (at.startsWith(prefix)) return true;
  return false;
}

function isGone(gone: Readonly<Record<string, true>> | undefined, path: string): boolean {
  if (gone === undefined) return false;
  for (let at = path; at !== ""; at = at.includes("/") ? at.slice(0, at.lastIndexOf("/")) : "") {
    if (gone[at] === true) return true;
  }
  return false;
}

/** Whether a user may read (4), write (2) or execute (1); root may read and write everything. */
export function allows(stat: Stat, uid: number, bit: 1 | 2 | 4): boolean {
  if (uid === 0) return bit !== 1 || (stat.mode & 0o111) !== 0;
  return ((stat.uid === uid ? stat.mode >> 6 : stat.mode) & bit) !== 0;
}

/** Bytes of a text in UTF-8; the code points U+DC80 to U+DCFF stand for single bytes. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let n = 0; n < text.length; n += 1) {
    const code = text.charCodeAt(n);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800 || (code >= 0xd800 && code < 0xdc00)) bytes += 2;
    else if (code >= 0xdc00 && code < 0xe000) bytes += (text.charCodeAt(n - 1) & 0xfc00) === 0xd800 ? 2 : 1;
    else bytes += 3;
  }
  return bytes;
}
