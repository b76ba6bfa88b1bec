/**
 * Volumes: trees of files as cells, one cell per tree, with long contents in cells of their own.
 *
 * A tree is named by its volume id; whoever names the same id sees the same files.
 */
import { keyId, signToken, unsignedToken } from "#kernel/apimachinery/jwt/jwt";
import { signingKey } from "#kernel/registry/signing-key";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The room of files; the id is a volume's id (its tree) or `<volume>\n<n>` (a long content). */
export const FILES = "files";

/** A file, directory or symbolic link. Contents are text; bytes that are no UTF-8 are code points U+DC80 to U+DCFF. */
export type FileNode =
  | { readonly kind: "dir"; readonly mode: number; readonly uid: number; readonly at: Instant }
  | {
      readonly kind: "file";
      readonly mode: number;
      readonly uid: number;
      readonly at: Instant;
      /** A short content; a long one is in the cell `<volume>\n<cell>`. */
      readonly text?: string;
      readonly cell?: number;
      /** The content is the claims of a token; whoever reads it reads the token, signed with the cluster's key. */
      readonly isToken?: true;
    }
  | { readonly kind: "link"; readonly to: string; readonly uid: number; readonly at: Instant };

/** Nodes by path below the volume's root, without a leading slash. */
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
export function textOf(cells: Cells, volume: string, node: FileNode & { kind: "file" }): string {
  const text = node.cell === undefined ? node.text : cells.get<string>(FILES, `${volume}\n${node.cell}`);
  return node.isToken === true ? tokenOf(cells, node, text ?? "{}") : (text ?? "");
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

/** Writes the whole text of a file, creating it with the given mode if it is not there. */
export function putText(
  cells: Cells,
  volume: string,
  path: string,
  file: {
    readonly text: string;
    readonly mode: number;
    readonly uid: number;
    readonly at: Instant;
    readonly isToken?: boolean;
  },
): void {
  const tree = treeOf(cells, volume);
  const old = tree.nodes[path];
  const had = old?.kind === "file" ? old.cell : undefined;
  const { text, mode, uid, at } = file;
  const token = file.isToken === true ? { isToken: true as const } : {};
  if (text.length <= INLINE_CHARS) {
    if (had !== undefined) cells.delete(FILES, `${volume}\n${had}`);
    putNode(cells, volume, path, { kind: "file", mode, uid, at, text, ...token });
    return;
  }
  const cell = had ?? tree.nextCell;
  cells.put(FILES, `${volume}\n${cell}`, text);
  const nextCell = Math.max(tree.nextCell, cell + 1);
  cells.put(FILES, volume, {
    ...tree,
    nextCell,
    nodes: { ...tree.nodes, [path]: { kind: "file", mode, uid, at, cell, ...token } },
  });
}

/** Deletes a node and all below it. `hides` also hides what an image has at the path. */
export function dropNode(cells: Cells, volume: string, path: string, hides = false): void {
  const tree = treeOf(cells, volume);
  const nodes: Record<string, FileNode> = {};
  for (const [at, node] of Object.entries(tree.nodes)) {
    if (at !== path && !at.startsWith(`${path}/`)) nodes[at] = node;
    else if (node.kind === "file" && node.cell !== undefined) cells.delete(FILES, `${volume}\n${node.cell}`);
  }
  const gone = hides ? { gone: { ...tree.gone, [path]: true as const } } : {};
  cells.put(FILES, volume, { ...tree, nodes, ...gone });
}

/** What the kubelet lays into a volume: files (`mode` e.g. 0o644) and symbolic links. */
export type VolumeSeed =
  | { readonly text: string; readonly mode?: number; readonly uid?: number; readonly isToken?: boolean }
  | { readonly link: string };

/** Replaces all that is in a volume, as the kubelet does with ConfigMap, Secret, downward and projected volumes. */
export function writeVolume(
  world: { readonly cells: Cells; readonly now: Instant },
  volume: string,
  files: Readonly<Record<string, VolumeSeed>>,
): void {
  const { cells, now } = world;
  removeVolume(cells, volume);
  cells.put(FILES, volume, EMPTY);
  for (const [path, seed] of Object.entries(files)) {
    const name = path.replace(/^\/+/, "");
    if ("link" in seed) putNode(cells, volume, name, { kind: "link", to: seed.link, uid: 0, at: now });
    else putText(cells, volume, name, { mode: 0o644, uid: 0, ...seed, at: now });
  }
}

/** Deletes a volume with all its files. */
export function removeVolume(cells: Cells, volume: string): void {
  for (const node of Object.values(treeOf(cells, volume).nodes)) {
    if (node.kind === "file" && node.cell !== undefined) cells.delete(FILES, `${volume}\n${node.cell}`);
  }
  cells.delete(FILES, volume);
}
