/**
 * Volumes behind claims: which tree of files a claim stands for on a node, or why it cannot be mounted there.
 *
 * Models pkg/kubelet/volumemanager/populator (getPVCExtractPV) and the operation generator of pkg/volume/util.
 * Leaves out servers and drivers of network storage: none is simulated, so mounting fails as it does without them.
 */
import type { PersistentVolume, PersistentVolumeClaim, Volume } from "#kernel/api/types.gen";
import { isControlledBy, keyOf } from "#kernel/apimachinery/meta";
import { podCell } from "#kernel/kubelet/pod-cell";
import type { PodWork } from "#kernel/kubelet/pod-work";
import { nodes } from "#kernel/resources/core/node";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { isReachable } from "#kernel/resources/core/persistentvolume.facts";
import { volumeSource } from "#kernel/resources/core/persistentvolume.validate";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { allContainers } from "#kernel/resources/core/pod.facts";
import { csidrivers } from "#kernel/resources/storage/csidriver";
import { volumeattachments } from "#kernel/resources/storage/volumeattachment";
import { hostTree } from "#kernel/runtime/files/host-tree";

/** The files, or the whole text of the event that says why not. */
export type Claimed = { readonly tree: string } | { readonly complaint: string };

/** The name of the claim behind a pod's volume; undefined if there is none. */
export function claimOf({ key }: PodWork, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  if (persistentVolumeClaim !== undefined) return persistentVolumeClaim.claimName;
  return ephemeral === undefined ? undefined : `${key.name}-${name}`;
}

/** Looks up what is behind a claim. */
export function mountClaim(work: PodWork, volume: Volume, name: string): Claimed {
  const { context, key } = work;
  const unready = (why: string): Claimed => {
    const process = `failed to process volumes=[${volume.name}]: error processing PVC ${key.namespace}/${name}: ${why}`;
    const complaint = `unmounted volumes=[${volume.name}], unattached volumes=[], ${process}`;
    return { complaint: `Unable to attach or mount volumes: ${complaint}` };
  };
  const claim = context.client.get(persistentvolumeclaims, { namespace: key.namespace, name });
  const problem = claimProblem(work, volume, name, claim);
  if (claim === undefined || problem !== undefined) return unready(problem ?? "");
  const { volumeName = "" } = claim.spec;
  const found = context.client.get(persistentvolumes, { namespace: "", name: volumeName });
  if (found === undefined) {
    return unready(`failed to fetch PV ${volumeName} from API server: persistentvolumes "${volumeName}" not found`);
  }
  const promisedTo = found.spec.claimRef?.uid ?? "";
  if (promisedTo !== claim.metadata.uid) {
    const quoted = `"${volumeName}" spec.ClaimRef.UID "${promisedTo}"`;
    return unready(`failed to fetch PV ${quoted} does not match pvc.UID "${claim.metadata.uid}"`);
  }
  const misuse = modeProblem(work, volume, found);
  return misuse === undefined ? mountSource(work, { claim, volume: found, podVolume: volume.name }) : unready(misuse);
}

