/**
 * VolumeRestrictions: a claim for one pod alone is not given to a second, a disk not to two writers of one node.
 *
 * Models pkg/scheduler/framework/plugins/volumerestrictions.
 */
import type { Pod, Volume } from "#kernel/api/types.gen";
import { claimsOfPod } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { pods } from "#kernel/resources/core/pod";
import { isPodScheduled, isPodTerminal } from "#kernel/resources/core/pod.facts";
import { type NodeFilter, type Plugin, rejects } from "#kernel/scheduler/framework";
import { readerOf } from "#kernel/scheduler/plugins/volumes";
import type { Snapshot } from "#kernel/scheduler/snapshot";

const NAME = "VolumeRestrictions";
const IN_USE = rejects(
  NAME,
  "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
);
const NO_DISK = rejects(NAME, "node(s) had no available disk");

export const volumeRestrictions: Plugin = {
  name: NAME,
  events: ["NodeAdd", "PodDelete", "VolumeChange"],

  helps(_event, { namespace, claims }, { pod }) {
    if ((pod.spec.volumes ?? []).some((volume) => isDisk(volume))) return true;
    return namespace === pod.metadata.namespace && claimsOfPod(pod).some(({ name }) => claims.includes(name));
  },

  filter({ pod }, cluster) {
    const { volumes = [] } = pod.spec;
    const disks = volumes.filter((volume) => isDisk(volume));
    const users = usersOfExclusiveClaims(pod, cluster);
    if (disks.length === 0 && users.length === 0) return undefined;
    const check: NodeFilter = (node) => {
      const hasConflict = disks.some((disk) =>
        [...node.pods.values()].some((info) => (info.pod.spec.volumes ?? []).some((other) => conflicts(disk, other))),
      );
      if (hasConflict) return NO_DISK;
      // While preemption tries who could go, those are off their nodes: only who is left counts.
      return users.some((user) => isThere(cluster, user)) ? IN_USE : undefined;
    };
    return { check };
  },
};

/** Placed pods that have a claim which this pod wants for itself. */
function usersOfExclusiveClaims(pod: Pod, { registry }: Snapshot): readonly Pod[] {
  const { namespace = "", uid } = pod.metadata;
  const reader = readerOf(registry);
  return claimsOfPod(pod).flatMap(({ name }) => {
    if (reader.claim(namespace, name)?.spec.accessModes?.includes("ReadWriteOncePod") !== true) return [];
    const users = registry.indexes.by(pods.bucket, "claim", `${namespace}/${name}`) as readonly Pod[];
    return users.filter((user) => user.metadata.uid !== uid && isPodScheduled(user) && !isPodTerminal(user));
  });
}

const isThere = (cluster: Snapshot, user: Pod): boolean =>
  cluster.node(user.spec.nodeName ?? "")?.pods.has(user.metadata.uid) ?? true;

const isDisk = ({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }: Volume): boolean =>
  (gcePersistentDisk ?? awsElasticBlockStore ?? iscsi ?? rbd) !== undefined;

/** True if two volumes are one disk that not both may have. */
function conflicts(a: Volume, b: Volume): boolean {
  const [gce, otherGce] = [a.gcePersistentDisk, b.gcePersistentDisk];
  if (gce !== undefined && gce.pdName === otherGce?.pdName) return !(gce.readOnly && otherGce.readOnly);
  const [aws, otherAws] = [a.awsElasticBlockStore, b.awsElasticBlockStore];
  if (aws !== undefined && aws.volumeID === otherAws?.volumeID) return true;
  if (a.iscsi !== undefined && a.iscsi.iqn === b.iscsi?.iqn) return !(a.iscsi.readOnly && b.iscsi.readOnly);
  const [rbd, otherRbd] = [a.rbd, b.rbd];
  if (rbd === undefined || otherRbd === undefined) return false;
  const isSame = rbd.image === otherRbd.image && (rbd.pool ?? "rbd") === (otherRbd.pool ?? "rbd");
  const meets = rbd.monitors.some((monitor) => otherRbd.monitors.includes(monitor));
  return isSame && meets && !(rbd.readOnly && otherRbd.readOnly);
}
