/**
 * Eviction: a node that runs low on memory or disk ends pods until it does not, and kills what takes all of its memory.
 *
 * Models pkg/kubelet/eviction/eviction_manager.go and pkg/kubelet/oom; the order of the victims is upstream's: those
 * above their requests, then the least important, then the greediest.
 */
import type { Pod } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { value } from "#kernel/apimachinery/quantity";
import { diskAvailable, podDisk, reclaimImages } from "#kernel/kubelet/disk";
import { type PodCell, podCell, putCell } from "#kernel/kubelet/pod-cell";
import {
  evictionMessage,
  MONITOR_MS,
  PRESSURE,
  type Pressure,
  RESOURCE,
  type Scarce,
  type Signal,
  TRANSITION_MS,
  threshold,
} from "#kernel/kubelet/pressure";
import { nodeMemory, podsOn } from "#kernel/kubelet/usage";
import { worldOf } from "#kernel/network/world-of";
import type { Client } from "#kernel/registry/client";
import {
  type Context,
  type Controller,
  done,
  earliest,
  type Outcome,
  routineAt,
  wakeAt,
} from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { computeQos, isCriticalPod, isPodTerminal } from "#kernel/resources/core/pod.facts";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { crashContainer } from "#kernel/runtime/containers";
import { CRASH_CODE, FAULTS, type Fault, hitsContainer } from "#kernel/runtime/fault";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { isKubeletAlive, lastOnGrid } from "#kernel/runtime/machine.facts";
import { leakRate, memoryBytes } from "#kernel/runtime/use";
import { equal } from "#kernel/sim/clone";

const nodeKey = (name: string) => ({ namespace: "", name });

export const evictionManager: Controller = {
  name: "kubelet-eviction",
  component: "kubelet",
  watches: [
    { room: CONTAINERS, keys: (_id: string, container: unknown) => [nodeKey((container as ContainerRecord).node)] },
    { room: MACHINES, keys: (id: string) => [nodeKey(id)] },
    {
      room: FAULTS,
      keys: (_id: string, fault: unknown, client: Client) => nodesHit(fault as Fault, client).map(nodeKey),
    },
  ],

  reconcile(context, { name }) {
    const { cells } = context;
    const machine = cells.get<Machine>(MACHINES, name);
    if (machine === undefined || !machine.isPowered) {
      cells.delete(PRESSURE, name);
      return done;
    }
    killForMemory(context, machine);
    return isKubeletAlive(machine) ? monitor(context, machine) : done;
  },
};

/** Nodes where a fault changes what is left. */
function nodesHit({ type, target }: Fault, client: Client): string[] {
  if (type === "disk-full") return target.node === undefined ? [] : [target.node];
  if (type !== "memory-leak") return [];
  const names = new Set<string>();
  for (const [, record] of client.registry.cells.entries<ContainerRecord>(CONTAINERS)) {
    if (record.state === "running" && hitsContainer(target, client, record)) names.add(record.node);
  }
  return [...names].sort();
}

/** The system's own last resort: the process with the most to answer for goes. */
function killForMemory(context: Context, machine: Machine): void {
  const capacity = value(machine.memory);
  for (;;) {
    if (nodeMemory(context, machine) <= capacity) return;
    const victims = podsOn(context, machine.name).flatMap(({ pod, records }) =>
      records.map((record) => ({ record, score: oomScore(context, pod, record, capacity) })),
    );
    const [victim] = victims.sort((a, b) => b.score - a.score || (a.record.id < b.record.id ? -1 : 1));
    if (victim === undefined) return;
    const { record } = victim;
    crashContainer(worldOf(context), record.id, CRASH_CODE, "OOMKilled");
    const pid = 2_000 + (Number.parseInt(record.id.slice(0, 6), 16) % 30_000);
    const victimName = (record.command?.[0] ?? record.image.split(/[/:@]/).at(-1) ?? "").split("/").at(-1);
    say(context, machine, "SystemOOM", `System OOM encountered, victim process: ${victimName}, pid: ${pid}`);
  }
}

