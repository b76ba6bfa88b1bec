/**
 * DaemonSet: one pod of a template on every node that fits.
 *
 * Models pkg/registry/apps/daemonset, pkg/apis/apps/v1/defaults.go and the table printer.
 * Leaves out the beta versions: every client we serve speaks apps/v1.
 */
import type { DaemonSet } from "#kernel/api/types.gen";
import { format, formatLabels } from "#kernel/apimachinery/labels";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { column, defineResource, wide } from "#kernel/registry/definition";
import { TEMPLATE_GENERATION_ANNOTATION, templateGeneration } from "#kernel/resources/apps/daemonset.facts";
import { validateDaemonSet, validateDaemonSetStatus } from "#kernel/resources/apps/daemonset.validate";
import { containerColumns } from "#kernel/resources/apps/workload.columns";
import { defaultPodSpec } from "#kernel/resources/core/pod.defaults";
import { warningsForPodTemplate } from "#kernel/resources/core/pod.warnings";

export const daemonsets = defineResource<DaemonSet>({
  group: "apps",
  version: "v1",
  names: { kind: "DaemonSet", plural: "daemonsets", singular: "daemonset", short: ["ds"], categories: ["all"] },
  scope: "Namespaced",
  subresources: { status: true },
  hasGeneration: true,
  allowUnconditionalUpdate: true,

  setDefaults: defaultDaemonSet,
  prepareForCreate(set) {
    set.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
    setTemplateGeneration(set, Math.max(1, templateGeneration(set) ?? 0));
  },
  prepareForUpdate(set, old) {
    const before = templateGeneration(old) ?? 0;
    setTemplateGeneration(set, semanticEqual(set.spec.template, old.spec.template) ? before : before + 1);
  },

  validate: validateDaemonSet,
  validateUpdate(set, old, at) {
    at("spec.selector").immutable(set.spec.selector, old.spec.selector);
  },
  validateStatusUpdate: validateDaemonSetStatus,
  warnings: ({ spec, metadata }, old) => {
    const isSame = old?.metadata.generation !== undefined && old.metadata.generation === metadata.generation;
    return isSame ? [] : warningsForPodTemplate(spec.template, "spec.template");
  },

  columns: [
    column("Desired", "integer", ({ status }) => status?.desiredNumberScheduled ?? 0, "How many nodes should run it."),
    column("Current", "integer", ({ status }) => status?.currentNumberScheduled ?? 0, "How many of them have a pod."),
    column("Ready", "integer", ({ status }) => status?.numberReady ?? 0, "On how many of them a pod is ready."),
    column(
      "Up-to-date",
      "integer",
      ({ status }) => status?.updatedNumberScheduled ?? 0,
      "On how many of them the pod has the present template.",
    ),
    column(
      "Available",
      "integer",
      ({ status }) => status?.numberAvailable ?? 0,
      "On how many of them a pod has been ready for long enough.",
    ),
    column(
      "Node Selector",
      "string",
      ({ spec }) => formatLabels(spec.template.spec.nodeSelector),
      "The labels a node must have.",
    ),
    ...containerColumns<DaemonSet>(({ spec }) => spec.template),
    wide("Selector", "string", ({ spec }) => format(spec.selector), "The labels of the pods."),
  ],
});

function defaultDaemonSet({ spec }: DaemonSet): void {
  spec.template ??= { spec: { containers: [] } };
  spec.template.spec ??= { containers: [] };
  defaultPodSpec(spec.template.spec);
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  if ((strategy.type ?? "") === "") strategy.type = "RollingUpdate";
  if (strategy.type === "RollingUpdate") {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= 1;
    strategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
}

function setTemplateGeneration(set: DaemonSet, generation: number): void {
  set.metadata.annotations = { ...set.metadata.annotations, [TEMPLATE_GENERATION_ANNOTATION]: String(generation) };
}
