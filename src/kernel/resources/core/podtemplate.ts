/**
 * PodTemplate: a template that stands for itself, for whoever wants to make pods of it.
 *
 * Models pkg/registry/core/podtemplate, its part of pkg/apis/core/validation and its table printer.
 */
import type { PodTemplate } from "#kernel/api/types.gen";
import { formatLabels } from "#kernel/apimachinery/labels";
import { column, defineResource } from "#kernel/registry/definition";
import { defaultPodSpec } from "#kernel/resources/core/pod.defaults";
import { validatePodTemplate } from "#kernel/resources/core/pod.validate";
import { warningsForPodTemplate } from "#kernel/resources/core/pod.warnings";
import { nameColumn } from "#kernel/resources/core/table.columns";

export const podtemplates = defineResource<PodTemplate>({
  group: "",
  version: "v1",
  names: { kind: "PodTemplate", plural: "podtemplates", singular: "podtemplate" },
  scope: "Namespaced",
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  setDefaults(object) {
    object.template ??= { spec: { containers: [] } };
    object.template.spec ??= { containers: [] };
    defaultPodSpec(object.template.spec);
  },
  validate({ template = { spec: { containers: [] } } }, at) {
    validatePodTemplate(template, at.under("template"));
  },
  warnings: ({ template, metadata }, old) => {
    const isSame = old?.metadata.generation !== undefined && old.metadata.generation === metadata.generation;
    return isSame ? [] : warningsForPodTemplate(template, "template");
  },

  table: [
    nameColumn,
    column(
      "Containers",
      "string",
      ({ template }) => (template?.spec.containers ?? []).map(({ name }) => name).join(","),
      "The names of its containers.",
    ),
    column(
      "Images",
      "string",
      ({ template }) => (template?.spec.containers ?? []).map(({ image = "" }) => image).join(","),
      "The images of its containers.",
    ),
    column(
      "Pod Labels",
      "string",
      ({ template }) => formatLabels(template?.metadata?.labels),
      "The labels of the pods.",
    ),
  ],
});
