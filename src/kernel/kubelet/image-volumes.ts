/**
 * Image volumes: the files of an image, mounted to be read only; its image is pulled like a container's.
 *
 * Models getImageVolumes of pkg/kubelet/kuberuntime and the image volumes of containerd.
 */
import { ensureImage } from "#kernel/kubelet/images";
import { containerCell } from "#kernel/kubelet/pod-cell";
import { type Member, membersOf, type PodWork } from "#kernel/kubelet/pod-work";
import { done, earliest, type Outcome } from "#kernel/registry/controller";
import type { ImageTree } from "#kernel/runtime/files/image-tree";
import { below } from "#kernel/runtime/files/paths";
import { putNode, type VolumeSeed, writeFiles } from "#kernel/runtime/files/volume";
import { descriptionOf } from "#kernel/runtime/images/described";
import { insideOfContainer } from "#kernel/runtime/process/content";

/** Brings the images of a pod's volumes to its node. True once all are there; otherwise what to wait for. */
export function pullImageVolumes(work: PodWork): { readonly isReady: boolean; readonly outcome: Outcome } {
  let outcome: Outcome = done;
  let isReady = true;
  for (const { name, image } of work.pod.spec.volumes ?? []) {
    if (image === undefined) continue;
    const { reference = "", pullPolicy } = image;
    const member: Member = {
      role: "volume",
      container: { name, image: reference, ...(pullPolicy !== undefined && { imagePullPolicy: pullPolicy }) },
    };
    // No container is named so: names have no slash.
    const own = containerCell(work.cell, `volume/${name}`);
    const answer = ensureImage(work, member, own);
    if (answer.isReady) continue;
    isReady = false;
    outcome = earliest(outcome, answer.outcome);
    tell(work, name, own.trouble);
  }
  return { isReady, outcome };
}

/** The containers that are to have the volume wait for it, and say why. */
function tell({ pod, cell }: PodWork, volume: string, trouble: { reason: string; message: string } | undefined): void {
  for (const { container, role } of membersOf(pod)) {
    if (role === "ephemeral" || container.volumeMounts?.every(({ name }) => name !== volume) !== false) continue;
    const own = containerCell(cell, container.name);
    if (trouble === undefined) delete own.trouble;
    else own.trouble = { ...trouble };
  }
}

/** Lays the files of an image into a volume. */
export function layImage({ context, key }: PodWork, id: string, reference: string): void {
  const described = descriptionOf(context.client, reference, key.namespace);
  const { tree } = insideOfContainer({ image: reference, ...(described !== undefined && { described }) });
  const files: Record<string, VolumeSeed> = {};
  for (const path of pathsIn(tree, "/")) {
    const node = tree.get(path);
    const name = path.slice(1);
    if (node?.kind === "link") files[name] = { link: node.to ?? "" };
    else if (node?.kind === "file") files[name] = { text: node.text ?? "", mode: node.mode };
    else putNode(context.cells, id, name, { kind: "dir", mode: node?.mode ?? 0o755, uid: 0, at: context.now });
  }
  writeFiles(context, id, files);
}

function pathsIn(tree: ImageTree, directory: string): string[] {
  return tree.list(directory).flatMap((name) => {
    const path = below(directory, name);
    return [path, ...pathsIn(tree, path)];
  });
}
