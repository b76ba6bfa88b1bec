/**
 * Who asks: the user a request or a component acts as.
 *
 * Models k8s.io/apiserver/pkg/authentication/user and pkg/authentication/serviceaccount.
 */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The group that may do everything, whatever the roles say. */
export const PRIVILEGED_GROUP = "system:masters";
export const AUTHENTICATED_GROUP = "system:authenticated";
export const UNAUTHENTICATED_GROUP = "system:unauthenticated";
export const ANONYMOUS = "system:anonymous";

/** A component of the control plane: allowed everything it does. */
export const component = (name: string): User => ({
  name: `system:${name}`,
  groups: [PRIVILEGED_GROUP, AUTHENTICATED_GROUP],
});

/** The holder of a cluster's key: cluster-admin. */
export const CLUSTER_ADMIN: User = { name: "kubernetes-admin", groups: [PRIVILEGED_GROUP, AUTHENTICATED_GROUP] };

const ACCOUNT_PREFIX = "system:serviceaccount:";

/** The user name of a service account. */
export const accountUserName = (namespace: string, name: string): string => `${ACCOUNT_PREFIX}${namespace}:${name}`;

/** The groups every service account of a namespace is in. */
export const accountGroups = (namespace: string): string[] => [
  "system:serviceaccounts",
  `system:serviceaccounts:${namespace}`,
];

/** The service account a user name stands for; undefined if it stands for none. */
export function accountOf(userName: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!userName.startsWith(ACCOUNT_PREFIX)) return undefined;
  const [namespace = "", name = "", ...rest] = userName.slice(ACCOUNT_PREFIX.length).split(":");
  return namespace === "" || name === "" || rest.length > 0 ? undefined : { namespace, name };
}
