/**
 * RoleBinding: gives subjects what a role or a cluster role allows, in one namespace.
 *
 * Models pkg/registry/rbac/rolebinding.
 */
import type { RoleBinding } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";
import { RBAC_GROUP } from "#kernel/registry/rbac";
import { bindingColumns, setBindingDefaults } from "#kernel/resources/rbac/binding.facts";
import { validateRoleRef, validateSameRole, validateSubjects } from "#kernel/resources/rbac/rule.validate";

export const rolebindings = defineResource<RoleBinding>({
  group: RBAC_GROUP,
  version: "v1",
  names: { kind: "RoleBinding", plural: "rolebindings", singular: "rolebinding" },
  scope: "Namespaced",
  nameFormat: "pathSegment",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,

  setDefaults: setBindingDefaults,

  validate({ roleRef, subjects }, at) {
    validateRoleRef(roleRef, ["Role", "ClusterRole"], at);
    validateSubjects(subjects, true, at);
  },

  validateUpdate({ roleRef }, old, at) {
    validateSameRole(roleRef, old.roleRef, at);
  },

  columns: bindingColumns(),
});
