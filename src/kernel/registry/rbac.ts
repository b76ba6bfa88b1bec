/**
 * Role based access control: which rules a user has where, from the roles and bindings there are.
 *
 * The bindings are kept by subject, so that a check looks at those of the user and of his groups alone.
 *
 * Models pkg/registry/rbac/validation/rule.go and plugin/pkg/auth/authorizer/rbac.
 */
import type { PolicyRule, Role, RoleBinding, RoleRef, Subject } from "#kernel/api/types.gen";
import { notFound, type StatusError } from "#kernel/apimachinery/errors";
import { quote } from "#kernel/apimachinery/go-text";
import type { Registry } from "#kernel/registry/registry";
import { accountUserName, type User } from "#kernel/registry/user";
import type { View } from "#kernel/registry/view";
import type { Bucket, Change, KubeObject } from "#kernel/store/object";

export const RBAC_GROUP = "rbac.authorization.k8s.io";
export const ROLES: Bucket = `roles.${RBAC_GROUP}`;
export const CLUSTER_ROLES: Bucket = `clusterroles.${RBAC_GROUP}`;
const ROLE_BINDINGS: Bucket = `rolebindings.${RBAC_GROUP}`;
const CLUSTER_ROLE_BINDINGS: Bucket = `clusterrolebindings.${RBAC_GROUP}`;

/** Bindings by `NAMESPACE subject`, the namespace of cluster role bindings being "". */
type Bindings = Map<string, Map<string, RoleBinding>>;

const bindingsView: View<Bindings> = {
  name: "rbac-bindings",

  create({ store }) {
    const bindings: Bindings = new Map();
    for (const bucket of [ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS]) {
      for (const binding of store.list(bucket)) put(bindings, binding as unknown as RoleBinding);
    }
    return bindings;
  },

  apply(bindings, { bucket, type, object, previous }: Change) {
    if (bucket !== ROLE_BINDINGS && bucket !== CLUSTER_ROLE_BINDINGS) return;
    if (previous !== undefined) drop(bindings, previous as unknown as RoleBinding);
    if (type !== "DELETED") put(bindings, object as unknown as RoleBinding);
  },
};

/** Under what a subject's bindings are kept; undefined for a subject nobody is. */
function subjectKey(subject: Subject, namespace: string): string | undefined {
  switch (subject.kind) {
    case "User":
      return `${namespace} user ${subject.name}`;
    case "Group":
      return `${namespace} group ${subject.name}`;
    case "ServiceAccount": {
      const home = subject.namespace || namespace;
      return home === "" ? undefined : `${namespace} user ${accountUserName(home, subject.name)}`;
    }
    default:
      return undefined;
  }
}

function keysOf({ metadata, subjects }: RoleBinding): string[] {
  const keys = (subjects ?? []).map((subject) => subjectKey(subject, metadata.namespace ?? ""));
  return keys.filter((key) => key !== undefined);
}

function put(bindings: Bindings, binding: RoleBinding): void {
  for (const key of keysOf(binding)) {
    const under = bindings.get(key) ?? new Map<string, RoleBinding>();
    bindings.set(key, under.set(binding.metadata.name, binding));
  }
}

function drop(bindings: Bindings, binding: RoleBinding): void {
  for (const key of keysOf(binding)) {
    const under = bindings.get(key);
    under?.delete(binding.metadata.name);
    if (under?.size === 0) bindings.delete(key);
  }
}

/** The bindings of a user: those of the whole cluster, or those of one namespace. */
function bindingsOf(registry: Registry, user: User, namespace: string): Iterable<RoleBinding> {
  const all = registry.views.of(bindingsView);
  const own = all.get(`${namespace} user ${user.name}`)?.values() ?? [];
  const found = new Set(own);
  for (const group of user.groups) {
    for (const binding of all.get(`${namespace} group ${group}`)?.values() ?? []) found.add(binding);
  }
  return found;
}

/** One rule a user has, and through which binding. */
export interface HeldRule {
  readonly rule: PolicyRule;
  readonly binding: RoleBinding;
}

/** Visits what a user holds in a namespace ("" = cluster-wide alone); a visitor that says true ends it. */
export function visitRules(
  registry: Registry,
  user: User,
  namespace: string,
  visitor: (held: HeldRule) => boolean,
): { readonly errors: readonly StatusError[] } {
  const errors: StatusError[] = [];
  for (const place of namespace === "" ? [""] : ["", namespace]) {
    for (const binding of bindingsOf(registry, user, place)) {
      const rules = rulesOfRef(registry, binding.roleRef, place);
      if ("status" in rules) errors.push(rules);
      else for (const rule of rules) if (visitor({ rule, binding })) return { errors };
    }
  }
  return { errors };
}

/** All rules a user holds in a namespace. */
export function rulesFor(
  registry: Registry,
  user: User,
  namespace: string,
): { readonly rules: readonly PolicyRule[]; readonly errors: readonly StatusError[] } {
  const rules: PolicyRule[] = [];
  const { errors } = visitRules(registry, user, namespace, ({ rule }) => {
    rules.push(rule);
    return false;
  });
  return { rules, errors };
}

/** The rules of the role a binding names, or the answer that there is none. */
export function rulesOfRef(
  { store }: Registry,
  { kind, name }: RoleRef,
  namespace: string,
): readonly PolicyRule[] | StatusError {
  const [bucket, key] = kind === "Role" ? [ROLES, { namespace, name }] : [CLUSTER_ROLES, { namespace: "", name }];
  const role = store.get(bucket, key) as (KubeObject & Partial<Role>) | undefined;
  if (role === undefined) {
    return notFound({ group: RBAC_GROUP, resource: kind === "Role" ? "role" : "clusterrole" }, name);
  }
  return role.rules ?? [];
}

/** How a decision names the binding it rests on: `RoleBinding "b/ns" of Role "r" to ServiceAccount "s/ns"`. */
export function describeBinding({ kind, metadata, roleRef, subjects }: RoleBinding, user: User): string {
  const { name, namespace = "" } = metadata;
  const isUsers = (subject: Subject): boolean => {
    const key = subjectKey(subject, namespace);
    return [`user ${user.name}`, ...user.groups.map((group) => `group ${group}`)].some(
      (own) => key === `${namespace} ${own}`,
    );
  };
  const subject = subjects?.find(isUsers);
  const full = namespace === "" ? name : `${name}/${namespace}`;
  return `${kind} ${quote(full)} of ${roleRef.kind} ${quote(roleRef.name)} to ${subjectText(subject, namespace)}`;
}

function subjectText(subject: Subject | undefined, namespace: string): string {
  if (subject === undefined) return "";
  if (subject.kind !== "ServiceAccount") return `${subject.kind} ${quote(subject.name)}`;
  return `${subject.kind} ${quote(`${subject.name}/${subject.namespace || namespace}`)}`;
}
