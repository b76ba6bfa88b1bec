/**
 * Changing files as one container sees them: its writable layer and its volumes.
 *
 * Models the overlay file system and mounts of a container.
 * Leaves out hard links and device nodes: nothing in a lesson's container shows them.
 */
import { hasRoom } from "#kernel/runtime/files/content";
import { ERRNO, type Errno } from "#kernel/runtime/files/errno";
import { FileView } from "#kernel/runtime/files/file-view";
import { below, parentOf } from "#kernel/runtime/files/paths";
import { allows } from "#kernel/runtime/files/stat";
import {
  copyText,
  cutText,
  dropNode,
  type FileNode,
  isCrowded,
  putNode,
  putText,
  writeBytes,
} from "#kernel/runtime/files/volume";
import { hasCapability } from "#kernel/runtime/process/capabilities";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

export class FileSystem extends FileView {
  /** Writes the whole text of a file, creating it if its directory is there. */
  write(path: string, text: string, options: { readonly uid?: number; readonly mode?: number } = {}): 0 | Errno {
    const found = this.resolve(path);
    if (typeof found === "number") return found;
    const uid = options.uid ?? 0;
    const old = this.look(found);
    if (old?.kind === "dir") return ERRNO.EISDIR;
    if (old?.kind === "device") return 0;
    const refused =
      old === undefined ? this.#mayCreate(found, uid) : allows(old, uid, 2, this.groups) ? 0 : ERRNO.EACCES;
    const place = this.place(found);
    if (refused !== 0 || place.isReadOnly) return refused || ERRNO.EROFS;
    const isFull = !hasRoom(this.cells, text.length) || (old === undefined && isCrowded(this.cells, place.volume));
    if (isFull) return ERRNO.ENOSPC;
    const mode = options.mode ?? old?.mode ?? 0o666 & ~this.#umask;
    const gid = old === undefined ? this.#groupFor(found) : (old.gid ?? 0);
    putText(this.cells, place.volume, place.path, { text, mode, uid: old?.uid ?? uid, gid, at: this.clock.now });
    return 0;
  }

  /**
   * Writes bytes, written as characters, at an offset of a file that is open, or at its end: gives the offset after
   * what was written, or the error as a negative number. Who opened it was asked then whether they may.
   */
  writeAt(path: string, at: number | "end", bytes: string): number {
    const found = this.resolve(path);
    if (typeof found === "number") return -found;
    const old = this.look(found);
    // An open file that was deleted is written to by nobody who could look.
    if (old === undefined || old.kind === "device") return at === "end" ? 0 : at + bytes.length;
    const place = this.place(found);
    if (place.isReadOnly) return -ERRNO.EROFS;
    if (this.kept(found) === undefined) {
      const { mode, uid, gid = 0 } = old;
      putText(this.cells, place.volume, place.path, { text: this.textOf(found), mode, uid, gid, at: this.clock.now });
    }
    const from = at === "end" ? this.sizeOf(found) : at;
    if (from + bytes.length > LIMITS.fileBytes) return -ERRNO.EFBIG;
    if (!/^\0*$/.test(bytes) && !hasRoom(this.cells, bytes.length)) return -ERRNO.ENOSPC;
    return writeBytes(this.cells, { volume: place.volume, path: place.path, at: from, now: this.clock.now }, bytes);
  }

  /** Makes a file so many bytes long, creating it if it is not there. */
  truncate(path: string, length: number, uid = 0): 0 | Errno {
    const there = this.may(path, uid, 2);
    const refused = there === ERRNO.ENOENT ? this.write(path, "", { uid }) : there;
    if (refused !== 0) return refused;
    if (length > LIMITS.fileBytes) return ERRNO.EFBIG;
    const found = this.resolve(path);
    if (typeof found === "number") return found;
    const failure = this.writeAt(path, 0, "");
    const { volume, path: inside } = this.place(found);
    if (failure >= 0) cutText(this.cells, volume, inside, length, this.clock.now);
    return failure < 0 ? (-failure as Errno) : 0;
  }

