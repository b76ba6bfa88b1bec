/**
 * Where the files behind a path of a node live: on the node, or on the file system all nodes share.
 */
import { SHARED_PATH } from "#kernel/resources/storage/storageclass.facts";

/** The id of the tree of files behind a path; all who name the same path of the same node see the same files. */
export function hostTree(node: string, path: string): string {
  return path.startsWith(`${SHARED_PATH}/`) ? `shared${path}` : `host/${node}${path}`;
}
