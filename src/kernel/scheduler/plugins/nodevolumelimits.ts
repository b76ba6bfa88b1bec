/**
 * NodeVolumeLimits: a node holds as many volumes of a driver as its CSINode says.
 *
 * Models pkg/scheduler/framework/plugins/nodevolumelimits (csi.go).
 * Leaves out volumes attached without a pod: nothing simulated attaches one.
 */
import type { CSINode, Pod } from "#kernel/api/types.gen";
import { claimClass, claimsOfPod } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { csinodes } from "#kernel/resources/storage/csinode";
import { type Plugin, rejects } from "#kernel/scheduler/framework";
import { type Reader, readerOf } from "#kernel/scheduler/plugins/volumes";

const NAME = "NodeVolumeLimits";
const TOO_MANY = rejects(NAME, "node(s) exceed max volume count");

export const nodeVolumeLimits: Plugin = {
  name: NAME,
  events: ["NodeAdd", "PodDelete", "VolumeChange"],

  helps: (_event, { claims }) => claims.length > 0,

  filter({ pod }, { registry }) {
    if (claimsOfPod(pod).length === 0) return undefined;
    const reader = readerOf(registry);
    const wanted = volumesOf(reader, pod);
    if (wanted.size === 0) return undefined;
    return {
      check({ name, pods }) {
        const node = registry.store.get(csinodes.bucket, { namespace: "", name }) as CSINode | undefined;
        for (const { name: driver, allocatable } of node?.spec.drivers ?? []) {
          if (allocatable?.count === undefined) continue;
          const mine = [...wanted].filter(([, of]) => of === driver).map(([id]) => id);
          if (mine.length === 0) continue;
          const there = new Set<string>();
          for (const info of pods.values()) {
            for (const [id, of] of volumesOf(reader, info.pod)) if (of === driver) there.add(id);
          }
          const added = mine.filter((id) => !there.has(id)).length;
          if (added > 0 && there.size + added > allocatable.count) return TOO_MANY;
        }
        return undefined;
      },
    };
  },
};

/** The driver of each volume a pod uses, by what tells the volumes apart; one that is yet to be made counts too. */
function volumesOf(reader: Reader, pod: Pod): Map<string, string> {
  const found = new Map<string, string>();
  const { namespace = "" } = pod.metadata;
  for (const { name } of claimsOfPod(pod)) {
    const claim = reader.claim(namespace, name);
    if (claim === undefined) continue;
    const { volumeName = "" } = claim.spec;
    const csi = volumeName === "" ? undefined : reader.volume(volumeName)?.spec.csi;
    if (csi !== undefined) found.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
    else if (volumeName === "") {
      const driver = reader.storageClass(claimClass(claim))?.provisioner;
      if (driver !== undefined) found.set(`${namespace}/${name}`, driver);
    }
  }
  return found;
}
