/**
 * What claims for storage use of a quota: their number and size, altogether and by class.
 *
 * Models pkg/quota/v1/evaluator/core/persistent_volume_claims.go.
 */
import { type Amounts, type Evaluator, nameMeets } from "#kernel/admission/quota/evaluator";
import type { PersistentVolumeClaim, ScopedResourceSelectorRequirement } from "#kernel/api/types.gen";
import { cmp } from "#kernel/apimachinery/quantity";
import { equal } from "#kernel/sim/clone";

const NAMES = ["count/persistentvolumeclaims", "persistentvolumeclaims", "requests.storage"];
const OF_CLASS = ".storageclass.storage.k8s.io/";
const BY_CLASS = [`${OF_CLASS}requests.storage`, `${OF_CLASS}persistentvolumeclaims`];

export const claimEvaluator: Evaluator<PersistentVolumeClaim> = {
  handles: ({ operation, subresource }) => subresource === "" && (operation === "CREATE" || operation === "UPDATE"),
  namesAmong: (names) =>
    names.filter((name) => NAMES.includes(name) || BY_CLASS.some((suffix) => name.endsWith(suffix))),
  usage,
  isInScope,
  frees: (previous, next) => !equal(usage(previous), usage(next)),
};

function usage(claim: PersistentVolumeClaim): Amounts {
  const used: Record<string, string> = { "count/persistentvolumeclaims": "1", persistentvolumeclaims: "1" };
  const name = classOf(claim);
  const storage = storageOf(claim);
  if (name !== "") used[`${name}${OF_CLASS}persistentvolumeclaims`] = "1";
  if (storage === undefined) return used;
  used["requests.storage"] = storage;
  if (name !== "") used[`${name}${OF_CLASS}requests.storage`] = storage;
  return used;
}

const classOf = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "";

/** What is asked for, or what a resize under way has been given already if that is more. */
function storageOf({ spec, status }: PersistentVolumeClaim): string | undefined {
  const asked = spec?.resources?.requests?.["storage"];
  const given = status?.allocatedResources?.["storage"];
  if (asked === undefined || given === undefined) return asked;
  return cmp(given, asked) > 0 ? given : asked;
}

function isInScope({ spec, status }: PersistentVolumeClaim, scope: ScopedResourceSelectorRequirement): boolean {
  if (scope.scopeName !== "VolumeAttributesClass") return false;
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== "");
  return names.length === 0 ? nameMeets(undefined, scope) : names.some((name) => nameMeets(name, scope));
}
