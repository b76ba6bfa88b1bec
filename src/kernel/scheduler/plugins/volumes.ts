/**
 * What the volume plugins read: claims, volumes and classes by name, and the kinds whose changes may help a pod.
 */
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "#kernel/api/types.gen";
import type { Registry } from "#kernel/registry/registry";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { csidrivers } from "#kernel/resources/storage/csidriver";
import { csinodes } from "#kernel/resources/storage/csinode";
import { csistoragecapacities } from "#kernel/resources/storage/csistoragecapacity";
import { storageclasses } from "#kernel/resources/storage/storageclass";

/** The resources a pod that waits for its volumes may be helped by. */
export const VOLUME_RESOURCES = [
  persistentvolumeclaims,
  persistentvolumes,
  storageclasses,
  csidrivers,
  csinodes,
  csistoragecapacities,
] as const;

/** Present objects by name. */
export interface Reader {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  storageClass(name: string): StorageClass | undefined;
}

/** Reads from a cluster's store. */
export function readerOf({ store }: Registry): Reader {
  const get = <T>(bucket: string, namespace: string, name: string) => store.get(bucket, { namespace, name }) as T;
  return {
    claim: (namespace, name) => get<PersistentVolumeClaim | undefined>(persistentvolumeclaims.bucket, namespace, name),
    volume: (name) => get<PersistentVolume | undefined>(persistentvolumes.bucket, "", name),
    storageClass: (name) => get<StorageClass | undefined>(storageclasses.bucket, "", name),
  };
}
