/**
 * Whether a claim for storage is well formed, as it stands in a pod's ephemeral volume.
 *
 * Models pkg/apis/core/validation (ValidatePersistentVolumeClaimTemplate, ValidatePersistentVolumeClaimSpec).
 */

import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain } from "#kernel/apimachinery/formats";
import { validateLabelSelector, validateLabels } from "#kernel/apimachinery/labels";
import { validateAnnotations } from "#kernel/apimachinery/names";
import { cmp } from "#kernel/apimachinery/quantity";
import { mustBeGiven, mustBeOneOf, mustFit, positiveText } from "#kernel/resources/core/pod.validate.fields";
import { validateQuantityValue } from "#kernel/resources/core/pod.validate.resources";

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/** Adds an error for each wrong part of a claim template; `at` stands at the template. */
export function validateClaimTemplate({ metadata = {}, spec }: PersistentVolumeClaimTemplate, at: At): void {
  const { annotations, labels, ...others } = metadata;
  validateAnnotations(annotations, at.under("metadata.annotations"));
  validateLabels(labels, at.under("metadata.labels"));
  for (const [field, value] of Object.entries(others)) {
    if (value !== undefined && value !== null && value !== "") at(`metadata.${field}`).forbidden("cannot be set");
  }
  validateClaimSpec(spec, at.under("spec"));
}

/** Adds an error for each wrong part of a claim's spec. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, at: At): void {
  const { accessModes = [], volumeMode, storageClassName = "", dataSource, dataSourceRef } = spec;
  if (accessModes.length === 0) at("accessModes").required("at least 1 access mode is required");
  validateLabelSelector(spec.selector, at.under("selector"));
  for (const mode of accessModes) mustBeOneOf(at("accessModes"), mode, ACCESS_MODES);
  const known = accessModes.filter((mode) => ACCESS_MODES.includes(mode));
  if (known.includes("ReadWriteOncePod") && known.some((mode) => mode !== "ReadWriteOncePod")) {
    at("accessModes").forbidden("may not use ReadWriteOncePod with other access modes");
  }
  validateStorage(spec.resources?.requests?.["storage"], at);
  if (storageClassName !== "") mustFit(at("storageClassName"), storageClassName, dns1123Subdomain);
  if (volumeMode !== undefined) mustBeOneOf(at("volumeMode"), volumeMode, ["Block", "Filesystem"]);
  if (dataSource !== undefined) validateDataSource(dataSource, at.under("dataSource"));
  if (dataSourceRef !== undefined) {
    validateDataSource(dataSourceRef, at.under("dataSourceRef"));
    const { namespace = "" } = dataSourceRef;
    if (namespace !== "") mustFit(at("dataSourceRef.namespace"), namespace, dns1123Label);
  }
  validateSourcesAgree(spec, at);
  const { volumeAttributesClassName: attributes = "" } = spec;
  if (attributes !== "") mustFit(at("volumeAttributesClassName"), attributes, dns1123Subdomain);
}

/** Upstream shows a path of its own there, of which JSON makes an empty object. */
const PATH = {};

function validateSourcesAgree({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, at: At): void {
  if (dataSource === undefined || dataSourceRef === undefined) return;
  if ((dataSourceRef.namespace ?? "") !== "") {
    at("").invalid(PATH, "may not be specified when dataSourceRef.namespace is specified");
    return;
  }
  const fields = ["apiGroup", "kind", "name"] as const;
  if (fields.some((field) => dataSource[field] !== dataSourceRef[field]))
    at("").invalid(PATH, "must match dataSourceRef");
}

function validateStorage(storage: string | undefined, at: At): void {
  const problem = at("resources[storage]");
  if (storage === undefined) {
    problem.required();
    return;
  }
  if (cmp(storage, "0") <= 0) problem.invalid(storage, positiveText);
  else validateQuantityValue("storage", storage, problem);
}

function validateDataSource({ apiGroup = "", kind, name }: TypedLocalObjectReference, at: At): void {
  mustBeGiven(at("name"), name);
  mustBeGiven(at("kind"), kind);
  if (apiGroup === "" && kind !== "PersistentVolumeClaim")
    at("").invalid(kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  if (apiGroup !== "") mustFit(at("apiGroup"), apiGroup, dns1123Subdomain);
}
