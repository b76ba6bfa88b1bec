/**
 * ReplicaSet: keep N copies of one pod template alive.
 *
 * Models pkg/registry/apps/replicaset and its table printer.
 * Leaves out the beta versions: every client we serve speaks apps/v1.
 */

import type { ReplicaSet } from "#kernel/api/types.gen";
import { format } from "#kernel/apimachinery/labels";
import { column, defineResource, wide } from "#kernel/registry/definition";
import { containerColumns } from "#kernel/resources/apps/workload.columns";
import { validateCounts, validateWorkload } from "#kernel/resources/apps/workload.validate";
import { defaultPodSpec } from "#kernel/resources/core/pod.defaults";
import { dropDisabledPodFields } from "#kernel/resources/core/pod.strategy";
import { mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";
import { warningsForWorkload } from "#kernel/resources/core/pod.warnings";

export const replicasets = defineResource<ReplicaSet>({
  group: "apps",
  version: "v1",
  names: { kind: "ReplicaSet", plural: "replicasets", singular: "replicaset", short: ["rs"], categories: ["all"] },
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

  setDefaults({ spec }) {
    spec.template ??= { spec: { containers: [] } };
    spec.template.spec ??= { containers: [] };
    defaultPodSpec(spec.template.spec);
    spec.replicas ??= 1;
  },
  prepareForCreate(rs) {
    rs.status = { replicas: 0 };
    if (rs.spec.template !== undefined) dropDisabledPodFields(rs.spec.template.spec);
  },

  validate({ spec }, root) {
    const at = root.under("spec");
    const { replicas = 1, selector, template = { spec: { containers: [] } } } = spec;
    mustNotBeNegative(at("replicas"), replicas);
    mustNotBeNegative(at("minReadySeconds"), spec.minReadySeconds);
    validateWorkload({ selector, template }, at);
  },
  validateUpdate(rs, old, at) {
    at("spec.selector").immutable(rs.spec.selector, old.spec.selector);
  },
  validateStatusUpdate({ status }, _old, at) {
    const parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"] as const;
    const all = ["replicas", ...parts, "observedGeneration", "terminatingReplicas"] as const;
    validateCounts(status ?? { replicas: 0 }, { all, parts }, at.under("status"));
  },
  warnings: (rs, old) => warningsForWorkload(rs, old),

  columns: [
    column("Desired", "integer", ({ spec }) => spec.replicas ?? 1, "How many pods are wanted."),
    column("Current", "integer", ({ status }) => status?.replicas ?? 0, "How many pods there are."),
    column("Ready", "integer", ({ status }) => status?.readyReplicas ?? 0, "How many pods are ready."),
    ...containerColumns<ReplicaSet>(({ spec }) => spec.template),
    wide("Selector", "string", ({ spec }) => format(spec.selector), "The labels of the pods."),
  ],
  selectableFields: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
});
