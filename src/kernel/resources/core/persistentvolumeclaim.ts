/**
 * PersistentVolumeClaim: what a user asks for in storage, and which volume was given.
 *
 * Models pkg/registry/core/persistentvolumeclaim, pkg/api/persistentvolumeclaim and the table printer.
 */
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  TypedLocalObjectReference,
} from "#kernel/api/types.gen";
import { canonicalQuantity } from "#kernel/apimachinery/quantity";
import { column, defineResource, wide } from "#kernel/registry/definition";
import { modesText } from "#kernel/resources/core/persistentvolume.facts";
import { claimClass } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { validateClaimSpec } from "#kernel/resources/core/persistentvolumeclaim.validate";
import {
  validateClaimStatusUpdate,
  validateClaimUpdate,
} from "#kernel/resources/core/persistentvolumeclaim.validate.update";
import { warningsForClaim } from "#kernel/resources/core/persistentvolumeclaim.warnings";
import { ageColumn, nameColumn } from "#kernel/resources/core/table.columns";

export const persistentvolumeclaims = defineResource<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  names: {
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    short: ["pvc"],
  },
  scope: "Namespaced",
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  setDefaults(claim) {
    claim.spec ??= {};
    claim.spec.volumeMode ??= "Filesystem";
    claim.status ??= {};
    claim.status.phase ??= "Pending";
  },
  prepareForCreate(claim) {
    claim.status = { phase: "Pending" };
    alignSources(claim.spec);
  },

  validate: (claim, at) => validateClaimSpec(claim.spec, at.under("spec")),
  validateUpdate: validateClaimUpdate,
  validateStatusUpdate: validateClaimStatusUpdate,
  warnings: (claim) => warningsForClaim(claim),

  table: [
    nameColumn,
    column("Status", "string", phaseText, "The phase of the claim."),
    column("Volume", "string", ({ spec }) => spec.volumeName ?? "", "The volume the claim is bound to."),
    column("Capacity", "string", capacityText, "The size of that volume."),
    column("Access Modes", "string", ({ spec, status }) => (spec.volumeName ? modesText(status?.accessModes) : "")),
    column("StorageClass", "string", (claim) => claimClass(claim), "The class of storage asked for."),
    column("VolumeAttributesClass", "string", ({ spec }) => spec.volumeAttributesClassName ?? "<unset>"),
    ageColumn,
    wide("VolumeMode", "string", ({ spec }) => spec.volumeMode ?? "<unset>", "Whether it is files or a block device."),
  ],
  indexes: {
    volume: ({ spec }) => (spec.volumeName ? [spec.volumeName] : []),
    /** Claims that still look for a volume, by their class. */
    unbound: (claim) => (claim.spec.volumeName ? [] : [claimClass(claim)]),
  },
});

/**
 * The old and the new field of where the data come from say the same. What only a feature that is off understands is
 * forgotten, as upstream forgets it: another namespace in the new field, and other kinds in the old one.
 */
function alignSources(spec: PersistentVolumeClaimSpec): void {
  if ((spec.dataSourceRef?.namespace ?? "") !== "") delete spec.dataSourceRef;
  if (spec.dataSource !== undefined && !isClaimOrSnapshot(spec.dataSource)) delete spec.dataSource;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  if (dataSourceRef === undefined || dataSource !== undefined) return;
  const { namespace: _, ...source } = dataSourceRef;
  spec.dataSource = source;
}

const isClaimOrSnapshot = ({ apiGroup = "", kind }: TypedLocalObjectReference): boolean =>
  (apiGroup === "" && kind === "PersistentVolumeClaim") ||
  (apiGroup === "snapshot.storage.k8s.io" && kind === "VolumeSnapshot");

function phaseText({ metadata, status }: PersistentVolumeClaim): string {
  return metadata.deletionTimestamp === undefined ? (status?.phase ?? "") : "Terminating";
}

function capacityText({ spec, status }: PersistentVolumeClaim): string {
  return spec.volumeName ? canonicalQuantity(status?.capacity?.["storage"] ?? "0") : "";
}
