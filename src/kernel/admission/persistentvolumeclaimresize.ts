/**
 * PersistentVolumeClaimResize: a claim may grow where its class says that its volumes can.
 *
 * Models plugin/pkg/admission/storage/persistentvolume/resize.
 */
import { refusal } from "#kernel/admission/refusal";
import type { PersistentVolumeClaim } from "#kernel/api/types.gen";
import { cmp } from "#kernel/apimachinery/quantity";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { claimClass, requestedStorage } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { storageclasses } from "#kernel/resources/storage/storageclass";

const NOT_BOUND = "Only bound persistent volume claims can be expanded";
const NOT_RESIZABLE =
  "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: "PersistentVolumeClaimResize",

  concerns: ({ operation, resource, subresource }) =>
    resource.bucket === persistentvolumeclaims.bucket && subresource === "" && operation === "UPDATE",

  validate(request, client) {
    const { object, old } = request;
    const [claim, before] = [object as PersistentVolumeClaim, old as PersistentVolumeClaim];
    if (cmp(requestedStorage(claim), requestedStorage(before)) <= 0) return;
    if (before.status?.phase !== "Bound") throw refusal(request, NOT_BOUND);
    const storageClass = client.get(storageclasses, { namespace: "", name: claimClass(claim) });
    if (storageClass?.allowVolumeExpansion !== true) throw refusal(request, NOT_RESIZABLE);
  },
};
