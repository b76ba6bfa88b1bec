/**
 * Volumes: trees of files as cells, one cell per tree, with long contents in cells of their own.
 *
 * A tree is named by its volume id; whoever names the same id sees the same files.
 */
import { keyId, signToken, unsignedToken } from "#kernel/apimachinery/jwt/jwt";
import { signingKey } from "#kernel/registry/signing-key";
import { fromBytes, toBytes, utf8Length } from "#kernel/runtime/files/bytes";
import {
  type ContentPlace,
  copyContent,
  cutContent,
  FILES,
  hasRoom,
  readContent,
  writeContent,
} from "#kernel/runtime/files/content";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";
import type { Cells } from "#kernel/store/cells";

/** Whose a file is, and who may do what. */
interface Owned {
  readonly mode: number;
  readonly uid: number;
  /** Absent = 0. */
  readonly gid?: number;
  readonly at: Instant;
}

/** A file, directory or symbolic link. Contents are text; bytes that are no UTF-8 are code points U+DC80 to U+DCFF. */
export type FileNode =
  | (Owned & { readonly kind: "dir" })
  | (Owned & {
      readonly kind: "file";
      /** A short content. */
      readonly text?: string;
      /** A long content's number in the volume, and its size in bytes. One without a size is a cell of text. */
      readonly cell?: number;
      readonly size?: number;
      /** The content is the claims of a token; whoever reads it reads the token, signed with the cluster's key. */
      readonly isToken?: true;
    })
  | { readonly kind: "link"; readonly to: string; readonly uid: number; readonly gid?: number; readonly at: Instant };

export type PlainFile = FileNode & { readonly kind: "file" };

/** Nodes by path below the volume's root, without a leading slash; `` is the root, if it is not as usual. */
export interface Tree {
  readonly nodes: Readonly<Record<string, FileNode>>;
  readonly nextCell: number;
  /** Paths of the image below it that were deleted (a container's writable layer only). */
  readonly gone?: Readonly<Record<string, true>>;
}

const EMPTY: Tree = { nodes: {}, nextCell: 1 };
const INLINE_CHARS = 512;

/** The tree of a volume; an unknown volume is empty. */
export function treeOf(cells: Cells, volume: string): Tree {
  return cells.get<Tree>(FILES, volume) ?? EMPTY;
}

/** The text of a file in a volume. */
export function textOf(cells: Cells, volume: string, node: PlainFile): string {
  const { cell, size } = node;
  const isLong = cell !== undefined && size !== undefined;
  const bytes = isLong ? readContent(cells, { volume, cell }, { from: 0, to: size, size }) : "";
  const text = isLong ? fromBytes(bytes) : plainText(cells, volume, node);
  return node.isToken === true ? tokenOf(cells, node, text === "" ? "{}" : text) : text;
}

/** The text of a file that is not in chunks. */
function plainText(cells: Cells, volume: string, { cell, text = "" }: PlainFile): string {
  return cell === undefined ? text : (cells.get<string>(FILES, `${volume}\n${cell}`) ?? "");
}

/** Bytes of a file, written as characters, from one offset to another. */
export function bytesOf(
  cells: Cells,
  volume: string,
  node: PlainFile,
  from = 0,
  to: number = Number.POSITIVE_INFINITY,
): string {
  const { cell, size, isToken } = node;
  if (cell !== undefined && size !== undefined && isToken !== true) {
    return readContent(cells, { volume, cell }, { from, to, size });
  }
  return toBytes(isToken === true ? textOf(cells, volume, node) : plainText(cells, volume, node)).slice(from, to);
}

/** Bytes of a file, counted. */
export function sizeOf(cells: Cells, volume: string, node: PlainFile): number {
  if (node.size !== undefined && node.isToken !== true) return node.size;
  return utf8Length(textOf(cells, volume, node));
}

/** Tokens once signed, with the key that signed them. */
const signed = new WeakMap<FileNode, { readonly by: string; readonly token: string }>();

function tokenOf(cells: Cells, node: FileNode, claims: string): string {
  const key = signingKey(cells);
  if (key === undefined) return `${unsignedToken(JSON.parse(claims) as object, "")}.`;
  const known = signed.get(node);
  if (known?.by === key.x) return known.token;
  const token = signToken(unsignedToken(JSON.parse(claims) as object, keyId(key)), key);
  signed.set(node, { by: key.x, token });
  return token;
}