/** Why a claim is of no use to the pod now. */
function claimProblem(
  { pod }: PodWork,
  { ephemeral }: Volume,
  name: string,
  claim: PersistentVolumeClaim | undefined,
): string | undefined {
  if (claim === undefined) {
    return `failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`;
  }
  if (ephemeral !== undefined && !isControlledBy(claim, pod)) {
    const { namespace = "" } = pod.metadata;
    return `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
  }
  if (claim.metadata.deletionTimestamp !== undefined) return "PVC is being deleted";
  if (claim.status?.phase !== "Bound") return "PVC is not bound";
  return (claim.spec.volumeName ?? "") === "" ? "PVC has empty pvc.Spec.VolumeName" : undefined;
}

/** A volume is either mounted as files or mapped as a device, as its mode says; no device is simulated. */
function modeProblem({ pod }: PodWork, { name }: Volume, { spec }: PersistentVolume): string | undefined {
  const containers = allContainers(pod.spec);
  const isMounted = containers.some(({ volumeMounts = [] }) => volumeMounts.some((mount) => mount.name === name));
  const isMapped = containers.some(({ volumeDevices = [] }) => volumeDevices.some((device) => device.name === name));
  const isBlock = spec.volumeMode === "Block";
  if (isBlock && isMounted) return `volume ${name} has volumeMode Block, but is specified in volumeMounts`;
  if (!isBlock && isMapped) return `volume ${name} has volumeMode Filesystem, but is specified in volumeDevices`;
  return isBlock ? `volume ${name}: no volume plugin matched that can map a block device` : undefined;
}

interface Found {
  readonly claim: PersistentVolumeClaim;
  readonly volume: PersistentVolume;
  /** What the pod calls the volume. */
  readonly podVolume: string;
}

function mountSource(work: PodWork, { claim, volume, podVolume }: Found): Claimed {
  const { name } = volume.metadata;
  const { machine, context } = work;
  const fails = (step: string, why: string): Claimed => ({ complaint: `${step} failed for volume "${name}" : ${why}` });
  const node = context.client.get(nodes, { namespace: "", name: machine.name });
  const place = { name: machine.name, labels: node?.metadata.labels ?? {} };
  if (!isReachable(volume, place)) {
    return fails("MountVolume.NodeAffinity check", "no matching NodeSelectorTerms");
  }
  const { hostPath, local, nfs, csi } = volume.spec;
  const path = hostPath?.path ?? local?.path;
  if (path !== undefined) {
    if (!isUsedAlone(work, claim)) {
      const why = "volume uses the ReadWriteOncePod access mode and is already in use by another pod";
      return fails("MountVolume.SetUp", why);
    }
    return { tree: hostTree(machine.name, path) };
  }
  if (csi !== undefined) {
    const why = `driver name ${csi.driver} not found in the list of registered CSI drivers`;
    const step = "kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient";
    if (isAttached(work, volume)) return fails("MountVolume.MountDevice", `${step}: ${why}`);
    const waiting = `unmounted volumes=[${podVolume}], unattached volumes=[${podVolume}], failed to process volumes=[]`;
    return { complaint: `Unable to attach or mount volumes: ${waiting}: context deadline exceeded` };
  }
  if (nfs !== undefined) {
    const target = `/var/lib/kubelet/pods/${work.cell.uid}/volumes/kubernetes.io~nfs/${name}`;
    const command = `Mounting command: mount\nMounting arguments: -t nfs ${nfs.server}:${nfs.path} ${target}`;
    return fails(
      "MountVolume.SetUp",
      `mount failed: exit status 32\n${command}\nOutput: mount.nfs: Connection timed out\n`,
    );
  }
  return fails("MountVolume.SetUp", `volumes of type ${volumeSource(volume.spec) ?? "unknown"} are not simulated`);
}

/** A claim that is for one pod alone is in use as long as another pod has it mounted. */
function isUsedAlone({ context, key, cell }: PodWork, { metadata, spec }: PersistentVolumeClaim): boolean {
  if (spec.accessModes?.includes("ReadWriteOncePod") !== true) return true;
  const users = context.client.by(pods, "claim", `${key.namespace}/${metadata.name}`);
  return users.every((pod) => {
    const other = podCell(context.cells, keyOf(pod));
    return pod.metadata.uid === cell.uid || other?.mounted === undefined || other.isFinished === true;
  });
}

/** True if the volume's driver has attached it to the node, or need not. */
function isAttached({ context, machine }: PodWork, { metadata, spec }: PersistentVolume): boolean {
  const driver = context.client.get(csidrivers, { namespace: "", name: spec.csi?.driver ?? "" });
  if (driver?.spec.attachRequired === false) return true;
  return context.client
    .list(volumeattachments)
    .some(
      (one) =>
        one.spec.source.persistentVolumeName === metadata.name &&
        one.spec.nodeName === machine.name &&
        one.status?.attached === true,
    );
}