  /** Copies a file's content to a path, which becomes as `owned` says. */
  copy(from: string, to: string, owned: { readonly uid: number; readonly mode: number }): 0 | Errno {
    const refused = this.may(from, owned.uid, 4);
    const source = this.resolve(from);
    if (refused !== 0 || typeof source === "number") return refused;
    const kept = this.kept(source);
    if (kept === undefined) {
      const text = this.read(source);
      return typeof text === "number" ? text : this.write(to, text, owned);
    }
    const failure = this.write(to, "", owned);
    const target = this.resolve(to);
    const old = failure !== 0 || typeof target === "number" || target === source ? undefined : this.look(target);
    if (old === undefined || old.kind === "device" || typeof target === "number") return failure;
    const place = this.place(target);
    const attributes = { mode: owned.mode, uid: old.uid, at: this.clock.now };
    return copyText(this.cells, kept, place, attributes) ? 0 : ERRNO.ENOSPC;
  }

  /** Makes a directory; its parent must be there. */
  makeDirectory(path: string, uid = 0, mode = 0o777 & ~this.#umask): 0 | Errno {
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
    if (this.look(found) === undefined) return ERRNO.ENOENT;
    if (found === "/" || this.mounts.some((mount) => mount.path === found)) return ERRNO.EBUSY;
    const refused = this.#mayWriteIn(parentOf(found), uid);
    if (refused !== 0) return refused;
    const place = this.place(found);
    if (place.isReadOnly) return ERRNO.EROFS;
    dropNode(this.cells, place.volume, place.path, place.mount === undefined);
    return 0;
  }

  /** Changes mode, owner or modification instant. */
  change(path: string, change: { mode?: number; uid?: number; gid?: number; at?: Instant }, uid = 0): 0 | Errno {
    const found = this.resolve(path);
    if (typeof found === "number") return found;
    const old = this.look(found);
    if (old === undefined) return ERRNO.ENOENT;
    if (old.kind === "device" || old.kind === "link") return 0;
    const isChown = change.uid !== undefined || change.gid !== undefined;
    if (uid !== 0 && (old.uid !== uid || isChown)) return ERRNO.EPERM;
    if (isChown && !hasCapability(this.spec, "CHOWN")) return ERRNO.EPERM;
    const place = this.place(found);
    if (place.isReadOnly) return ERRNO.EROFS;
    const node = { mode: old.mode, uid: old.uid, gid: old.gid ?? 0, at: old.at, ...change };
    if (old.kind === "dir") putNode(this.cells, place.volume, place.path, { kind: "dir", ...node });
    else {
      const kept = this.kept(found);
      if (kept !== undefined) putNode(this.cells, place.volume, place.path, { ...kept.node, ...node });
      else putText(this.cells, place.volume, place.path, { text: this.textOf(found), ...node });
    }
    return 0;
  }

  get #umask(): number {
    return this.kernel.umask ?? 0o022;
  }

  #create(path: string, uid: number, node: FileNode): 0 | Errno {
    const found = this.resolve(path, false);
    if (typeof found === "number") return found;
    if (this.look(found) !== undefined) return ERRNO.EEXIST;
    const refused = this.#mayCreate(found, uid);
    if (refused !== 0) return refused;
    const place = this.place(found);
    if (place.isReadOnly) return ERRNO.EROFS;
    if (isCrowded(this.cells, place.volume)) return ERRNO.ENOSPC;
    const gid = this.#groupFor(found);
    putNode(this.cells, place.volume, place.path, gid === 0 ? node : { ...node, gid });
    return 0;
  }

  /** The group of what is made at a path: that of its directory if the directory hands it down. */
  #groupFor(path: string): number {
    const parent = this.stat(parentOf(path));
    const hands = typeof parent !== "number" && (parent.mode & 0o2000) !== 0;
    return hands ? (parent.gid ?? 0) : (this.groups[0] ?? 0);
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
    if (this.place(below(directory, "x")).isReadOnly) return ERRNO.EROFS;
    return allows(stat, uid, 2, this.groups) ? 0 : ERRNO.EACCES;
  }
}
