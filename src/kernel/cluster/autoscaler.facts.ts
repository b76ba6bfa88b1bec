/**
 * What the cluster autoscaler knows: its pools, what is on its way, and whether a pod would fit a machine.
 *
 * Models sigs.k8s.io/cluster-autoscaler (cloudprovider, simulator/clustersnapshot).
 * Leaves out affinity between pods, spreading and volumes: a pod that only these keep waiting gets a machine too many.
 */
import type { Node, Pod, Taint } from "#kernel/api/types.gen";
import { milli, value } from "#kernel/apimachinery/quantity";
import { type ClusterOptions, type MachineOptions, OPTIONS_CELL, type PoolOptions } from "#kernel/cluster/options";
import { fitsNodeAffinity } from "#kernel/resources/core/node.selector";
import { podRequests, untoleratedTaint } from "#kernel/resources/core/pod.facts";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
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

/** What is left of a machine: thousandths of a core, bytes, pods, and other resources by their names. */
export type Room = Record<string, number>;

/** A machine to be, with what is left of it. */
export interface Slot {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly room: Room;
}

const USUAL = { cpu: "4", memory: "8Gi", pods: 110 };

/** A fresh machine of a pool. */
export function freshSlot({ template, name }: PoolOptions): Slot {
  const { cpu = USUAL.cpu, memory = USUAL.memory, pods = USUAL.pods, labels = {}, taints = [] } = template;
  const own = { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", ...labels };
  return { name: `${name}-new`, labels: own, taints, room: { cpu: milli(cpu), memory: value(memory), pods } };
}

/** A node that is there, with what its pods leave. */
export function slotOf({ metadata, spec, status }: Node, present: readonly Pod[]): Slot {
  const { cpu = "0", memory = "0", pods = "0" } = status?.allocatable ?? {};
  const slot: Slot = {
    name: metadata.name,
    labels: metadata.labels ?? {},
    taints: spec.taints ?? [],
    room: { cpu: milli(cpu), memory: value(memory), pods: value(pods) },
  };
  for (const pod of present) take(slot, pod);
  return slot;
}

/** Puts a pod into what is left. */
export function take({ room }: Slot, pod: Pod): void {
  const requests = podRequests(pod);
  for (const name in requests) room[name] = (room[name] ?? 0) - (requests[name] ?? 0);
  room["pods"] = (room["pods"] ?? 0) - 1;
}

/** Why a pod does not fit, in the scheduler's words; undefined if it does. */
export function obstacle({ name, labels, taints, room }: Slot, pod: Pod): string | undefined {
  if (!fitsNodeAffinity(pod.spec, { name, labels })) return "node(s) didn't match Pod's node affinity/selector";
  const taint = untoleratedTaint(pod, taints, ({ effect }) => effect !== "PreferNoSchedule");
  if (taint !== undefined) return `node(s) had untolerated taint(s)`;
  const requests = podRequests(pod);
  for (const resource in requests) {
    if ((requests[resource] ?? 0) > (room[resource] ?? 0)) return `Insufficient ${resource}`;
  }
  return (room["pods"] ?? 0) < 1 ? "Too many pods" : undefined;
}
