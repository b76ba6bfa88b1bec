/**
 * Copies of whole volumes: what a snapshot keeps, and what a claim made of one begins with.
 */
import { copyText, putNode, removeVolume, treeOf } from "#kernel/runtime/files/volume";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** Copies everything in a volume into another, replacing it; false, and nothing of it, if there is no room. */
export function copyVolume(
  { cells, now }: { readonly cells: Cells; readonly now: Instant },
  from: string,
  to: string,
): boolean {
  removeVolume(cells, to);
  for (const [path, node] of Object.entries(treeOf(cells, from).nodes)) {
    if (node.kind !== "file") {
      putNode(cells, to, path, node);
      continue;
    }
    const { mode, uid, gid } = node;
    const owned = { mode, uid, ...(gid !== undefined && { gid }), at: now };
    if (copyText(cells, { volume: from, node }, { volume: to, path }, owned)) continue;
    removeVolume(cells, to);
    return false;
  }
  return true;
}
