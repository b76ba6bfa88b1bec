/**
 * ClusterRole: what may be done everywhere, or wherever a RoleBinding names it; it may be put together from others.
 *
 * Models pkg/registry/rbac/clusterrole.
 */
import type { ClusterRole } from "#kernel/api/types.gen";
import { validateLabelSelector } from "#kernel/apimachinery/labels";
import { defineResource } from "#kernel/registry/definition";
import { RBAC_GROUP } from "#kernel/registry/rbac";
import { roleTable } from "#kernel/resources/rbac/role.columns";
import { validateRules } from "#kernel/resources/rbac/rule.validate";

export const clusterroles = defineResource<ClusterRole>({
  group: RBAC_GROUP,
  version: "v1",
  names: { kind: "ClusterRole", plural: "clusterroles", singular: "clusterrole" },
  scope: "Cluster",
  nameFormat: "pathSegment",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,

  validate({ rules, aggregationRule }, at) {
    validateRules(rules, false, at);
    if (aggregationRule === undefined) return;
    const selectors = aggregationRule.clusterRoleSelectors ?? [];
    const path = "aggregationRule.clusterRoleSelectors";
    if (selectors.length === 0)
      at(path).required("at least one clusterRoleSelector required if aggregationRule is non-nil");
    selectors.forEach((selector, n) => {
      validateLabelSelector(selector, at.under(`${path}[${n}]`));
    });
  },

  table: roleTable,
});
