/**
 * One container of a pod, driven a step further: started, watched, restarted after its back-off.
 *
 * Models the per-container part of SyncPod in pkg/kubelet/kuberuntime/kuberuntime_manager.go and
 * k8s.io/client-go/util/flowcontrol/backoff.go.
 */
import type { Container, ContainerRestartRule } from "#kernel/api/types.gen";
import { ensureImage } from "#kernel/kubelet/images";
import { observe, type Seen } from "#kernel/kubelet/observe";
import type { ContainerCell } from "#kernel/kubelet/pod-cell";
import { later, type Member, type PodWork, podText, say } from "#kernel/kubelet/pod-work";
import { probeContainer } from "#kernel/kubelet/probes";
import { actuate } from "#kernel/kubelet/resize";
import { createContainer } from "#kernel/kubelet/start";
import { continueStop, stopContainer } from "#kernel/kubelet/stop";
import { done, type Outcome, routineAt, wakeAt } from "#kernel/registry/controller";

/** What driving came to. A container that is still being brought up holds back those after it. */
export interface Driven {
  readonly outcome: Outcome;
  readonly isBlocking: boolean;
}

const BACKOFF_SECONDS = { first: 10, longest: 300 };
/** A container that ran so long is trusted anew. */
const FORGIVEN_MS = 2 * BACKOFF_SECONDS.longest * 1000;
/** How soon the kubelet sees that a container has ended (its relist period). */
const NOTICE_MS = 1_000;

const free = (outcome: Outcome): Driven => ({ outcome, isBlocking: false });
const blocking = (outcome: Outcome): Driven => ({ outcome, isBlocking: true });

/** Drives a container that ought to run. */
export function driveContainer(work: PodWork, member: Member, own: ContainerCell): Driven {
  const seen = observe(work, member, own);
  if (seen.kind === "running") return watchOver(work, member, own, seen);
  if (seen.kind === "none") return bringUp(work, member, own);
  delete own.stop;
  if (!restarts(work, member, seen)) return free(done);
  return restart(work, member, own, seen);
}

function bringUp(work: PodWork, member: Member, own: ContainerCell): Driven {
  const answer = ensureImage(work, member, own);
  if (!answer.isReady) return own.pull === undefined ? free(answer.outcome) : blocking(answer.outcome);
  const before = own.starts;
  createContainer(work, member, own);
  if (own.starts === before) return free(done);
  // Look again: it may have ended already, or has probes that are due.
  return driveContainer(work, member, own);
}

function watchOver(
  work: PodWork,
  member: Member,
  own: ContainerCell,
  { record }: Extract<Seen, { kind: "running" }>,
): Driven {
  const { now } = work.context;
  const { container } = member;
  if (own.stop !== undefined) {
    const outcome = continueStop(work, member, own);
    return outcome.wakeAt === undefined ? driveContainer(work, member, own) : free(outcome);
  }
  const graceSeconds = work.pod.spec.terminationGracePeriodSeconds ?? 30;
  if (record.image !== container.image) {
    return endAndGoOn(work, member, own, {
      message: `Container ${container.name} definition changed, will be restarted`,
      graceSeconds,
    });
  }
  if (actuate(work, container as Container, own, record)) {
    const message = `Container ${container.name} resize requires restart`;
    return endAndGoOn(work, member, own, { message, graceSeconds });
  }
  if (own.hookUntil !== undefined) {
    if (now < own.hookUntil) return blocking(wakeAt(own.hookUntil));
    delete own.hookUntil;
  }
  if (member.role === "init" || member.role === "ephemeral") return free(done);
  const { outcome, condemnedBy } = probeContainer({ work, member, id: record.id }, own, record);
  if (condemnedBy === undefined) return free(outcome);
  const probe = condemnedBy === "startup" ? container.startupProbe : container.livenessProbe;
  return endAndGoOn(work, member, own, {
    message: `Container ${container.name} failed ${condemnedBy} probe, will be restarted`,
    graceSeconds: probe?.terminationGracePeriodSeconds ?? graceSeconds,
  });
}

function endAndGoOn(
  work: PodWork,
  member: Member,
  own: ContainerCell,
  how: { readonly message: string; readonly graceSeconds: number },
): Driven {
  const outcome = stopContainer(work, member, own, how);
  return outcome.wakeAt === undefined ? driveContainer(work, member, own) : free(outcome);
}

/** Whether a container that ended so is started again. */
export function restarts(
  { pod, cell }: PodWork,
  { role, container }: Member,
  seen: Extract<Seen, { kind: "ended" }>,
): boolean {
  if (cell.endingAt !== undefined || cell.failure !== undefined || role === "ephemeral") return false;
  if (role === "sidecar") return true;
  const { exitCode } = seen.terminated;
  const podPolicy = pod.spec.restartPolicy ?? "Always";
  const { restartPolicy = podPolicy, restartPolicyRules = [] } = container as Container;
  if (restartPolicyRules.some((rule) => concerns(rule, exitCode))) return true;
  if (role === "init") return exitCode !== 0 && restartPolicy !== "Never";
  return restartPolicy === "Always" || (restartPolicy === "OnFailure" && exitCode !== 0);
}

function concerns({ action, exitCodes }: ContainerRestartRule, exitCode: number): boolean {
  if (action !== "Restart" || exitCodes === undefined) return false;
  const isListed = (exitCodes.values ?? []).includes(exitCode);
  return exitCodes.operator === "In" ? isListed : !isListed;
}

function restart(work: PodWork, member: Member, own: ContainerCell, seen: Extract<Seen, { kind: "ended" }>): Driven {
  const { now } = work.context;
  own.restartAt ??= later(work, NOTICE_MS);
  if (now < own.restartAt) return free(wakeAt(own.restartAt));
  const known = own.crash;
  const isForgiven = known !== undefined && seen.at - known.at > FORGIVEN_MS;
  const until = known === undefined || isForgiven ? now : seen.at + known.seconds * 1000;
  if (known !== undefined && now < until) return backOff(work, member, own, { until, seconds: known.seconds });

  // The image is looked for before the restart counts: a pull that fails leaves the container as it ended.
  own.last = seen.terminated;
  delete own.isBackoffShown;
  const answer = ensureImage(work, member, own);
  if (!answer.isReady) return own.pull === undefined ? free(answer.outcome) : blocking(answer.outcome);
  const before = own.starts;
  createContainer(work, member, own);
  if (own.starts === before) return free(done);
  const doubled = Math.min(2 * (known?.seconds ?? 0), BACKOFF_SECONDS.longest);
  own.crash = { seconds: known === undefined || isForgiven ? BACKOFF_SECONDS.first : doubled, at: now };
  return driveContainer(work, member, own);
}

function backOff(
  work: PodWork,
  member: Member,
  own: ContainerCell,
  { until, seconds }: { readonly until: number; readonly seconds: number },
): Driven {
  const { name } = member.container;
  if (own.isBackoffShown !== true) {
    const message = `Back-off restarting failed container ${name} in pod ${podText(work)}`;
    say(work, { type: "Warning", reason: "BackOff", message }, member);
    own.isBackoffShown = true;
  }
  const delay = seconds >= 60 ? `${Math.floor(seconds / 60)}m${seconds % 60}s` : `${seconds}s`;
  own.trouble = {
    reason: "CrashLoopBackOff",
    message: `back-off ${delay} restarting failed container=${name} pod=${podText(work)}`,
  };
  // A container that crashes at the longest delay goes on crashing: nobody needs to wait for it.
  return free(seconds >= BACKOFF_SECONDS.longest ? routineAt(until) : wakeAt(until));
}
