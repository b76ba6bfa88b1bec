/**
 * What both kinds of role bindings have alike: defaults and columns.
 *
 * Models pkg/apis/rbac/v1/defaults.go and the bindings' table printers.
 */
import type { ClusterRoleBinding, RoleBinding } from "#kernel/api/types.gen";
import { type Column, column, wide } from "#kernel/registry/definition";
import { RBAC_GROUP } from "#kernel/registry/rbac";

type Binding = RoleBinding | ClusterRoleBinding;

/** Fills in the groups that go without saying. */
export function setBindingDefaults({ roleRef, subjects }: Binding): void {
  roleRef.apiGroup ||= RBAC_GROUP;
  for (const subject of subjects ?? []) {
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= RBAC_GROUP;
  }
}

const names = ({ subjects }: Binding, kind: string): string =>
  (subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace = "" }) => (kind === "ServiceAccount" ? `${namespace}/${name}` : name))
    .join(", ");

/** The columns of a role binding, or of a cluster role binding. */
export const bindingColumns = <T extends Binding>(): readonly Column<T>[] => [
  column("Role", "string", ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
  wide("Users", "string", (binding) => names(binding, "User")),
  wide("Groups", "string", (binding) => names(binding, "Group")),
  wide("ServiceAccounts", "string", (binding) => names(binding, "ServiceAccount")),
];
