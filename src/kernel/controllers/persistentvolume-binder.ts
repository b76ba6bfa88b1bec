/**
 * Persistent volume binder: brings claims and volumes together, and says what becomes of a volume afterwards.
 *
 * Models pkg/controller/volume/persistentvolume (pv_controller.go). A key with a namespace is a claim, one without is
 * a volume.
 * Leaves out the resync every 15 seconds: a read inside the kernel is never stale, so what waits is looked at again
 * when something it waits for changes.
 */
import { compareText } from "#kernel/apimachinery/go-text";
import { type Key, keyOf, keyText } from "#kernel/apimachinery/meta";
import { syncClaim } from "#kernel/controllers/persistentvolume/claims";
import { recycledBy } from "#kernel/controllers/persistentvolume/recycle";
import { syncVolume } from "#kernel/controllers/persistentvolume/volumes";
import type { Client } from "#kernel/registry/client";
import { type Controller, done, itself, watching } from "#kernel/registry/controller";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { volumeClass } from "#kernel/resources/core/persistentvolume.facts";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { storageclasses } from "#kernel/resources/storage/storageclass";

/** Claims of a class that look for a volume, in one order, however the index was built. */
const unboundOf = (client: Client, className: string): Key[] =>
  client
    .by(persistentvolumeclaims, "unbound", className)
    .map(keyOf)
    .sort((a, b) => compareText(keyText(a), keyText(b)));

export const persistentVolumeBinder: Controller = {
  name: "persistentvolume-controller",
  component: "controllerManager",
  watches: [
    itself(persistentvolumeclaims),
    watching(persistentvolumeclaims, ({ spec, metadata }, client, previous) => {
      const names = new Set([spec.volumeName ?? "", previous?.spec.volumeName ?? ""].filter((name) => name !== ""));
      const promised = client.by(persistentvolumes, "claim", `${metadata.namespace ?? ""}/${metadata.name}`);
      for (const volume of promised) names.add(volume.metadata.name);
      return [...names].sort().map((name) => ({ namespace: "", name }));
    }),
    itself(persistentvolumes),
    watching(persistentvolumes, (volume, client, previous) => {
      const { claimRef } = volume.spec;
      const bound = client.by(persistentvolumeclaims, "volume", volume.metadata.name).map(keyOf);
      const promised =
        claimRef === undefined ? [] : [{ namespace: claimRef.namespace ?? "", name: claimRef.name ?? "" }];
      const { phase } = volume.status ?? {};
      const isFree = phase === "Available" && phase !== previous?.status?.phase;
      return [...bound, ...promised, ...(isFree ? unboundOf(client, volumeClass(volume)) : [])];
    }),
    watching(storageclasses, ({ metadata }, client) => [
      ...unboundOf(client, metadata.name),
      ...(metadata.name === "" ? [] : unboundOf(client, "")),
    ]),
    // The recycler is a pod: its end is what the volume waits for.
    watching(pods, ({ metadata }) => {
      const volume = recycledBy(metadata);
      return volume === undefined ? [] : [{ namespace: "", name: volume }];
    }),
  ],

  reconcile(context, key) {
    if (key.namespace === "") {
      const volume = context.client.get(persistentvolumes, key);
      return volume === undefined ? done : syncVolume(context, volume);
    }
    const claim = context.client.get(persistentvolumeclaims, key);
    return claim === undefined ? done : syncClaim(context, claim);
  },
};
