/**
 * The roles every cluster has in kube-system and kube-public, and who has them.
 *
 * Models plugin/pkg/auth/authorizer/rbac/bootstrappolicy/namespace_policy.go.
 */
import type { PolicyRule } from "#kernel/api/types.gen";
import { EVENTS, READ, rule } from "#kernel/resources/rbac/policy/rule";

/** A role in a namespace, and the users and accounts of kube-system bound to it. */
export interface NamespacePolicy {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  /** The role's name unless said otherwise. */
  readonly binding?: string;
  readonly users?: readonly string[];
  readonly accounts?: readonly string[];
}

const SYSTEM = "kube-system";
const MANAGER = "system:kube-controller-manager";
const SCHEDULER = "system:kube-scheduler";

export const NAMESPACE_POLICIES: readonly NamespacePolicy[] = [
  {
    namespace: SYSTEM,
    name: "extension-apiserver-authentication-reader",
    binding: "system::extension-apiserver-authentication-reader",
    users: [MANAGER, SCHEDULER],
    rules: [rule(READ, "core", "configmaps", "extension-apiserver-authentication")],
  },
  {
    namespace: SYSTEM,
    name: "system::leader-locking-kube-controller-manager",
    users: [MANAGER],
    accounts: ["kube-controller-manager"],
    rules: [rule("watch", "core", "configmaps"), rule("get update", "core", "configmaps", "kube-controller-manager")],
  },
  {
    namespace: SYSTEM,
    name: "system::leader-locking-kube-scheduler",
    users: [SCHEDULER],
    accounts: ["kube-scheduler"],
    rules: [rule("watch", "core", "configmaps"), rule("get update", "core", "configmaps", "kube-scheduler")],
  },
  {
    namespace: SYSTEM,
    name: "system:controller:bootstrap-signer",
    accounts: ["bootstrap-signer"],
    rules: [rule(READ, "core", "secrets")],
  },
  {
    namespace: SYSTEM,
    name: "system:controller:cloud-provider",
    accounts: ["cloud-provider"],
    rules: [rule("create get list watch", "core", "configmaps")],
  },
  {
    namespace: SYSTEM,
    name: "system:controller:token-cleaner",
    accounts: ["token-cleaner"],
    rules: [rule("delete get list watch", "core", "secrets"), EVENTS],
  },
  {
    namespace: "kube-public",
    name: "system:controller:bootstrap-signer",
    accounts: ["bootstrap-signer"],
    rules: [rule(READ, "core", "configmaps"), rule("update", "core", "configmaps", "cluster-info"), EVENTS],
  },
];
