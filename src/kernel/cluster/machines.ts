/**
 * Machines on order: computers come and go while the cluster runs.
 *
 * Models what a cloud and its controller manager do: a machine that is gone takes its Node along.
 */
import { machineFrom } from "#kernel/cluster/bootstrap";
import type { Cluster } from "#kernel/cluster/cluster";
import type { MachineOptions } from "#kernel/cluster/options";
import type { Client } from "#kernel/registry/client";
import { nodes } from "#kernel/resources/core/node";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { membersOf } from "#kernel/runtime/quorum";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";
import type { Cells } from "#kernel/store/cells";

/** What is wrong with an order. */
export interface MachineProblem {
  readonly path: string;
  readonly detail: string;
}

/** The machines there are, in the order of their names. */
export function listMachines(cells: Cells): Machine[] {
  const all = [...cells.entries<Machine>(MACHINES)].map(([, machine]) => machine);
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The place of a machine, from which its addresses follow. */
function placeOf({ podCIDR }: Machine): number {
  const [, block = 0, row = 0] = podCIDR.split(/[./]/).map(Number);
  return (block - 244) * 256 + row;
}

/** Switches a machine on, at the first place that is free. */
export function startMachine(cells: Cells, options: MachineOptions, now: Instant): Machine {
  const taken = new Set(listMachines(cells).map(placeOf));
  let place = 0;
  while (taken.has(place)) place += 1;
  const machine = machineFrom(options, place, now);
  cells.put(MACHINES, machine.name, machine);
  return machine;
}

/** Takes a machine away, and its Node with it. */
export function dropMachine(cells: Cells, client: Client, name: string): void {
  const key = { namespace: "", name };
  if (client.get(nodes, key) !== undefined) client.delete(nodes, key);
  cells.delete(MACHINES, name);
}

/** Adds machines to a cluster, all or none. */
export function addMachines(
  { cells, now }: Cluster,
  orders: readonly MachineOptions[],
): readonly Machine[] | { readonly problems: readonly MachineProblem[] } {
  const problems = orders.flatMap(({ name }, n) =>
    cells.get(MACHINES, name) === undefined ? [] : [{ path: `/${n}/name`, detail: "names another node" }],
  );
  if (cells.count(MACHINES) + orders.length > LIMITS.machines) {
    problems.push({ path: "", detail: `a cluster has ${LIMITS.machines} machines at most` });
  }
  return problems.length > 0 ? { problems } : orders.map((order) => startMachine(cells, order, now));
}

/** Takes a machine away; a text says why it must stay, false that there is none. */
export function removeMachine({ cells, admin }: Cluster, name: string): boolean | string {
  if (cells.get(MACHINES, name) === undefined) return false;
  if (membersOf(cells).includes(name)) return "it is a member of the control plane";
  dropMachine(cells, admin, name);
  return true;
}
