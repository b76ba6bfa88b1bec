/**
 * Graceful node shutdown: a machine that is switched off in order ends its pods first, the critical ones last.
 *
 * Models pkg/kubelet/nodeshutdown with shutdownGracePeriod 30s and shutdownGracePeriodCriticalPods 10s.
 */
import { keyOf } from "#kernel/apimachinery/meta";
import { endPod } from "#kernel/kubelet/eviction";
import { podCell } from "#kernel/kubelet/pod-cell";
import { podsOn } from "#kernel/kubelet/usage";
import { type Controller, done, wakeAt } from "#kernel/registry/controller";
import { isCriticalPod, isPodTerminal } from "#kernel/resources/core/pod.facts";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { isKubeletAlive, SHUTDOWN_CRITICAL_MS, SHUTDOWN_MS } from "#kernel/runtime/machine.facts";

const MESSAGE = "Pod was terminated in response to imminent node shutdown.";

export const shutdownManager: Controller = {
  name: "kubelet-shutdown",
  component: "kubelet",
  watches: [
    {
      room: MACHINES,
      keys: (id: string, machine: unknown) =>
        (machine as Machine).shutdownAt === undefined ? [] : [{ namespace: "", name: id }],
    },
  ],

  reconcile(context, { name }) {
    const { cells, now } = context;
    const machine = cells.get<Machine>(MACHINES, name);
    if (machine?.shutdownAt === undefined || !isKubeletAlive(machine)) return done;
    const criticalAt = machine.shutdownAt + SHUTDOWN_MS - SHUTDOWN_CRITICAL_MS;
    const isLast = now >= criticalAt;
    const mostSeconds = (isLast ? SHUTDOWN_CRITICAL_MS : SHUTDOWN_MS - SHUTDOWN_CRITICAL_MS) / 1_000;
    for (const { pod } of podsOn(context, name)) {
      const isOver = isPodTerminal(pod) || podCell(cells, keyOf(pod))?.failure !== undefined;
      if (isOver || isCriticalPod(pod) !== isLast) continue;
      const graceSeconds = Math.min(pod.spec.terminationGracePeriodSeconds ?? 30, mostSeconds);
      endPod(context, pod, { reason: "Terminated", message: MESSAGE, graceSeconds });
    }
    return isLast ? done : wakeAt(criticalAt);
  },
};
