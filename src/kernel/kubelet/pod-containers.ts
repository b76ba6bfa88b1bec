/**
 * All containers of a pod together: init containers in order, sidecars beside them, then the others; and their end.
 *
 * Models computePodActions and killContainersWithSyncResult of pkg/kubelet/kuberuntime/kuberuntime_manager.go.
 */
import { driveContainer, restarts } from "#kernel/kubelet/drive";
import { observe } from "#kernel/kubelet/observe";
import { type ContainerCell, containerCell } from "#kernel/kubelet/pod-cell";
import { type Member, membersOf, type PodWork } from "#kernel/kubelet/pod-work";
import { probeEnding } from "#kernel/kubelet/probes";
import { continueStop, stopContainer } from "#kernel/kubelet/stop";
import { done, earliest, type Outcome } from "#kernel/registry/controller";

/** A sidecar that outlives the grace of the pod still gets this long (minimumGracePeriodInSeconds). */
const LEAST_GRACE_SECONDS = 2;

/** Drives every container a step further. Marks the pod finished once all have ended for good. */
export function runContainers(work: PodWork): Outcome {
  const members = membersOf(work.pod);
  const inits = members.filter(({ role }) => role === "init" || role === "sidecar");
  const others = members.filter(({ role }) => role === "regular" || role === "ephemeral");
  const { outcome, isInitialized, hasFailed } = runInits(work, inits);
  if (hasFailed) return earliest(outcome, finish(work));
  if (!isInitialized) return outcome;
  work.cell.isInitialized = true;

  let all = outcome;
  for (const member of others) {
    const driven = driveContainer(work, member, containerCell(work.cell, member.container.name));
    all = earliest(all, driven.outcome);
    if (driven.isBlocking) return all;
  }
  const regular = others.filter(({ role }) => role === "regular");
  return regular.every((member) => hasEndedForGood(work, member)) ? finish(work) : all;
}

interface Initialization {
  readonly outcome: Outcome;
  readonly isInitialized: boolean;
  /** An init container failed and is not tried again. */
  readonly hasFailed: boolean;
}

function runInits(work: PodWork, inits: readonly Member[]): Initialization {
  const hasBegun = work.cell.isInitialized === true;
  let outcome: Outcome = done;
  for (const member of inits) {
    const own = containerCell(work.cell, member.container.name);
    // What ran to its end before the others began is never run again.
    if (hasBegun && member.role === "init") continue;
    const driven = driveContainer(work, member, own);
    outcome = earliest(outcome, driven.outcome);
    if (hasBegun) continue;
    const seen = observe(work, member, own);
    if (member.role === "sidecar") {
      const { startupProbe } = member.container;
      const hasStarted = startupProbe === undefined || own.probes?.startup?.result === true;
      if (seen.kind === "running" && hasStarted && !driven.isBlocking) continue;
      return { outcome, isInitialized: false, hasFailed: false };
    }
    if (seen.kind === "ended" && seen.terminated.exitCode === 0) continue;
    const hasFailed = seen.kind === "ended" && !restarts(work, member, seen);
    return { outcome, isInitialized: false, hasFailed };
  }
  return { outcome, isInitialized: true, hasFailed: false };
}

function hasEndedForGood(work: PodWork, member: Member): boolean {
  const seen = observe(work, member, containerCell(work.cell, member.container.name));
  return seen.kind === "ended" && !restarts(work, member, seen);
}

/** The work is done: the sidecars go too, and then the pod is finished. */
function finish(work: PodWork): Outcome {
  const outcome = endContainers(work, work.pod.spec.terminationGracePeriodSeconds ?? 30);
  if (outcome.wakeAt === undefined) work.cell.isFinished = true;
  return outcome;
}

/** Ends every container that runs: the sidecars last, in reverse order. `done` once none runs any more. */
export function endContainers(work: PodWork, graceSeconds: number): Outcome {
  const members = membersOf(work.pod);
  let outcome: Outcome = done;
  for (const member of members.filter(({ role }) => role !== "sidecar")) {
    outcome = earliest(outcome, endContainer(work, member, graceSeconds));
  }
  if (outcome.wakeAt !== undefined) return outcome;
  const { endingAt } = work.cell;
  const left = endingAt === undefined ? graceSeconds : (endingAt - work.context.now) / 1000 + graceSeconds;
  const sidecarGrace = graceSeconds === 0 ? 0 : Math.max(LEAST_GRACE_SECONDS, left);
  for (const member of members.filter(({ role }) => role === "sidecar").reverse()) {
    outcome = endContainer(work, member, sidecarGrace);
    if (outcome.wakeAt !== undefined) return outcome;
  }
  return done;
}

function endContainer(work: PodWork, member: Member, graceSeconds: number): Outcome {
  const own = containerCell(work.cell, member.container.name);
  delete own.pull;
  const seen = observe(work, member, own);
  if (seen.kind !== "running") {
    delete own.stop;
    return done;
  }
  const outcome = beingEnded(work, member, own, graceSeconds);
  // Once it has ended there is nothing to look at.
  if (outcome.wakeAt === undefined || graceSeconds === 0) return outcome;
  return earliest(outcome, probeEnding({ work, member, id: seen.record.id }, own, seen.record));
}

function beingEnded(work: PodWork, member: Member, own: ContainerCell, graceSeconds: number): Outcome {
  if (own.stop === undefined) {
    return stopContainer(work, member, own, { message: `Stopping container ${member.container.name}`, graceSeconds });
  }
  // A second delete may shorten the wait.
  const { endingAt } = work.cell;
  const deadline = (endingAt ?? work.context.now) + graceSeconds * 1000;
  if (own.stop.hookUntil === undefined || graceSeconds === 0) own.stop.killAt = Math.min(own.stop.killAt, deadline);
  if (graceSeconds === 0) delete own.stop.hookUntil;
  return continueStop(work, member, own);
}
