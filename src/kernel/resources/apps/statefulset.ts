/**
 * StatefulSet: pods with lasting names, in order, each with storage of its own.
 *
 * Models pkg/registry/apps/statefulset, pkg/apis/apps/v1/defaults.go and the table printer.
 * Leaves out the beta versions: every client we serve speaks apps/v1.
 */
import type { PersistentVolumeClaim, StatefulSet } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";
import { statefulReplicas } from "#kernel/resources/apps/statefulset.facts";
import {
  validateStatefulSet,
  validateStatefulSetStatus,
  validateStatefulSetUpdate,
} from "#kernel/resources/apps/statefulset.validate";
import { containerColumns } from "#kernel/resources/apps/workload.columns";
import { defaultPodSpec } from "#kernel/resources/core/pod.defaults";
import { warningsForPodTemplate } from "#kernel/resources/core/pod.warnings";

export const statefulsets = defineResource<StatefulSet>({
  group: "apps",
  version: "v1",
  names: {
    kind: "StatefulSet",
    plural: "statefulsets",
    singular: "statefulset",
    short: ["sts"],
    categories: ["all"],
  },
  scope: "Namespaced",
  nameFormat: "label",
  subresources: {
    status: true,
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      selectorPath: ".spec.selector",
    },
  },
  hasGeneration: true,
  allowUnconditionalUpdate: true,

  setDefaults: defaultStatefulSet,
  prepareForCreate(set) {
    set.status = { replicas: 0, availableReplicas: 0 };
  },

  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  validateStatusUpdate: validateStatefulSetStatus,
  warnings({ spec, metadata }, old) {
    const isSame = old?.metadata.generation !== undefined && old.metadata.generation === metadata.generation;
    const warnings = isSame ? [] : warningsForPodTemplate(spec.template, "spec.template");
    if ((spec.revisionHistoryLimit ?? 0) >= 0) return warnings;
    const says = "a negative value retains all historical revisions; a value >= 0 is recommended";
    return [...warnings, `spec.revisionHistoryLimit: ${says}`];
  },

  columns: [
    column(
      "Ready",
      "string",
      (set) => `${set.status?.readyReplicas ?? 0}/${statefulReplicas(set)}`,
      "How many of the wanted pods are ready.",
    ),
    ...containerColumns<StatefulSet>(({ spec }) => spec.template),
  ],
});

function defaultStatefulSet({ spec }: StatefulSet): void {
  spec.template ??= { spec: { containers: [] } };
  spec.template.spec ??= { containers: [] };
  defaultPodSpec(spec.template.spec);
  if ((spec.podManagementPolicy ?? "") === "") spec.podManagementPolicy = "OrderedReady";
  spec.updateStrategy ??= {};
  if ((spec.updateStrategy.type ?? "") === "") {
    spec.updateStrategy.type = "RollingUpdate";
    spec.updateStrategy.rollingUpdate ??= {};
  }
  const { type, rollingUpdate } = spec.updateStrategy;
  if (type === "RollingUpdate" && rollingUpdate !== undefined) {
    rollingUpdate.partition ??= 0;
    rollingUpdate.maxUnavailable ??= 1;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  const policy = spec.persistentVolumeClaimRetentionPolicy;
  if ((policy.whenDeleted ?? "") === "") policy.whenDeleted = "Retain";
  if ((policy.whenScaled ?? "") === "") policy.whenScaled = "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const template of spec.volumeClaimTemplates ?? []) defaultClaimTemplate(template);
}

/** A claim inside another object is told its kind and its phase, as conversion and defaulting leave it upstream. */
function defaultClaimTemplate(template: PersistentVolumeClaim): void {
  template.apiVersion = "v1";
  template.kind = "PersistentVolumeClaim";
  template.status ??= {};
  if ((template.status.phase ?? "") === "") template.status.phase = "Pending";
  template.spec ??= {};
  template.spec.volumeMode ??= "Filesystem";
}
