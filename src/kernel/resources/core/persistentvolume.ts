/**
 * PersistentVolume: a piece of storage that lives longer than the pods that use it.
 *
 * Models pkg/registry/core/persistentvolume, pkg/api/persistentvolume and the table printer.
 */

import type { PersistentVolume } from "#kernel/api/types.gen";
import { timeText } from "#kernel/apimachinery/meta";
import { canonicalQuantity } from "#kernel/apimachinery/quantity";
import { column, defineResource, wide } from "#kernel/registry/definition";
import { modesText, volumeClass, volumeStorage } from "#kernel/resources/core/persistentvolume.facts";
import {
  validateVolume,
  validateVolumeStatus,
  validateVolumeUpdate,
} from "#kernel/resources/core/persistentvolume.validate";
import { CLASS_ANNOTATION } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { defaultRemoteVolume } from "#kernel/resources/core/pod.defaults";
import { ageColumn, nameColumn } from "#kernel/resources/core/table.columns";

export const persistentvolumes = defineResource<PersistentVolume>({
  group: "",
  version: "v1",
  names: { kind: "PersistentVolume", plural: "persistentvolumes", singular: "persistentvolume", short: ["pv"] },
  scope: "Cluster",
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  setDefaults(volume) {
    volume.spec ??= {};
    const { spec } = volume;
    spec.persistentVolumeReclaimPolicy ??= "Retain";
    spec.volumeMode ??= "Filesystem";
    if (spec.hostPath !== undefined) spec.hostPath.type ??= "";
    defaultRemoteVolume(spec);
    volume.status ??= {};
    volume.status.phase ??= "Pending";
  },
  prepareForCreate(volume, { now }) {
    volume.status = { phase: "Pending", lastPhaseTransitionTime: timeText(now) };
  },
  prepareForStatusUpdate({ status }, old, { now }) {
    if (status === undefined || status.phase === old.status?.phase) return;
    const isNamed = status.lastPhaseTransitionTime !== old.status?.lastPhaseTransitionTime;
    if (!isNamed) status.lastPhaseTransitionTime = timeText(now);
  },

  validate: (volume, at) => validateVolume(volume, at),
  validateUpdate: validateVolumeUpdate,
  validateStatusUpdate: validateVolumeStatus,
  warnings: (volume) => warningsFor(volume),

  table: [
    nameColumn,
    column("Capacity", "string", (volume) => canonicalQuantity(volumeStorage(volume)), "How much fits in."),
    column("Access Modes", "string", ({ spec }) => modesText(spec.accessModes), "How it can be mounted."),
    column("Reclaim Policy", "string", ({ spec }) => spec.persistentVolumeReclaimPolicy ?? ""),
    column("Status", "string", phaseText, "The phase of the volume."),
    column("Claim", "string", claimText, "The claim it is promised to."),
    column("StorageClass", "string", (volume) => volumeClass(volume), "The class of storage it belongs to."),
    column("VolumeAttributesClass", "string", ({ spec }) => spec.volumeAttributesClassName ?? "<unset>"),
    column("Reason", "string", ({ status }) => status?.reason ?? "", "Why it is in its phase."),
    ageColumn,
    wide("VolumeMode", "string", ({ spec }) => spec.volumeMode ?? "<unset>", "Whether it is files or a block device."),
  ],
  indexes: {
    claim: ({ spec: { claimRef } }) =>
      claimRef === undefined ? [] : [`${claimRef.namespace ?? ""}/${claimRef.name ?? ""}`],
  },
});

function phaseText({ metadata, status }: PersistentVolume): string {
  return metadata.deletionTimestamp === undefined ? (status?.phase ?? "") : "Terminating";
}

function claimText({ spec: { claimRef } }: PersistentVolume): string {
  return claimRef === undefined ? "" : `${claimRef.namespace ?? ""}/${claimRef.name ?? ""}`;
}

function warningsFor({ metadata, spec }: PersistentVolume): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[CLASS_ANNOTATION] !== undefined) {
    const says = 'deprecated since v1.8; use "storageClassName" attribute instead';
    warnings.push(`metadata.annotations[${CLASS_ANNOTATION}]: ${says}`);
  }
  if (spec.persistentVolumeReclaimPolicy === "Recycle") {
    const says = "The Recycle reclaim policy is deprecated.";
    const instead = "Instead, the recommended approach is to use dynamic provisioning.";
    warnings.push(`spec.persistentVolumeReclaimPolicy: ${says} ${instead}`);
  }
  return warnings;
}