/** How likely the kernel picks a container: its share of memory, and the adjustment of its class of service. */
function oomScore(context: Context, pod: Pod, record: ContainerRecord, capacity: number): number {
  const share = (1_000 * memoryBytes(record, context)) / capacity;
  const qos = pod.status?.qosClass ?? computeQos(pod.spec);
  if (isCriticalPod(pod) || qos === "Guaranteed") return share - 997;
  if (qos === "BestEffort") return share + 1_000;
  return share + Math.min(999, Math.max(3, 1_000 - (1_000 * requestOf(pod, record.name, "memory")) / capacity));
}

function requestOf({ spec }: Pod, container: string, resource: string): number {
  const found = [...spec.containers, ...(spec.initContainers ?? [])].find(({ name }) => name === container);
  return value(found?.resources?.requests?.[resource] ?? "0");
}

function say(context: Context, { name }: Machine, reason: string, message: string): void {
  const { client, now } = context;
  const regarding = client.registry.store.get(nodes.bucket, nodeKey(name));
  if (regarding === undefined) return;
  recordEvent(
    client,
    { regarding, type: "Warning", reason, message, source: { component: "kubelet", host: name } },
    now,
  );
}

interface Left {
  readonly scarce: Scarce;
  readonly threshold: number;
  readonly available: number;
}

function leftOn(context: Context, machine: Machine): Left[] {
  const memory = value(machine.memory);
  const disk = value(machine.ephemeralStorage);
  return [
    { scarce: "memory", threshold: threshold("memory", memory), available: memory - nodeMemory(context, machine) },
    { scarce: "disk", threshold: threshold("disk", disk), available: diskAvailable(context, machine) },
  ];
}

/** Compares what is left with the thresholds, every ten seconds while there is anything to compare. */
function monitor(context: Context, machine: Machine): Outcome {
  const { cells, now } = context;
  const left = leftOn(context, machine);
  const before = cells.get<Pressure>(PRESSURE, machine.name) ?? {};
  const met = left.filter(({ available, threshold: least }) => available < least);
  const growth = growthOf(context, machine, left);
  if (met.length === 0 && Object.keys(before).length === 0) return growth;
  const grid = lastOnGrid(machine.bootedAt, MONITOR_MS, now);
  if (grid !== now) return earliest(growth, wakeAt(grid + MONITOR_MS));
  const after = signalsOf(before, met, now);
  keep(context, machine, after);
  const [worst] = met;
  if (worst === undefined) {
    const ends = [after.memory, after.disk].flatMap((signal) => signal?.clearedAt ?? []);
    return ends.length === 0 ? growth : earliest(growth, wakeAt(Math.min(...ends) + TRANSITION_MS));
  }
  if (before.evictedAt === now) return wakeAt(now + MONITOR_MS);
  say(context, machine, "EvictionThresholdMet", `Attempting to reclaim ${RESOURCE[worst.scarce]}`);
  const hasRoom = worst.scarce === "disk" && reclaimImages(context, machine) && !isMet(context, machine, "disk");
  const hasEvicted = !hasRoom && evictOne(context, machine, worst);
  keep(context, machine, { ...after, evictedAt: now });
  return hasEvicted ? wakeAt(now + MONITOR_MS) : routineAt(now + MONITOR_MS);
}

function keep({ cells }: Context, { name }: Machine, pressure: Pressure): void {
  const known = cells.get<Pressure>(PRESSURE, name);
  if ((pressure.memory ?? pressure.disk) === undefined) cells.delete(PRESSURE, name);
  else if (!equal(pressure, known)) cells.put(PRESSURE, name, pressure);
}

const isMet = (context: Context, machine: Machine, which: Scarce): boolean =>
  leftOn(context, machine).some(({ scarce, available, threshold: least }) => scarce === which && available < least);

