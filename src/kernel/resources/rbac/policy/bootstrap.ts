/**
 * Bootstraps the roles and bindings every cluster has. The objects are made once and shared by all clusters; only
 * their uids and instants are each cluster's own.
 *
 * Models pkg/registry/rbac/rest/storage_rbac.go.
 * Leaves out the reconciliation of roles that were changed since: upstream does it when an API server restarts, and
 * ours never does.
 */
import type { ClusterRole, RoleBinding, Subject } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { timeText } from "#kernel/apimachinery/meta";
import { CLUSTER_ROLES, RBAC_GROUP, ROLES } from "#kernel/registry/rbac";
import type { Registry } from "#kernel/registry/registry";
import { aggregatedRules } from "#kernel/resources/rbac/clusterrole.facts";
import { clusterrolebindings } from "#kernel/resources/rbac/clusterrolebinding";
import { AGGREGATED, CLUSTER_ROLE_POLICIES } from "#kernel/resources/rbac/policy/cluster-roles";
import { CONTROLLER_POLICIES } from "#kernel/resources/rbac/policy/controllers";
import { NAMESPACE_POLICIES } from "#kernel/resources/rbac/policy/namespaces";
import { rolebindings } from "#kernel/resources/rbac/rolebinding";
import { Entropy } from "#kernel/sim/entropy";
import type { Bucket, KubeObject } from "#kernel/store/object";

const API_VERSION = `${RBAC_GROUP}/v1`;
const ANNOTATIONS = Object.freeze({ "rbac.authorization.kubernetes.io/autoupdate": "true" });
const LABELS = Object.freeze({ "kubernetes.io/bootstrapping": "rbac-defaults" });
const AGGREGATE_TO = "rbac.authorization.k8s.io/aggregate-to-";
const SYSTEM = "kube-system";

/** An object without what is each cluster's own. */
interface Template {
  readonly bucket: Bucket;
  readonly object: Record<string, unknown> & {
    readonly metadata: { readonly name: string; readonly namespace?: string };
  };
}

const metadataOf = (name: string, namespace?: string, feeds?: string) => ({
  name,
  ...(namespace !== undefined && { namespace }),
  annotations: ANNOTATIONS,
  labels: feeds === undefined ? LABELS : { ...LABELS, [`${AGGREGATE_TO}${feeds}`]: "true" },
});

const subject = {
  user: (name: string): Subject => ({ kind: "User", apiGroup: RBAC_GROUP, name }),
  group: (name: string): Subject => ({ kind: "Group", apiGroup: RBAC_GROUP, name }),
  account: (name: string): Subject => ({ kind: "ServiceAccount", name, namespace: SYSTEM }),
};

/** Who has which cluster role; `system:node` is bound to nobody, as nodes have an authorizer of their own upstream. */
const SUBJECTS: Readonly<Record<string, readonly Subject[] | undefined>> = {
  "cluster-admin": [subject.group("system:masters")],
  "system:basic-user": [subject.group("system:authenticated")],
  "system:discovery": [subject.group("system:authenticated")],
  "system:kube-controller-manager": [subject.user("system:kube-controller-manager")],
  "system:kube-dns": [subject.account("kube-dns")],
  "system:kube-scheduler": [subject.user("system:kube-scheduler")],
  "system:monitoring": [subject.group("system:monitoring")],
  "system:node": undefined,
  "system:node-proxier": [subject.user("system:kube-proxy")],
  "system:public-info-viewer": [subject.group("system:authenticated"), subject.group("system:unauthenticated")],
  "system:service-account-issuer-discovery": [subject.group("system:serviceaccounts")],
  "system:volume-scheduler": [subject.user("system:kube-scheduler")],
};

let templates: readonly Template[] | undefined;

/** Every default object, in the order of kinds and names. */
function defaults(): readonly Template[] {
  templates ??= [...clusterRoles(), ...clusterBindings(), ...namespaced()];
  return templates;
}

