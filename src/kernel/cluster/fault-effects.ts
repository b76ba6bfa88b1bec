/**
 * What faults do by themselves: they end, they take machines down, they let memory grow. Everything else about a fault
 * is felt by whoever asks for it: the kubelet, the runtime, the network.
 */
import { worldOf } from "#kernel/network/world-of";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, type Outcome, routineAt, wakeAt } from "#kernel/registry/controller";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { containerRecord, crashContainer } from "#kernel/runtime/containers";
import { CRASH_CODE, FAULTS, type Fault, type FaultType, faultsOf, hitsContainer } from "#kernel/runtime/fault";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { SHUTDOWN_MS } from "#kernel/runtime/machine.facts";
import { LOST, QUORUM } from "#kernel/runtime/quorum";
import { leakRate, leaksOf, memoryBytes } from "#kernel/runtime/use";
import { equal } from "#kernel/sim/clone";
import type { Cells } from "#kernel/store/cells";

const MACHINE = "machine";

/** How long a leak is news: after that an otherwise settled cluster counts as idle. */
const NEWS_MS = 600_000;

/** Ends faults whose time has come, and keeps the machines as the faults want them. */
const faults: Controller = {
  name: "faults",
  component: "world",
  watches: [
    {
      room: FAULTS,
      keys: (id, value, { registry }) => [
        { namespace: "", name: id },
        ...machinesOf(value as Fault, registry.cells).map((name) => ({ namespace: MACHINE, name })),
      ],
    },
    // Without etcd no kubelet is heard.
    {
      room: QUORUM,
      keys: (_id, _value, { registry }) => everyMachine(registry.cells).map((name) => ({ namespace: MACHINE, name })),
    },
  ],

  reconcile({ cells, now }, { namespace, name }) {
    if (namespace === MACHINE) {
      const machine = cells.get<Machine>(MACHINES, name);
      const next = machine && stateOf(machine, cells, now);
      if (next !== undefined && !equal(next, machine)) cells.put(MACHINES, name, next);
      const offAt = (next?.shutdownAt ?? now) + SHUTDOWN_MS;
      return next?.shutdownAt !== undefined && next.isPowered ? wakeAt(offAt) : done;
    }
    const fault = cells.get<Fault>(FAULTS, name);
    if (fault?.until === undefined) return done;
    if (fault.until > now) return routineAt(fault.until);
    cells.delete(FAULTS, name);
    return done;
  },
};

const everyMachine = (cells: Cells): string[] => [...cells.entries(MACHINES)].map(([name]) => name).sort();

function machinesOf({ type, target }: Fault, cells: Cells): readonly string[] {
  if (type === "component-stop" && target.component === "kubelet") {
    return everyMachine(cells);
  }
  return target.node !== undefined && MACHINE_FAULTS.includes(type) ? [target.node] : [];
}

const MACHINE_FAULTS: readonly FaultType[] = ["node-down", "node-shutdown", "node-partition", "kubelet-stop"];

/** The machine as the faults of this moment leave it. */
function stateOf(machine: Machine, cells: Cells, now: number): Machine {
  const own = faultsOf(cells, ...MACHINE_FAULTS).filter(({ target }) => target.node === machine.name);
  const has = (type: FaultType): boolean => own.some((fault) => fault.type === type);
  const isStopped = faultsOf(cells, "component-stop").some(({ target }) => target.component === "kubelet");
  const shutdownAt = own.find(({ type }) => type === "node-shutdown")?.since;
  const isPowered = !has("node-down") && (shutdownAt === undefined || now < shutdownAt + SHUTDOWN_MS);
  const isCalm = own.every(({ type }) => type === "node-shutdown") && isPowered;
  const isKubeletStopped = isStopped || has("kubelet-stop");
  const isApart = has("node-partition") || cells.get(QUORUM, LOST) !== undefined;
  const isUnheard = isPowered && !isKubeletStopped && isApart;
  const { silentSince = now, isCutOff: _, isUnheard: __, shutdownAt: ___, ...rest } = machine;
  return {
    ...rest,
    isPowered,
    bootedAt: isPowered && !machine.isPowered ? now : machine.bootedAt,
    ...((!isCalm || isStopped || isUnheard) && { silentSince }),
    ...(isUnheard && { isUnheard: true as const }),
    ...(shutdownAt !== undefined && { shutdownAt }),
    ...(has("node-partition") && { isCutOff: true as const }),
  };
}

/** Ends the containers whose memory has grown over their limit. */
const leaks: Controller = {
  name: "memory-leaks",
  component: "world",
  watches: [
    {
      room: CONTAINERS,
      keys: (id, value, client) => (isLeaking(value as ContainerRecord, client) ? [keyOf(id)] : []),
    },
    {
      room: FAULTS,
      keys: (_id, value, client) => {
        const { type, target } = value as Fault;
        if (type !== "memory-leak") return [];
        return [...client.registry.cells.entries<ContainerRecord>(CONTAINERS)]
          .filter(([, record]) => hitsContainer(target, client, record))
          .map(([id]) => id)
          .sort()
          .map(keyOf);
      },
    },
  ],

  reconcile(context, { name }) {
    const record = containerRecord(context.cells, name);
    if (record === undefined) return done;
    return isLeaking(record, context.client) ? grow(context, record) : done;
  },
};

const keyOf = (name: string) => ({ namespace: "", name });

/** Whether memory leaks in a running container that has a limit it can exceed. */
const isLeaking = (record: ContainerRecord, client: Client): boolean =>
  record.memoryLimitBytes !== undefined && leaksOf(record, { cells: client.registry.cells, client }).length > 0;

/** Ends a container that holds more than it may, or looks again when it will. */
function grow(context: Context, record: ContainerRecord): Outcome {
  const { memoryLimitBytes = 0 } = record;
  const { now } = context;
  const left = memoryLimitBytes - memoryBytes(record, context);
  if (left < 0) {
    crashContainer(worldOf(context), record.id, CRASH_CODE, "OOMKilled");
    return done;
  }
  const rate = leakRate(record, context);
  if (rate === 0) return done;
  const due = now + Math.max(1, Math.ceil((1_000 * (left + 1)) / rate));
  const since = Math.min(...leaksOf(record, context).map((leak) => leak.since));
  return now - since < NEWS_MS ? wakeAt(due) : routineAt(due);
}

/** In the order they look at a round. */
export const FAULTY: readonly Controller[] = [faults, leaks];
