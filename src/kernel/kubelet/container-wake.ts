/**
 * The hand that wakes containers: a process that sleeps until an instant runs again when it comes.
 *
 * Models what the kernel of a real node does.
 */
import { worldOf } from "#kernel/network/world-of";
import { type Controller, done, type Outcome, routineAt, wakeAt } from "#kernel/registry/controller";
import { pods } from "#kernel/resources/core/pod";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { containerRecord, wakeContainer } from "#kernel/runtime/containers";

export const containerWake: Controller = {
  name: "containerd",
  component: "kubelet",
  watches: [
    {
      room: CONTAINERS,
      keys: (id: string, value: unknown) => {
        const { state, wakeAt: due } = value as ContainerRecord;
        return state === "running" && due !== undefined ? [{ namespace: "", name: id }] : [];
      },
    },
  ],

  reconcile(context, { name }) {
    const { cells, now, client } = context;
    let record = containerRecord(cells, name);
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
