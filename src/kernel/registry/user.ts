/**
 * Who asks: the user a request or a component acts as.
 */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A component of the control plane: allowed everything it does. */
export const component = (name: string): User => ({
  name: `system:${name}`,
  groups: ["system:masters", "system:authenticated"],
});

/** The holder of a cluster's key: cluster-admin. */
export const CLUSTER_ADMIN: User = { name: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };
