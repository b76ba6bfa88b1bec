/**
 * What the cluster autoscaler knows: its pools, what is on its way, and what a machine to be would look like.
 *
 * Models sigs.k8s.io/cluster-autoscaler (cloudprovider, simulator/node_info_utils.go).
 */
import type { Node } from "#kernel/api/types.gen";
import { timeText } from "#kernel/apimachinery/time";
import { machineFrom } from "#kernel/cluster/bootstrap";
import { type ClusterOptions, type MachineOptions, OPTIONS_CELL, type PoolOptions } from "#kernel/cluster/options";
import { daemonPod, placementOn } from "#kernel/controllers/daemonset/placement";
import { nodeLabels, nodeStatus } from "#kernel/kubelet/node-status";
import type { Context } from "#kernel/registry/controller";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import type { Rehearsal } from "#kernel/scheduler/rehearsal";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The room of machines that were ordered and are not there yet; the id is the machine's name. */
export const BOOTING = "booting";

/** The room of nodes nobody needs; the id is the node's name. */
export const UNNEEDED = "unneeded";

export interface Booting {
  readonly options: MachineOptions;
  readonly readyAt: Instant;
}

export interface Unneeded {
  readonly since: Instant;
  /** Its pods have been told to go. */
  readonly isLeaving?: true;
}

/** The pools of a cluster that has any. */
export const poolsOf = (cells: Cells): readonly PoolOptions[] =>
  cells.get<ClusterOptions>(...OPTIONS_CELL)?.pools ?? [];

/** The names of a pool's machines, those on their way included. */
export function membersOfPool(cells: Cells, pool: string): string[] {
  const there = [...cells.entries<Machine>(MACHINES)].filter(([, machine]) => machine.pool === pool);
  const coming = [...cells.entries<Booting>(BOOTING)].filter(([, { options }]) => options.pool === pool);
  return [...there, ...coming].map(([name]) => name).sort();
}

/** The node a machine of a pool would be. */
export function templateNode({ template, name: pool }: PoolOptions, name: string, now: Instant): Node {
  const machine = machineFrom({ ...template, name, pool }, 0, now);
  const { taints } = machine;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, uid: name, resourceVersion: "", creationTimestamp: timeText(now), labels: nodeLabels(machine) },
    spec: taints.length > 0 ? { taints: [...taints] } : {},
    status: nodeStatus(machine, undefined, { images: [], scarce: [] }, now),
  };
}

/** Adds the node a machine of a pool would be to a rehearsal, with the daemons that would run on it. */
export function addTemplate({ client, now }: Context, rehearsal: Rehearsal, pool: PoolOptions, name: string): void {
  const node = templateNode(pool, name, now);
  rehearsal.addNode(node);
  for (const set of client.list(daemonsets)) {
    if (!placementOn(node, set).shouldRun) continue;
    const { metadata, spec } = daemonPod(set, name, "");
    const own = { name: `${set.metadata.name}-${name}`, uid: `${set.metadata.uid}-${name}` };
    const pod = { ...metadata, ...own, resourceVersion: "", creationTimestamp: timeText(now) };
    rehearsal.place({ apiVersion: "v1", kind: "Pod", metadata: pod, spec }, name);
  }
}
