/**
 * PV protection: a volume that is deleted goes once it is bound to no claim.
 *
 * Models pkg/controller/volume/pvprotection.
 */
import { keyOf } from "#kernel/apimachinery/meta";
import { type Controller, done, watching } from "#kernel/registry/controller";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { PV_PROTECTION } from "#kernel/resources/core/persistentvolume.facts";

export const pvProtectionController: Controller = {
  name: "pv-protection-controller",
  component: "controllerManager",
  watches: [
    watching(persistentvolumes, (volume) => (volume.metadata.deletionTimestamp === undefined ? [] : [keyOf(volume)])),
  ],

  reconcile({ client }, key) {
    const volume = client.get(persistentvolumes, key);
    const { deletionTimestamp, finalizers = [] } = volume?.metadata ?? {};
    if (volume === undefined || deletionTimestamp === undefined || !finalizers.includes(PV_PROTECTION)) return done;
    if (volume.status?.phase === "Bound") return done;
    const metadata = { ...volume.metadata, finalizers: finalizers.filter((name) => name !== PV_PROTECTION) };
    client.update(persistentvolumes, { ...volume, metadata });
    return done;
  },
};