/** Puts a node where nothing or another node is. */
export function putNode(cells: Cells, volume: string, path: string, node: FileNode): void {
  const tree = treeOf(cells, volume);
  cells.put(FILES, volume, { ...tree, nodes: { ...tree.nodes, [path]: node } });
}

/** A file's owner, mode and instant as they are to be. */
export type Attributes = Owned & { readonly isToken?: boolean };

/** Writes the whole text of a file, creating it with the given mode if it is not there. */
export function putText(
  cells: Cells,
  volume: string,
  path: string,
  file: Attributes & { readonly text: string },
): void {
  const { text, isToken, mode, uid, gid, at } = file;
  dropContent(cells, volume, treeOf(cells, volume).nodes[path]);
  const owned = { mode, uid, ...(gid === undefined ? {} : { gid }), at, ...(isToken === true && { isToken }) };
  if (text.length <= INLINE_CHARS) putNode(cells, volume, path, { kind: "file", ...owned, text });
  else putLong(cells, volume, path, owned, toBytes(text));
}

type Kept = Owned & { readonly isToken?: true };

/** Puts a long content behind a path: bytes, written as characters. */
function putLong(cells: Cells, volume: string, path: string, owned: Kept, bytes: string): void {
  const tree = treeOf(cells, volume);
  const cell = tree.nextCell;
  const size = writeContent(cells, { volume, cell }, 0, 0, bytes);
  const node: FileNode = { kind: "file", ...owned, cell, size };
  cells.put(FILES, volume, { ...tree, nextCell: cell + 1, nodes: { ...tree.nodes, [path]: node } });
}

/** The node with another instant, without what says where its content is. */
function ownedBy({ mode, uid, gid, isToken }: PlainFile, at: Instant): Kept {
  return { mode, uid, ...(gid === undefined ? {} : { gid }), at, ...(isToken === true && { isToken }) };
}

/** The place of a file's content, which is put in chunks if it is not yet. */
function inChunks(cells: Cells, volume: string, path: string, node: PlainFile): ContentPlace & { size: number } {
  if (node.cell !== undefined && node.size !== undefined) return { volume, cell: node.cell, size: node.size };
  const bytes = toBytes(textOf(cells, volume, node));
  dropContent(cells, volume, node);
  putLong(cells, volume, path, ownedBy(node, node.at), bytes);
  const made = treeOf(cells, volume).nodes[path] as PlainFile;
  return { volume, cell: made.cell ?? 0, size: made.size ?? 0 };
}

/** Writes bytes, written as characters, at an offset of a file that is there; gives the offset after them. */
export function writeBytes(
  cells: Cells,
  {
    volume,
    path,
    at,
    now,
  }: { readonly volume: string; readonly path: string; readonly at: number; readonly now: Instant },
  bytes: string,
): number {
  const node = treeOf(cells, volume).nodes[path] as PlainFile;
  const short = node.cell === undefined ? toBytes(node.text ?? "") : "";
  if (node.cell === undefined && Math.max(short.length, at) + bytes.length <= INLINE_CHARS) {
    const whole = short.slice(0, at).padEnd(at, "\0") + bytes + short.slice(at + bytes.length);
    putNode(cells, volume, path, { kind: "file", ...ownedBy(node, now), text: fromBytes(whole) });
  } else {
    const { size, ...place } = inChunks(cells, volume, path, node);
    const grown = writeContent(cells, place, size, at, bytes);
    putNode(cells, volume, path, { kind: "file", ...ownedBy(node, now), cell: place.cell, size: grown });
  }
  return at + bytes.length;
}

/** Makes a file that is there so many bytes long: cut off, or filled up with zeros. */
export function cutText(cells: Cells, volume: string, path: string, length: number, now: Instant): void {
  const node = treeOf(cells, volume).nodes[path] as PlainFile;
  const { size, ...place } = inChunks(cells, volume, path, node);
  cutContent(cells, place, size, length);
  putNode(cells, volume, path, { kind: "file", ...ownedBy(node, now), cell: place.cell, size: length });
}

