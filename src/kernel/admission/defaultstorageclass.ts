/**
 * DefaultStorageClass: a claim that names no class gets the one marked as default.
 *
 * Models plugin/pkg/admission/storage/storageclass/setdefault.
 */
import type { PersistentVolumeClaim } from "#kernel/api/types.gen";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { namesClass } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { defaultClassOf } from "#kernel/resources/storage/storageclass.facts";

export const defaultStorageClass: AdmissionPlugin = {
  name: "DefaultStorageClass",

  concerns: ({ operation, resource, subresource }) =>
    resource.bucket === persistentvolumeclaims.bucket && subresource === "" && operation === "CREATE",

  admit({ object }, client) {
    const claim = object as PersistentVolumeClaim;
    if (namesClass(claim)) return;
    const found = defaultClassOf(client.list(storageclasses));
    if (found !== undefined) claim.spec = { ...claim.spec, storageClassName: found.metadata.name };
  },
};
