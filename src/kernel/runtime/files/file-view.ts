/**
 * Reading the file system as one container sees it: image, writable layer, volumes and kernel files under one root.
 *
 * Models the overlay file system and mounts of a container.
 * Leaves out hard links and device nodes: nothing in a lesson's container shows them.
 */
import type { ContainerRecord, Mount } from "#kernel/runtime/container";
import { toBytes, utf8Length } from "#kernel/runtime/files/bytes";
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import type { ImageTree } from "#kernel/runtime/files/image-tree";
import { absolute, below, parentOf } from "#kernel/runtime/files/paths";
import {
  addChild,
  allows,
  hasBelow,
  isGone,
  type KernelFiles,
  type Place,
  type Stat,
} from "#kernel/runtime/files/stat";
import { bytesOf, type PlainFile, sizeOf, textOf, treeOf } from "#kernel/runtime/files/volume";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";
import type { Cells } from "#kernel/store/cells";

/** The room-wide id of a container's writable layer. */
export function layerOf(containerId: string): string {
  return `layer/${containerId}`;
}

export class FileView {
  readonly #mounts: readonly Mount[];
  /** The groups of its processes, the primary one first. */
  readonly groups: readonly number[];

  constructor(
    readonly cells: Cells,
    readonly spec: ContainerRecord,
    readonly image: ImageTree,
    readonly kernel: KernelFiles,
    readonly clock: { readonly now: Instant },
  ) {
    this.#mounts = [...spec.mounts].sort((a, b) => b.path.length - a.path.length);
    this.groups = [spec.group ?? 0, ...(spec.groups ?? [])];
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
      const stat = todo.length > 0 || follows ? this.look(next) : undefined;
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
    const stat = this.look(found);
    if (stat !== undefined) return path.endsWith("/") && stat.kind === "file" ? ERRNO.ENOTDIR : stat;
    return this.look(parentOf(found))?.kind === "file" ? ERRNO.ENOTDIR : ERRNO.ENOENT;
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
    if (!allows(stat, uid, 4, this.groups)) return ERRNO.EACCES;
    return this.sizeOf(found) > LIMITS.fileReadBytes ? ERRNO.ENOMEM : this.textOf(found);
  }

  /** Whether a file may be read (4) or written (2): 0, or the error. */
  may(path: string, uid: number, bit: 2 | 4): 0 | Errno {
    const found = this.resolve(path);
    if (typeof found === "number") return found;
    const stat = this.stat(found);
    if (typeof stat === "number") return stat;
    if (stat.kind === "dir" && bit === 2) return ERRNO.EISDIR;
    if (bit === 2 && stat.kind !== "device" && this.place(found).isReadOnly) return ERRNO.EROFS;
    return allows(stat, uid, bit, this.groups) ? 0 : ERRNO.EACCES;
  }

  /** Bytes of a file from an offset, written as characters; "" at its end. */
  bytes(path: string, from: number, count: number): string | Errno {
    const found = this.resolve(path);
    const stat = typeof found === "number" ? found : this.stat(found);
    if (typeof found === "number" || typeof stat === "number") return stat as Errno;
    if (stat.kind === "dir") return ERRNO.EISDIR;
    const kept = this.kept(found);
    if (kept !== undefined) return bytesOf(this.cells, kept.volume, kept.node, from, from + count);
    return toBytes(this.textOf(found)).slice(from, from + count);
  }

