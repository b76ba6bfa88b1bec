/**
 * What nodes, pods and containers use: read off the meters of the containers when somebody asks.
 *
 * Models pkg/kubelet/server/stats and the summary a metrics server scrapes from it.
 */
import type { Pod } from "#kernel/api/types.gen";
import { type Key, keyOf } from "#kernel/apimachinery/meta";
import { milli, value } from "#kernel/apimachinery/quantity";
import { podCell } from "#kernel/kubelet/pod-cell";
import type { Client } from "#kernel/registry/client";
import { pods } from "#kernel/resources/core/pod";
import type { ContainerRecord } from "#kernel/runtime/container";
import { containerRecord } from "#kernel/runtime/containers";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { cpuMsAt } from "#kernel/runtime/meter";
import { memoryBytes } from "#kernel/runtime/use";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** What the kubelet, the container runtime and the system take of every machine. */
export const SYSTEM_USE = { cpuMillis: 60, memoryBytes: 420 * 2 ** 20 };
/** Of a small machine the system makes do with so much. */
const SYSTEM_SHARE = 0.1;

export interface Where {
  readonly cells: Cells;
  readonly client: Client;
  readonly now: Instant;
}

/** CPU in billionths of a core over a window, memory in bytes at its end. */
export interface Amounts {
  readonly cpuNanos: number;
  readonly memoryBytes: number;
}

/** The running containers of a pod, by name, in the order of their start. */
export function runningContainers(cells: Cells, key: Key): ContainerRecord[] {
  const records: ContainerRecord[] = [];
  for (const { id } of Object.values(podCell(cells, key)?.containers ?? {})) {
    const record = id === undefined ? undefined : containerRecord(cells, id);
    if (record?.state === "running") records.push(record);
  }
  return records;
}

/** The pods of a node that have containers running. */
export function podsOn({ client, cells }: Where, node: string): { pod: Pod; records: ContainerRecord[] }[] {
  return client
    .by(pods, "node", node)
    .map((pod) => ({ pod, records: runningContainers(cells, keyOf(pod)) }))
    .filter(({ records }) => records.length > 0);
}

/** Thousandths of a core a container used on average between two instants, if nobody else wanted the machine's. */
function rate(cells: Cells, record: ContainerRecord, from: Instant, until: Instant): number {
  const start = Math.max(from, record.startedAt);
  if (until <= start) return 0;
  return ((cpuMsAt(cells, record, until) - cpuMsAt(cells, record, start)) * 1_000) / (until - start);
}

/** By how much everybody on a node is slowed down because together they want more than there is. */
export function shareOf(where: Where, { name, cpu }: Machine, from: Instant, until: Instant): number {
  let wanted = SYSTEM_USE.cpuMillis;
  for (const { records } of podsOn(where, name)) {
    for (const record of records) wanted += rate(where.cells, record, from, until);
  }
  return Math.min(1, milli(cpu) / wanted);
}

/** What a container used in a window; `share` is what its node could give of what was wanted. */
export function containerUsage(
  where: Where,
  record: ContainerRecord,
  { from, until, share }: { readonly from: Instant; readonly until: Instant; readonly share: number },
): Amounts {
  return {
    cpuNanos: Math.round(rate(where.cells, record, from, until) * share * 1_000_000),
    memoryBytes: memoryBytes(record, where),
  };
}

/** What a whole node used in a window. */
export function nodeUsage(where: Where, machine: Machine, from: Instant, until: Instant): Amounts {
  let { cpuMillis } = SYSTEM_USE;
  for (const { records } of podsOn(where, machine.name)) {
    for (const record of records) cpuMillis += rate(where.cells, record, from, until);
  }
  const cpuNanos = Math.round(Math.min(cpuMillis, milli(machine.cpu)) * 1_000_000);
  return { cpuNanos, memoryBytes: Math.min(value(machine.memory), nodeMemory(where, machine)) };
}

/** Bytes in use on a node now. */
export function nodeMemory(where: Where, { name, memory }: Machine): number {
  let bytes = Math.min(SYSTEM_USE.memoryBytes, value(memory) * SYSTEM_SHARE);
  for (const { records } of podsOn(where, name)) for (const record of records) bytes += memoryBytes(record, where);
  return bytes;
}

/** The machine of a node, if its kubelet can be asked. */
export const machineOf = (cells: Cells, node: string): Machine | undefined => cells.get<Machine>(MACHINES, node);
