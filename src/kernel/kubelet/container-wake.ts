/**
 * The hand that wakes containers: a process that sleeps until an instant runs again when it comes.
 *
 * Models what the kernel of a real node does.
 */
import { worldOf } from "#kernel/network/world-of";
import type { Client } from "#kernel/registry/client";
import { type Controller, done, type Outcome, routineAt, wakeAt } from "#kernel/registry/controller";
import { pods } from "#kernel/resources/core/pod";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { containerRecord, wakeContainer } from "#kernel/runtime/containers";
import { FAULTS, type Fault, hitsContainer, stillUntil } from "#kernel/runtime/fault";

export const containerWake: Controller = {
  name: "containerd",
  component: "world",
  watches: [
    {
      room: CONTAINERS,
      keys: (id: string, value: unknown) => {
        const { state, wakeAt: due } = value as ContainerRecord;
        return state === "running" && due !== undefined ? [{ namespace: "", name: id }] : [];
      },
    },
    {
      room: FAULTS,
      // A container that stood still goes on when the fault ends.
      keys: (_id: string, value: unknown, client: Client) => {
        const { type, target } = value as Fault;
        if (type !== "container-hang" && type !== "slow-start") return [];
        return [...client.registry.cells.entries<ContainerRecord>(CONTAINERS)]
          .filter(([, record]) => record.state === "running" && hitsContainer(target, client, record))
          .map(([name]) => ({ namespace: "", name }))
          .sort((a, b) => (a.name < b.name ? -1 : 1));
      },
    },
  ],

  reconcile(context, { name }) {
    const { cells, now, client } = context;
    let record = containerRecord(cells, name);
    const until = record === undefined ? undefined : stillUntil(context, record);
    if (until !== undefined) return Number.isFinite(until) ? wakeAt(until) : done;
    if (record?.state === "running" && record.wakeAt !== undefined && record.wakeAt <= now) {
      record = wakeContainer(worldOf(context), name);
    }
    if (record?.state !== "running" || record.wakeAt === undefined) return done;
    const pod = client.get(pods, { namespace: record.namespace, name: record.pod });
    return lookAgain(record.wakeAt, pod?.spec.restartPolicy ?? "Always");
  },
};

/** A container that is meant to run for ever only goes on; one that is meant to end is worth waiting for. */
function lookAgain(due: number, restartPolicy: string): Outcome {
  return restartPolicy === "Always" ? routineAt(due) : wakeAt(due);
}