  /** Names in a directory, sorted. */
  list(path: string, uid = 0): readonly string[] | Errno {
    const found = this.resolve(path);
    if (typeof found === "number") return found;
    const stat = this.stat(found);
    if (typeof stat === "number") return stat;
    if (stat.kind !== "dir") return ERRNO.ENOTDIR;
    if (!allows(stat, uid, 4, this.groups)) return ERRNO.EACCES;
    return [...this.#names(found)].sort();
  }

  /** Bytes of a file. */
  size(path: string): number {
    const stat = this.stat(path, false);
    if (typeof stat === "number") return 0;
    if (stat.kind === "dir") return 4_096;
    if (stat.kind === "link") return (stat.to ?? "").length;
    const found = this.resolve(path);
    return typeof found === "number" ? 0 : this.sizeOf(found);
  }

  protected sizeOf(found: string): number {
    const kept = this.kept(found);
    return kept === undefined ? utf8Length(this.textOf(found)) : sizeOf(this.cells, kept.volume, kept.node);
  }

  /** The file of a volume or the writable layer that a canonical path leads to. */
  protected kept(found: string): { readonly volume: string; readonly node: PlainFile } | undefined {
    const away = this.#away(found);
    if (away !== undefined) return away.files.kept(away.path);
    if (this.kernel.stat(found) !== undefined) return undefined;
    const { volume, path } = this.place(found);
    const node = treeOf(this.cells, volume).nodes[path];
    return node?.kind === "file" ? { volume, node } : undefined;
  }

  /** Mount points, the longest path first. */
  get mounts(): readonly Mount[] {
    return this.#mounts;
  }

  /** Where a path leads, if it is into another container: `/proc/PID/root/...`. */
  #away(path: string): { readonly files: FileView; readonly path: string } | undefined {
    return path.startsWith("/proc/") ? this.kernel.away?.(path) : undefined;
  }

  protected place(path: string): Place {
    const away = this.#away(path);
    if (away !== undefined) return away.files.place(away.path);
    for (const mount of this.#mounts) {
      if (path !== mount.path && !path.startsWith(mount.path === "/" ? "/" : `${mount.path}/`)) continue;
      const rest = path.slice(mount.path.length).replace(/^\//, "");
      const inside = [mount.subPath?.replace(/^\/+|\/+$/g, "") ?? "", rest].filter((part) => part !== "").join("/");
      return { volume: mount.volume, path: inside, isReadOnly: mount.isReadOnly, mount };
    }
    return { volume: layerOf(this.spec.id), path: path.slice(1), isReadOnly: this.spec.isReadOnlyRoot };
  }

  /** What is at a canonical path. */
  protected look(path: string): Stat | undefined {
    const away = this.#away(path);
    if (away !== undefined) return away.files.look(away.path);
    const kernel = this.kernel.stat(path);
    if (kernel !== undefined) return kernel;
    const place = this.place(path);
    const tree = treeOf(this.cells, place.volume);
    const node = tree.nodes[place.path];
    if (node !== undefined) return node.kind === "link" ? { mode: 0o777, ...node } : node;
    if (place.mount !== undefined) {
      const isRoot = path === place.mount.path || place.path === "" || hasBelow(tree.nodes, place.path);
      return isRoot ? { kind: "dir", mode: 0o777, uid: 0, at: this.born } : undefined;
    }
    if (this.spec.files[path] !== undefined && tree.gone?.[place.path] === undefined) {
      return { kind: "file", mode: path === this.spec.terminationMessagePath ? 0o666 : 0o644, uid: 0, at: this.born };
    }
    const isMountParent = this.#mounts.some((mount) => mount.path.startsWith(`${path}/`));
    if (path === "/" || isMountParent) return { kind: "dir", mode: 0o755, uid: 0, at: this.born };
    if (isGone(tree.gone, place.path)) return undefined;
    const seed = this.image.get(path);
    if (seed !== undefined) return { uid: 0, at: this.born, ...seed };
    if (hasBelow(tree.nodes, place.path) || this.#isAboveSpecFile(path)) {
      return { kind: "dir", mode: 0o755, uid: 0, at: this.born };
    }
    return undefined;
  }

  protected get born(): Instant {
    return this.spec.startedAt;
  }

  #isAboveSpecFile(path: string): boolean {
    for (const file in this.spec.files) if (file.startsWith(`${path}/`)) return true;
    return false;
  }

  protected textOf(path: string): string {
    const away = this.#away(path);
    if (away !== undefined) return away.files.textOf(away.path);
    const kernel = this.kernel.read(path);
    if (kernel !== undefined) return kernel;
    const place = this.place(path);
    const node = treeOf(this.cells, place.volume).nodes[place.path];
    if (node?.kind === "file") return textOf(this.cells, place.volume, node);
    return this.spec.files[path] ?? this.image.get(path)?.text ?? "";
  }

  #names(path: string): Set<string> {
    const away = this.#away(path);
    if (away !== undefined) return away.files.#names(away.path);
    const names = new Set<string>(this.kernel.list(path));
    const place = this.place(path);
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
