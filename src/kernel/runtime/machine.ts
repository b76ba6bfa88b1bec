/**
 * Machines: the simulated computers behind nodes, as cells. A Node object without one stays as its user wrote it.
 */
import type { Taint } from "#kernel/api/types.gen";
import type { Instant } from "#kernel/sim/instant";

/** The room of machine cells; the id is the node's name. */
export const MACHINES = "machines";

export interface Machine {
  readonly name: string;
  /** Quantities as in Kubernetes. */
  readonly cpu: string;
  readonly memory: string;
  readonly ephemeralStorage: string;
  readonly pods: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly internalIP: string;
  readonly podCIDR: string;
  readonly bootedAt: Instant;
  /** When its kubelet's heart stopped (powered off, cut off, kubelet stopped); absent while it beats. */
  readonly silentSince?: Instant;
  /** Whether containers still run there: false once it is powered off. */
  readonly isPowered: boolean;
  /** Set while no packet comes to it or leaves it. */
  readonly isCutOff?: true;
  /** Set while its kubelet runs, but there is no API server it could hear or tell anything. */
  readonly isUnheard?: true;
  /** Since when it is being shut down in order. */
  readonly shutdownAt?: Instant;
  /** The pool it belongs to. */
  readonly pool?: string;
  /** Runs a member of etcd, an API server, a controller manager and a scheduler. */
  readonly isControlPlane?: true;
}
