/**
 * Faults on order: a cluster is broken on purpose, and mended.
 */
import type { Cluster } from "#kernel/cluster/cluster";
import { worldOf } from "#kernel/network/world-of";
import type { Component } from "#kernel/registry/controller";
import { pods } from "#kernel/resources/core/pod";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { crashContainer } from "#kernel/runtime/containers";
import {
  CRASH_CODE,
  FAULTS,
  type Fault,
  type FaultSettings,
  type FaultTarget,
  type FaultType,
  hitsContainer,
  type PodTarget,
} from "#kernel/runtime/fault";
import { MACHINES } from "#kernel/runtime/machine";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** How many faults there have been: each gets a name nobody had before. */
const COUNT_CELL = ["cluster", "faults"] as const;

/** What is to be broken. */
export interface FaultOrder extends FaultSettings {
  readonly type: FaultType;
  readonly target: FaultTarget;
  /** After so many milliseconds it ends by itself. */
  readonly forMs?: number;
}

/** What is wrong with one field of an order: `/target/node`. */
export interface FaultProblem {
  readonly path: string;
  readonly detail: string;
}

/** Breaks something; a container crash without a duration happens once and is over. */
export function addFault(cluster: Cluster, order: FaultOrder): Fault | { readonly problems: readonly FaultProblem[] } {
  const problems = problemsOf(cluster, order);
  if (problems.length > 0) return { problems };
  const { cells, now } = cluster;
  const { type, forMs } = order;
  const isOnce = type === "container-crash" && forMs === undefined;
  const until = isOnce ? now : forMs === undefined ? undefined : now + forMs;
  const fault = faultFrom(cells, order, now, until);
  if (!isOnce) cells.put(FAULTS, fault.id, fault);
  if (type === "container-crash") crash(cluster, fault);
  return fault;
}

function faultFrom(cells: Cells, order: FaultOrder, since: Instant, until: Instant | undefined): Fault {
  const { forMs: _, ...rest } = order;
  const count = (cells.get<number>(...COUNT_CELL) ?? 0) + 1;
  cells.put(...COUNT_CELL, count);
  return { id: `${order.type}-${count}`, ...rest, since, ...(until !== undefined && { until }) };
}

/** The faults of this moment, the oldest first. */
export function listFaults({ cells }: Cluster): Fault[] {
  const all = [...cells.entries<Fault>(FAULTS)].map(([, fault]) => fault);
  return all.sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));
}

/** Mends something; false if there is no such fault. */
export function endFault({ cells }: Cluster, id: string): boolean {
  if (cells.get(FAULTS, id) === undefined) return false;
  cells.delete(FAULTS, id);
  return true;
}

/** A component that is not to run from the beginning is stopped like any other: whoever ends that fault starts it. */
export function stopComponents(cells: Cells, runs: Readonly<Record<Component, boolean>>, now: Instant): void {
  for (const component of ["scheduler", "controllerManager", "kubelet"] as const) {
    if (runs[component]) continue;
    const fault = faultFrom(cells, { type: "component-stop", target: { component } }, now, undefined);
    cells.put(FAULTS, fault.id, fault);
  }
}

/** Ends every container that is hit. */
function crash({ admin, now, entropy, cells }: Cluster, { target, exitCode = CRASH_CODE }: Fault): void {
  const world = worldOf({ client: admin, now, entropy, cells });
  const ids = [...cells.entries<ContainerRecord>(CONTAINERS)]
    .filter(([, record]) => record.state === "running" && hitsContainer(target, admin, record))
    .map(([id]) => id);
  for (const id of ids.sort()) crashContainer(world, id, exitCode);
}

/** What an order names must be there: a fault that hits nothing would teach something false. */
function problemsOf(cluster: Cluster, { type, target }: FaultOrder): FaultProblem[] {
  const problems: FaultProblem[] = [];
  const { node } = target;
  if (node !== undefined && cluster.cells.get(MACHINES, node) === undefined) {
    problems.push({ path: "/target/node", detail: `there is no machine behind a node ${JSON.stringify(node)}` });
  }
  problems.push(...podProblems(cluster, target, "/target"));
  if (target.from !== undefined) problems.push(...podProblems(cluster, target.from, "/target/from"));
  if (target.to !== undefined) problems.push(...podProblems(cluster, target.to, "/target/to"));
  const isThere = listFaults(cluster).some(
    (fault) => type === "component-stop" && fault.type === type && fault.target.component === target.component,
  );
  if (isThere) problems.push({ path: "/target/component", detail: "is stopped already" });
  return problems;
}

function podProblems({ admin }: Cluster, target: PodTarget, path: string): FaultProblem[] {
  const { namespace = "default", pod: name, container } = target;
  if (name === undefined) return [];
  const pod = admin.get(pods, { namespace, name });
  if (pod === undefined) return [{ path: `${path}/pod`, detail: `there is no pod ${namespace}/${name}` }];
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  const names = [...initContainers, ...containers, ...ephemeralContainers].map((one) => one.name);
  if (container === undefined || names.includes(container)) return [];
  return [{ path: `${path}/container`, detail: `the pod's containers are ${names.join(", ")}` }];
}
