/**
 * Role: what may be done in one namespace.
 *
 * Models pkg/registry/rbac/role.
 */
import type { Role } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";
import { RBAC_GROUP } from "#kernel/registry/rbac";
import { roleTable } from "#kernel/resources/rbac/role.columns";
import { validateRules } from "#kernel/resources/rbac/rule.validate";

export const roles = defineResource<Role>({
  group: RBAC_GROUP,
  version: "v1",
  names: { kind: "Role", plural: "roles", singular: "role" },
  scope: "Namespaced",
  nameFormat: "pathSegment",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,

  validate({ rules }, at) {
    validateRules(rules, true, at);
  },

  table: roleTable,
});
