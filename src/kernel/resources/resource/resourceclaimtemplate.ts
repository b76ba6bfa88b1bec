/**
 * ResourceClaimTemplate: the claim that each pod that names it gets of its own.
 *
 * Models pkg/registry/resource/resourceclaimtemplate and its table printer.
 */
import type { ResourceClaimTemplate } from "#kernel/api/types.gen";
import { validateLabels } from "#kernel/apimachinery/labels";
import { validateAnnotations } from "#kernel/apimachinery/names";
import { defineResource } from "#kernel/registry/definition";
import { setClaimDefaults, validateAdminAccess } from "#kernel/resources/resource/resourceclaim";
import { validateClaimSpec } from "#kernel/resources/resource/resourceclaim.validate";

export const resourceclaimtemplates = defineResource<ResourceClaimTemplate>({
  group: "resource.k8s.io",
  version: "v1",
  names: { kind: "ResourceClaimTemplate", plural: "resourceclaimtemplates", singular: "resourceclaimtemplate" },
  scope: "Namespaced",
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  setDefaults: ({ spec }) => setClaimDefaults(spec?.spec),

  validate({ spec }, at, _context, old) {
    // What cannot change is not looked at again.
    if (old !== undefined) return;
    const { labels = {}, annotations } = spec.metadata ?? {};
    validateAnnotations(annotations, at.under("spec.metadata.annotations"));
    validateLabels(labels, at.under("spec.metadata.labels"));
    validateClaimSpec(spec.spec ?? {}, at.under("spec.spec"));
  },
  validateCreate({ metadata, spec }, at, context) {
    validateAdminAccess(spec.spec ?? {}, metadata.namespace ?? "", at.under("spec.spec"), context);
  },
  validateUpdate(template, old, at) {
    at("spec").immutable(template.spec, old.spec);
  },
});