function signalsOf(before: Pressure, met: readonly Left[], now: number): Pressure {
  const { evictedAt } = before;
  const after: Partial<Record<Scarce, Signal>> & { evictedAt?: number } = evictedAt === undefined ? {} : { evictedAt };
  for (const scarce of ["memory", "disk"] as const) {
    const old = before[scarce];
    if (met.some((one) => one.scarce === scarce)) after[scarce] = { since: old?.since ?? now };
    else if (old !== undefined) {
      const clearedAt = old.clearedAt ?? now;
      if (now < clearedAt + TRANSITION_MS) after[scarce] = { since: old.since, clearedAt };
    }
  }
  return after;
}

/** When leaks will have taken what is left. */
function growthOf(context: Context, { name, memory }: Machine, left: readonly Left[]): Outcome {
  let rate = 0;
  for (const { records } of podsOn(context, name)) for (const record of records) rate += leakRate(record, context);
  if (rate === 0) return done;
  const used = value(memory) - (left.find(({ scarce }) => scarce === "memory")?.available ?? 0);
  const marks = [value(memory) - threshold("memory", value(memory)), value(memory)].filter((mark) => mark >= used);
  const next = Math.min(...marks.map((mark) => Math.max(1, Math.ceil((1_000 * (mark + 1 - used)) / rate))));
  return Number.isFinite(next) ? routineAt(context.now + next) : done;
}

interface Candidate {
  readonly pod: Pod;
  readonly priority: number;
  /** What it takes beyond what it asked for. */
  readonly excess: number;
  readonly usage: Readonly<Record<string, number>>;
}

/** Ends the pod that is first in upstream's order; false if none may be ended. */
function evictOne(context: Context, machine: Machine, left: Left): boolean {
  const candidates = candidatesOn(context, machine, left.scarce);
  candidates.sort(
    (a, b) =>
      Number(b.excess > 0) - Number(a.excess > 0) ||
      a.priority - b.priority ||
      b.excess - a.excess ||
      (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1),
  );
  const [victim] = candidates;
  if (victim === undefined) return false;
  const { pod, usage } = victim;
  const greedy = Object.entries(usage).flatMap(([container, amount]) => {
    const request = requestOf(pod, container, RESOURCE[left.scarce]);
    const text = pod.spec.containers.find(({ name }) => name === container)?.resources?.requests?.[
      RESOURCE[left.scarce]
    ];
    return amount > request ? [{ container, usage: amount, request: text ?? "0" }] : [];
  });
  const message = evictionMessage(left.scarce, left, greedy);
  endPod(context, pod, { reason: "Evicted", message, graceSeconds: 1 });
  const { client, now } = context;
  const source = { component: "kubelet", host: machine.name };
  const regarding = client.get(pods, keyOf(pod)) ?? pod;
  recordEvent(client, { regarding, type: "Warning", reason: "Evicted", message, source }, now);
  return true;
}

function candidatesOn(context: Context, machine: Machine, scarce: Scarce): Candidate[] {
  return podsOn(context, machine.name).flatMap(({ pod, records }) => {
    const cell = podCell(context.cells, keyOf(pod));
    if (isPodTerminal(pod) || cell?.failure !== undefined || isCriticalPod(pod)) return [];
    const usage: Record<string, number> = {};
    for (const record of records) {
      usage[record.name] = scarce === "memory" ? memoryBytes(record, context) : podDisk(context, record);
    }
    const used = Object.values(usage).reduce((sum, one) => sum + one, 0);
    const asked = pod.spec.containers.reduce((sum, { name }) => sum + requestOf(pod, name, RESOURCE[scarce]), 0);
    return [{ pod, priority: pod.spec.priority ?? 0, excess: used - asked, usage }];
  });
}

/** Tells the pod's worker that the pod is over, and why. */
export function endPod(
  { cells }: Pick<Context, "cells">,
  pod: Pod,
  failure: NonNullable<PodCell["failure"]> & { readonly graceSeconds: number },
): void {
  const cell = podCell(cells, keyOf(pod));
  if (cell !== undefined) putCell(cells, { ...cell, failure: { ...failure, disruption: failure.message } });
}
