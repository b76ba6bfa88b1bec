/**
 * ClusterRoleBinding: gives subjects what a cluster role allows, everywhere.
 *
 * Models pkg/registry/rbac/clusterrolebinding.
 */
import type { ClusterRoleBinding } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";
import { RBAC_GROUP } from "#kernel/registry/rbac";
import { bindingColumns, setBindingDefaults } from "#kernel/resources/rbac/binding.facts";
import { validateRoleRef, validateSameRole, validateSubjects } from "#kernel/resources/rbac/rule.validate";

export const clusterrolebindings = defineResource<ClusterRoleBinding>({
  group: RBAC_GROUP,
  version: "v1",
  names: { kind: "ClusterRoleBinding", plural: "clusterrolebindings", singular: "clusterrolebinding" },
  scope: "Cluster",
  nameFormat: "pathSegment",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,

  setDefaults: setBindingDefaults,

  validate({ roleRef, subjects }, at) {
    validateRoleRef(roleRef, ["ClusterRole"], at);
    validateSubjects(subjects, false, at);
  },

  validateUpdate({ roleRef }, old, at) {
    validateSameRole(roleRef, old.roleRef, at);
  },

  columns: bindingColumns(),
});
