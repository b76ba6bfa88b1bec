/**
 * Machines and components as the HTTP API steers them.
 */
import type { Cluster } from "#kernel/cluster/cluster";
import { addFault, endFault, listFaults } from "#kernel/cluster/faults";
import { addMachines, listMachines, type MachineProblem, removeMachine } from "#kernel/cluster/machines";
import type { MachineOptions } from "#kernel/cluster/options";
import type { Component } from "#kernel/registry/controller";
import type { Machine } from "#kernel/runtime/machine";

/** What is to be done; exactly one of them. */
export interface Steering {
  readonly add?: readonly MachineOptions[];
  readonly remove?: string;
  readonly list?: true;
  /** The id of a fault to mend. */
  readonly endFault?: string;
  /** Components to run (true) or to stop. */
  readonly components?: Readonly<Partial<Record<Component, boolean>>>;
}

/** A machine as the API shows it. */
export interface MachineView {
  readonly name: string;
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
  readonly address: string;
  readonly podCIDR: string;
  readonly isPowered: boolean;
  readonly isControlPlane: boolean;
  readonly bootedAt: string;
}

export interface SteeringAnswer {
  readonly machines?: readonly MachineView[];
  readonly problems?: readonly MachineProblem[];
  /** Whether there was such a machine, or why it must stay. */
  readonly removed?: boolean | string;
  /** Whether there was such a fault. */
  readonly ended?: boolean;
}

/** Carries it out. */
export function steer(cluster: Cluster, { add, remove, components, endFault: fault }: Steering): SteeringAnswer {
  if (fault !== undefined) return { ended: endFault(cluster, fault) };
  if (add !== undefined) {
    const added = addMachines(cluster, add);
    return "problems" in added ? { problems: added.problems } : { machines: added.map(viewOf) };
  }
  if (remove !== undefined) return { removed: removeMachine(cluster, remove) };
  for (const [component, runs] of Object.entries(components ?? {})) setComponent(cluster, component as Component, runs);
  return { machines: listMachines(cluster.cells).map(viewOf) };
}

/** A component that is stopped is a fault like any other: whoever ends it starts the component. */
function setComponent(cluster: Cluster, component: Component, runs: boolean): void {
  const stops = listFaults(cluster).filter(
    ({ type, target }) => type === "component-stop" && target.component === component,
  );
  if (runs) for (const { id } of stops) endFault(cluster, id);
  else if (stops.length === 0) addFault(cluster, { type: "component-stop", target: { component } });
}

function viewOf(machine: Machine): MachineView {
  const { name, cpu, memory, pods, internalIP, podCIDR, isPowered, isControlPlane = false, bootedAt } = machine;
  const booted = new Date(bootedAt).toISOString();
  return { name, cpu, memory, pods, address: internalIP, podCIDR, isPowered, isControlPlane, bootedAt: booted };
}
