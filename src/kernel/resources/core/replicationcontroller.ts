/**
 * ReplicationController: what kept copies of a pod alive before there were ReplicaSets.
 *
 * Models pkg/registry/core/replicationcontroller, pkg/apis/core/v1/defaults.go and the table printer.
 */
import type { ReplicationController, ReplicationControllerSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { formatLabels, matchesSet } from "#kernel/apimachinery/labels";
import { column, defineResource, wide } from "#kernel/registry/definition";
import { containerColumns } from "#kernel/resources/apps/workload.columns";
import { validateCounts } from "#kernel/resources/apps/workload.validate";
import { defaultPodSpec } from "#kernel/resources/core/pod.defaults";
import { validatePodTemplate } from "#kernel/resources/core/pod.validate";
import { mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";
import { warningsForPodTemplate } from "#kernel/resources/core/pod.warnings";

export const replicationcontrollers = defineResource<ReplicationController>({
  group: "",
  version: "v1",
  names: {
    kind: "ReplicationController",
    plural: "replicationcontrollers",
    singular: "replicationcontroller",
    short: ["rc"],
    categories: ["all"],
  },
  scope: "Namespaced",
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
  orphansByDefault: true,

  setDefaults({ spec, metadata }) {
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined) {
      if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
      if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
    }
    if (spec.template !== undefined) {
      spec.template.spec ??= { containers: [] };
      defaultPodSpec(spec.template.spec);
    }
    spec.replicas ??= 1;
  },
  prepareForCreate(rc) {
    rc.status = { replicas: 0 };
  },

  validate: ({ spec }, at) => validateSpec(spec, at.under("spec")),
  validateStatusUpdate({ status }, _old, at) {
    const parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"] as const;
    const all = ["replicas", ...parts, "observedGeneration"] as const;
    validateCounts(status ?? { replicas: 0 }, { all, parts }, at.under("status"));
  },
  warnings: ({ spec, metadata }, old) => {
    const isSame = old?.metadata.generation !== undefined && old.metadata.generation === metadata.generation;
    return isSame ? [] : warningsForPodTemplate(spec.template, "spec.template");
  },

  columns: [
    column("Desired", "integer", ({ spec }) => spec.replicas ?? 1, "How many pods are wanted."),
    column("Current", "integer", ({ status }) => status?.replicas ?? 0, "How many pods there are."),
    column("Ready", "integer", ({ status }) => status?.readyReplicas ?? 0, "How many pods are ready."),
    ...containerColumns<ReplicationController>(({ spec }) => spec.template),
    wide("Selector", "string", ({ spec }) => formatLabels(spec.selector), "The labels of the pods."),
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
});

function validateSpec({ minReadySeconds, replicas = 1, selector = {}, template }: ReplicationControllerSpec, at: At) {
  mustNotBeNegative(at("minReadySeconds"), minReadySeconds);
  const isOpen = Object.keys(selector).length === 0;
  if (isOpen) at("selector").required();
  mustNotBeNegative(at("replicas"), replicas);
  const templateAt = at.under("template");
  if (template === undefined) {
    templateAt("").required();
    return;
  }
  const labels = template.metadata?.labels;
  if (!isOpen && !matchesSet(selector, labels)) {
    templateAt("metadata.labels").invalid(labels ?? null, "`selector` does not match template `labels`");
  }
  const restrictions = { restartPolicies: ["Always"], refusesDeadlineFor: "ReplicationController" };
  validatePodTemplate(template, templateAt, restrictions);
}
