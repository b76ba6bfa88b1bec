/**
 * StorageObjectInUseProtection: new volumes, claims and attribute classes get the finalizers that keep them while used.
 *
 * Models plugin/pkg/admission/storage/storageobjectinuseprotection.
 */
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { PV_PROTECTION } from "#kernel/resources/core/persistentvolume.facts";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { PVC_PROTECTION } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { VAC_PROTECTION, volumeattributesclasses } from "#kernel/resources/storage/volumeattributesclass";

const FINALIZERS: Readonly<Record<string, string>> = {
  [persistentvolumes.bucket]: PV_PROTECTION,
  [persistentvolumeclaims.bucket]: PVC_PROTECTION,
  [volumeattributesclasses.bucket]: VAC_PROTECTION,
};

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",

  concerns: ({ operation, resource, subresource }) =>
    FINALIZERS[resource.bucket] !== undefined && subresource === "" && operation === "CREATE",

  admit({ object, resource }) {
    const finalizer = FINALIZERS[resource.bucket];
    if (object === undefined || finalizer === undefined) return;
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer];
  },
};