/** Copies a file's content to a path, replacing what is there; false if there is no room for it. */
export function copyText(
  cells: Cells,
  from: { readonly volume: string; readonly node: PlainFile },
  to: { readonly volume: string; readonly path: string },
  owned: Attributes,
): boolean {
  const { cell, size = 0, isToken } = from.node;
  if (cell === undefined || from.node.size === undefined || isToken === true) {
    const text = textOf(cells, from.volume, from.node);
    if (!hasRoom(cells, text.length)) return false;
    putText(cells, to.volume, to.path, { ...owned, text });
    return true;
  }
  if (!hasRoom(cells, size)) return false;
  dropContent(cells, to.volume, treeOf(cells, to.volume).nodes[to.path]);
  const tree = treeOf(cells, to.volume);
  const { mode, uid, gid, at } = owned;
  copyContent(cells, { volume: from.volume, cell }, { volume: to.volume, cell: tree.nextCell }, size);
  const node: FileNode = {
    kind: "file",
    ...{ mode, uid, ...(gid === undefined ? {} : { gid }), at },
    ...{ cell: tree.nextCell, size },
  };
  cells.put(FILES, to.volume, { ...tree, nextCell: tree.nextCell + 1, nodes: { ...tree.nodes, [to.path]: node } });
  return true;
}

/** Forgets the chunks of a file. */
function dropContent(cells: Cells, volume: string, node: FileNode | undefined): void {
  if (node?.kind !== "file" || node.cell === undefined) return;
  if (node.size === undefined) cells.delete(FILES, `${volume}\n${node.cell}`);
  else cutContent(cells, { volume, cell: node.cell }, node.size, 0);
}

/** Deletes a node and all below it. `hides` also hides what an image has at the path. */
export function dropNode(cells: Cells, volume: string, path: string, hides = false): void {
  const tree = treeOf(cells, volume);
  const nodes: Record<string, FileNode> = {};
  for (const [at, node] of Object.entries(tree.nodes)) {
    if (at !== path && !at.startsWith(`${path}/`)) nodes[at] = node;
    else dropContent(cells, volume, node);
  }
  const gone = hides ? { gone: { ...tree.gone, [path]: true as const } } : {};
  cells.put(FILES, volume, { ...tree, nodes, ...gone });
}

/** Bytes the files of a volume take of a disk, in blocks as `du` counts them. */
export function usedBytes(cells: Cells, volume: string): number {
  let bytes = 0;
  for (const node of Object.values(treeOf(cells, volume).nodes)) {
    if (node.kind === "file") bytes += Math.ceil((node.size ?? sizeOf(cells, volume, node)) / 4_096) * 4_096;
  }
  return bytes;
}

/** Whether a volume holds as many nodes as it may. */
export function isCrowded(cells: Cells, volume: string): boolean {
  let count = 0;
  for (const _ in treeOf(cells, volume).nodes) count += 1;
  return count >= LIMITS.filesPerVolume;
}

/** What the kubelet lays into a volume: files (`mode` e.g. 0o644) and symbolic links. */
export type VolumeSeed =
  | {
      readonly text: string;
      readonly mode?: number;
      readonly uid?: number;
      readonly gid?: number;
      readonly isToken?: boolean;
    }
  | { readonly link: string };

/** Writes files into a volume, beside what is there. */
export function writeFiles(
  { cells, now }: { readonly cells: Cells; readonly now: Instant },
  volume: string,
  files: Readonly<Record<string, VolumeSeed>>,
): void {
  for (const [path, seed] of Object.entries(files)) {
    const name = path.replace(/^\/+/, "");
    if ("link" in seed) putNode(cells, volume, name, { kind: "link", to: seed.link, uid: 0, at: now });
    else putText(cells, volume, name, { mode: 0o644, uid: 0, ...seed, at: now });
  }
}

/** Deletes the nodes of a volume whose paths are named; the volume itself stays, be it empty. */
export function removeNodes(cells: Cells, volume: string, isGone: (path: string) => boolean): void {
  const tree = treeOf(cells, volume);
  const nodes: Record<string, FileNode> = {};
  for (const [path, node] of Object.entries(tree.nodes)) {
    if (!isGone(path)) nodes[path] = node;
    else dropContent(cells, volume, node);
  }
  cells.put(FILES, volume, { ...tree, nodes });
}

/** Deletes a volume with all its files. */
export function removeVolume(cells: Cells, volume: string): void {
  for (const node of Object.values(treeOf(cells, volume).nodes)) dropContent(cells, volume, node);
  cells.delete(FILES, volume);
}
