/**
 * Writing what the kubelet lays into a volume: into a directory of its own, which `..data` then points to, so that
 * whoever reads sees all of the old or all of the new.
 *
 * Models pkg/volume/util/atomic_writer.go and SetVolumeOwnership of pkg/volume/volume_linux.go.
 */
import type { PodWork } from "#kernel/kubelet/pod-work";
import { allContainers } from "#kernel/resources/core/pod.facts";
import { putNode, removeNodes, treeOf, type VolumeSeed, writeFiles } from "#kernel/runtime/files/volume";
import type { Cells } from "#kernel/store/cells";

const DATA = "..data";

/** What the group of a pod's volumes may do with what nobody may write to, and with directories. */
const GROUP_BITS = { file: 0o440, writable: 0o2770 } as const;

/** Writes a volume's files; what was there before goes, but for what a mounted subPath still shows. */
export function writeAtomically(
  work: PodWork,
  { name, id }: { readonly name: string; readonly id: string },
  files: Readonly<Record<string, VolumeSeed>>,
): void {
  const { context } = work;
  const directory = `..${stampOf(work)}`;
  const isShown = allContainers(work.pod.spec).some(({ volumeMounts = [] }) =>
    volumeMounts.some((mount) => mount.name === name && (mount.subPath || mount.subPathExpr)),
  );
  removeNodes(context.cells, id, (path) => !path.startsWith("..") || path === DATA || !isShown);
  const seeds: Record<string, VolumeSeed> = { [DATA]: { link: directory } };
  for (const [path, seed] of Object.entries(files)) {
    seeds[`${directory}/${path}`] = owned(work, seed);
    const [top = ""] = path.split("/");
    seeds[top] = { link: `${DATA}/${top}` };
  }
  writeFiles(context, id, seeds);
}

/** The instant as such directories are named after it. */
function stampOf({ context, pod }: PodWork): string {
  const [day = "", time = ""] = new Date(context.now).toISOString().split("T");
  const digits = String(Number.parseInt(pod.metadata.uid.slice(0, 6), 16) % 1_000_000).padStart(6, "0");
  return `${day.replaceAll("-", "_")}_${time.slice(0, 8).replaceAll(":", "_")}.${time.slice(9, 12)}${digits}`;
}

function owned({ pod }: PodWork, seed: VolumeSeed): VolumeSeed {
  const { fsGroup } = pod.spec.securityContext ?? {};
  if (fsGroup === undefined || "link" in seed) return seed;
  return { ...seed, gid: fsGroup, mode: (seed.mode ?? 0o644) | GROUP_BITS.file };
}

/** Gives a volume that the containers fill to the pod's group, if it has one. */
export function ownVolume({ context, pod }: PodWork, id: string): void {
  const { fsGroup } = pod.spec.securityContext ?? {};
  if (fsGroup === undefined || treeOf(context.cells, id).nodes[""] !== undefined) return;
  const mode = 0o777 | GROUP_BITS.writable;
  putNode(context.cells, id, "", { kind: "dir", mode, uid: 0, gid: fsGroup, at: context.now });
}

/** Where a subPath of a volume really is: what `..data` points to when the container starts is what it keeps. */
export function realSubPath(cells: Cells, id: string, subPath: string): string {
  const data = treeOf(cells, id).nodes[DATA];
  return data?.kind === "link" ? `${data.to}/${subPath}` : subPath;
}

/** The one user all containers of a pod run as, if the pod says so of every one: whom its tokens belong to. */
export function commonUser({ pod }: PodWork): number | undefined {
  const of = allContainers(pod.spec).map(
    ({ securityContext }) => securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser,
  );
  return new Set(of).size === 1 ? of[0] : undefined;
}
