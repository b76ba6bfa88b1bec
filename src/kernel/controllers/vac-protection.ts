/**
 * VAC protection: a VolumeAttributesClass that is deleted goes once no claim and no volume names it.
 *
 * Models pkg/controller/volume/vacprotection.
 */
import { type Controller, done, itself, watching } from "#kernel/registry/controller";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { VAC_PROTECTION, volumeattributesclasses } from "#kernel/resources/storage/volumeattributesclass";

const keysOf = (...names: readonly (string | undefined)[]) =>
  [...new Set(names)].flatMap((name) => (name ? [{ namespace: "", name }] : []));

export const vacProtectionController: Controller = {
  name: "volumeattributesclass-protection-controller",
  component: "controllerManager",
  watches: [
    itself(volumeattributesclasses),
    watching(persistentvolumeclaims, ({ spec, status }, _client, previous) =>
      keysOf(
        spec.volumeAttributesClassName,
        status?.currentVolumeAttributesClassName,
        previous?.spec.volumeAttributesClassName,
        previous?.status?.currentVolumeAttributesClassName,
      ),
    ),
    watching(persistentvolumes, ({ spec }, _client, previous) =>
      keysOf(spec.volumeAttributesClassName, previous?.spec.volumeAttributesClassName),
    ),
  ],

  reconcile({ client }, key) {
    const one = client.get(volumeattributesclasses, key);
    const { deletionTimestamp, finalizers = [] } = one?.metadata ?? {};
    if (one === undefined || deletionTimestamp === undefined || !finalizers.includes(VAC_PROTECTION)) return done;
    const isUsed =
      client.list(persistentvolumes).some(({ spec }) => spec.volumeAttributesClassName === key.name) ||
      client
        .list(persistentvolumeclaims)
        .some(
          ({ spec, status }) =>
            spec.volumeAttributesClassName === key.name || status?.currentVolumeAttributesClassName === key.name,
        );
    if (isUsed) return done;
    const metadata = { ...one.metadata, finalizers: finalizers.filter((name) => name !== VAC_PROTECTION) };
    client.update(volumeattributesclasses, { ...one, metadata });
    return done;
  },
};
