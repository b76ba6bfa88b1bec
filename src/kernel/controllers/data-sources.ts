/**
 * What a new volume begins with: the files of another claim, or of a snapshot.
 *
 * Models getVolumeContentSource of github.com/kubernetes-csi/external-provisioner.
 */
import type { PersistentVolumeClaim } from "#kernel/api/types.gen";
import { value } from "#kernel/apimachinery/quantity";
import type { Client } from "#kernel/registry/client";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { claimClass, requestedStorage } from "#kernel/resources/core/persistentvolumeclaim.facts";
import {
  SNAPSHOT_BUCKETS,
  snapshotsIn,
  snapshotTree,
  type VolumeSnapshot,
  type VolumeSnapshotContent,
} from "#kernel/resources/storage/volumesnapshot.kinds";
import { hostTree } from "#kernel/runtime/files/host-tree";

/** The tree of files a claim's volume begins with; undefined = an empty one; or why it cannot be had. */
export type Beginning = { readonly tree: string } | { readonly problem: string } | undefined;

/** Looks up the data source of a claim, which must fit into what the claim asks for. */
export function beginningOf(client: Client, claim: PersistentVolumeClaim): Beginning {
  const source = claim.spec.dataSource ?? claim.spec.dataSourceRef;
  if (source === undefined) return undefined;
  const prefix = `error getting handle for DataSource Type ${source.kind} by Name ${source.name}: `;
  const found =
    source.kind === "PersistentVolumeClaim"
      ? ofClaim(client, claim, source.name)
      : source.kind === "VolumeSnapshot"
        ? ofSnapshot(client, claim, source.name)
        : "data sources of this kind are not supported";
  if (typeof found === "string") return { problem: prefix + found };
  const wanted = value(requestedStorage(claim));
  if (wanted >= found.bytes) return { tree: found.tree };
  return {
    problem: `${prefix}requested volume size ${wanted} is less than the size ${found.bytes} for the source ${found.what} ${source.name}`,
  };
}

interface Source {
  readonly tree: string;
  readonly bytes: number;
  readonly what: string;
}

function ofClaim(client: Client, claim: PersistentVolumeClaim, name: string): Source | string {
  const { namespace = "" } = claim.metadata;
  const source = client.get(persistentvolumeclaims, { namespace, name });
  if (source === undefined)
    return `error getting PVC ${name} (namespace "${namespace}") from api server: persistentvolumeclaims "${name}" not found`;
  if (source.metadata.deletionTimestamp !== undefined) return `the PVC DataSource ${name} is currently being deleted`;
  if (claimClass(source) !== claimClass(claim)) {
    return "the source PVC and destination PVCs must be in the same storage class for cloning";
  }
  if (source.status?.phase !== "Bound")
    return `the PVC DataSource ${name} must have a status of Bound. Got ${source.status?.phase ?? "Pending"}`;
  const volume = client.get(persistentvolumes, { namespace: "", name: source.spec.volumeName ?? "" });
  const path = volume?.spec.hostPath?.path;
  if (path === undefined) return `the PVC DataSource ${name} has no volume that could be copied`;
  return { tree: hostTree("", path), bytes: value(volume?.spec.capacity?.["storage"] ?? "0"), what: "PVC" };
}

function ofSnapshot({ registry }: Client, claim: PersistentVolumeClaim, name: string): Source | string {
  const { namespace = "" } = claim.metadata;
  const snapshot = snapshotsIn<VolumeSnapshot>(registry, SNAPSHOT_BUCKETS.snapshots).find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
  );
  if (snapshot === undefined) {
    return `error getting snapshot ${name} from api server: volumesnapshots.snapshot.storage.k8s.io "${name}" not found`;
  }
  if (snapshot.metadata.deletionTimestamp !== undefined) return `snapshot ${name} is currently being deleted`;
  const bound = snapshot.status?.boundVolumeSnapshotContentName;
  const content = snapshotsIn<VolumeSnapshotContent>(registry, SNAPSHOT_BUCKETS.contents).find(
    ({ metadata }) => metadata.name === bound,
  );
  if (snapshot.status?.readyToUse !== true || content?.status?.snapshotHandle === undefined) {
    return `snapshot ${name} is not Ready`;
  }
  const { snapshotHandle, restoreSize = 0 } = content.status;
  return { tree: snapshotTree(snapshotHandle), bytes: restoreSize, what: "snapshot" };
}