function clusterRoles(): Template[] {
  const plain = [
    ...CLUSTER_ROLE_POLICIES,
    ...Object.entries(CONTROLLER_POLICIES).map(([name, rules]) => ({
      name: `system:controller:${name}`,
      rules,
      feeds: undefined,
    })),
  ].map(({ name, rules, feeds }) => clusterRole(name, { rules: [...rules], feeds }));
  const put = AGGREGATED.map(({ name, feeds }) => {
    const clusterRoleSelectors = [{ matchLabels: { [`${AGGREGATE_TO}${name}`]: "true" } }];
    return clusterRole(name, { rules: null, feeds, aggregationRule: { clusterRoleSelectors } });
  });
  const all = [...plain, ...put].sort((a, b) => compareText(a.object.metadata.name, b.object.metadata.name));
  const objects = all.map(({ object }) => object as unknown as ClusterRole);
  // What feeds a role may be fed itself, so the deepest come first: view, edit, admin.
  for (const role of put.toReversed()) role.object["rules"] = aggregatedRules(role.object as never, objects);
  return all;
}

interface RoleParts {
  readonly rules: unknown;
  readonly feeds: string | undefined;
  readonly aggregationRule?: unknown;
}

const clusterRole = (name: string, { rules, feeds, aggregationRule }: RoleParts): Template => ({
  bucket: CLUSTER_ROLES,
  object: {
    apiVersion: API_VERSION,
    kind: "ClusterRole",
    metadata: metadataOf(name, undefined, feeds),
    ...(aggregationRule !== undefined && { aggregationRule }),
    rules,
  },
});

function clusterBindings(): Template[] {
  const bindings = Object.entries(SUBJECTS).map(([name, subjects]) => clusterBinding(name, subjects));
  const controllers = Object.keys(CONTROLLER_POLICIES).map((name) =>
    clusterBinding(`system:controller:${name}`, [subject.account(name)]),
  );
  return [...bindings, ...controllers].sort((a, b) => compareText(a.object.metadata.name, b.object.metadata.name));
}

const clusterBinding = (name: string, subjects: RoleBinding["subjects"] | readonly Subject[]): Template => ({
  bucket: clusterrolebindings.bucket,
  object: {
    apiVersion: API_VERSION,
    kind: "ClusterRoleBinding",
    metadata: metadataOf(name),
    roleRef: { apiGroup: RBAC_GROUP, kind: "ClusterRole", name },
    ...(subjects !== undefined && { subjects }),
  },
});

function namespaced(): Template[] {
  const roles = NAMESPACE_POLICIES.map(({ namespace, name, rules }) => ({
    bucket: ROLES,
    object: { apiVersion: API_VERSION, kind: "Role", metadata: metadataOf(name, namespace), rules },
  }));
  const bindings = NAMESPACE_POLICIES.map(({ namespace, name, binding = name, users = [], accounts = [] }) => ({
    bucket: rolebindings.bucket,
    object: {
      apiVersion: API_VERSION,
      kind: "RoleBinding",
      metadata: metadataOf(binding, namespace),
      roleRef: { apiGroup: RBAC_GROUP, kind: "Role", name },
      subjects: [...users.map(subject.user), ...accounts.map(subject.account)],
    },
  }));
  return [...roles, ...bindings];
}

/** Puts the default roles and bindings into an empty cluster. `seed` decides their uids alone. */
export function bootstrapPolicy({ store, now }: Registry, seed: string): void {
  const entropy = Entropy.seeded(`${seed} roles and bindings`);
  const creationTimestamp = timeText(now);
  for (const { bucket, object } of defaults()) {
    const { name, namespace = "" } = object.metadata;
    const metadata = { ...object.metadata, uid: entropy.uid(), creationTimestamp };
    store.put(bucket, { namespace, name }, { ...object, metadata } as unknown as KubeObject);
  }
}
