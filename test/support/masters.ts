/**
 * Clusters with masters, for engine tests: made, waited for, and robbed of machines.
 */
import { Cluster } from "#kernel/cluster/cluster";
import { addFault } from "#kernel/cluster/faults";
import { START } from "#test/support/pods";

/** The label and taint of masters. */
const ROLE = "node-role.kubernetes.io/control-plane";

/** A cluster of so many masters and two workers, a minute old. */
export function newCluster(masters: number): Cluster {
  const master = (n: number) => ({
    name: `control-plane-${n + 1}`,
    labels: { [ROLE]: "" },
    taints: [{ key: ROLE, effect: "NoSchedule" }],
    isControlPlane: true as const,
  });
  const cluster = Cluster.create(
    {
      seed: "masters",
      machines: [...Array.from({ length: masters }, (_, n) => master(n)), { name: "node-1" }, { name: "node-2" }],
      components: { scheduler: true, controllerManager: true, kubelet: true },
      authorization: "RBAC",
      latency: "realistic",
    },
    START,
  );
  pass(cluster, 60);
  return cluster;
}

/** Passes virtual time. */
export function pass(cluster: Cluster, seconds: number): void {
  const end = cluster.now + seconds * 1_000;
  while (cluster.now < end) cluster.advance(START, end - cluster.now);
}

/** Takes the power from a machine. */
export const down = (cluster: Cluster, node: string) =>
  cluster.turn(() => void addFault(cluster, { type: "node-down", target: { node } }));
