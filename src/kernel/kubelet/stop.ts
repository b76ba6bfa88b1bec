/**
 * Ending a container in order: preStop hook, SIGTERM, the grace period, SIGKILL.
 *
 * Models killContainer of pkg/kubelet/kuberuntime/kuberuntime_container.go.
 */
import { runHook } from "#kernel/kubelet/handlers";
import type { ContainerCell } from "#kernel/kubelet/pod-cell";
import { type Member, type PodWork, say } from "#kernel/kubelet/pod-work";
import { done, type Outcome, wakeAt } from "#kernel/registry/controller";
import { containerRecord, signalContainer, stopSignal } from "#kernel/runtime/containers";
import { quietly } from "#kernel/runtime/own-changes";

/** A hook that took all of the grace leaves the container this much to end by itself. */
const LEAST_AFTER_HOOK_MS = 2_000;

/** Begins to end a running container, or goes on with it. `done` once it has ended. */
export function stopContainer(
  work: PodWork,
  member: Member,
  own: ContainerCell,
  { message, graceSeconds }: { readonly message: string; readonly graceSeconds: number },
): Outcome {
  if (own.stop === undefined) beginStop(work, member, own, { message, graceSeconds });
  return continueStop(work, member, own);
}

function beginStop(
  work: PodWork,
  member: Member,
  own: ContainerCell,
  { message, graceSeconds }: { readonly message: string; readonly graceSeconds: number },
): void {
  const { now } = work.context;
  say(work, { reason: "Killing", message }, member);
  own.stop = { killAt: now + graceSeconds * 1000 };
  const hook = member.container.lifecycle?.preStop;
  if (hook === undefined || graceSeconds === 0 || own.id === undefined) return;
  const { tookMs, isFailed } = runHook({ work, member, id: own.id }, hook);
  if (isFailed) say(work, { type: "Warning", reason: "FailedPreStopHook", message: "PreStopHook failed" }, member);
  if (tookMs === 0) return;
  const hookUntil = Math.min(now + tookMs, own.stop.killAt);
  own.stop = { hookUntil, killAt: Math.max(own.stop.killAt, hookUntil + LEAST_AFTER_HOOK_MS) };
}

/** Goes on with an end that was begun. `done` once the container has ended. */
export function continueStop(
  { context, world, cell: { uid } }: PodWork,
  { container }: Member,
  own: ContainerCell,
): Outcome {
  const { now, cells } = context;
  const { stop, id } = own;
  const record = id === undefined ? undefined : containerRecord(cells, id);
  if (stop === undefined || id === undefined || record?.state !== "running") {
    delete own.stop;
    return done;
  }
  if (stop.hookUntil !== undefined && now < stop.hookUntil) return wakeAt(stop.hookUntil);
  if (stop.isSignalled !== true) {
    stop.isSignalled = true;
    const signal = container.lifecycle?.stopSignal ?? stopSignal(record);
    quietly(uid, () => signalContainer(world, id, signal));
  }
  if (now >= stop.killAt && containerRecord(cells, id)?.state === "running")
    quietly(uid, () => signalContainer(world, id, "SIGKILL"));
  if (containerRecord(cells, id)?.state === "running") return wakeAt(stop.killAt);
  delete own.stop;
  return done;
}
