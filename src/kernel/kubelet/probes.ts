/**
 * Probes: is a container started, alive, ready; counted until a threshold turns the result.
 *
 * Models pkg/kubelet/prober (worker, prober) .
 * Leaves out the random delay of a restarted kubelet: it spreads load that does not exist here.
 */
import type { Probe } from "#kernel/api/types.gen";
import { runProbe, type Target } from "#kernel/kubelet/handlers";
import type { ContainerCell, ProbeKind, ProbeState } from "#kernel/kubelet/pod-cell";
import { say } from "#kernel/kubelet/pod-work";
import { done, earliest, type Outcome, routineAt, wakeAt } from "#kernel/registry/controller";
import type { ContainerRecord } from "#kernel/runtime/container";
import type { Instant } from "#kernel/sim/instant";

/** A probe that has failed for so long is how things are: an otherwise settled cluster counts as idle. */
const NEWS_MS = 300_000;

const NAMES: Readonly<Record<ProbeKind, string>> = { startup: "Startup", liveness: "Liveness", readiness: "Readiness" };

/** What probing came to: when to look next, and whether a probe wants the container restarted. */
export interface Probed {
  readonly outcome: Outcome;
  readonly condemnedBy?: "startup" | "liveness";
}

/** Runs the probes of a running container that are due. */
export function probeContainer(target: Target, own: ContainerCell, record: ContainerRecord): Probed {
  const { startupProbe, livenessProbe, readinessProbe } = target.member.container;
  const { startedAt } = record;
  if (startupProbe !== undefined && own.probes?.startup?.result !== true) {
    const state = runIfDue(target, own, { kind: "startup", probe: startupProbe, startedAt });
    if (isCondemned(state, startupProbe)) return { outcome: done, condemnedBy: "startup" };
    if (!state.result) return { outcome: nextLook(state, target) };
  }
  let outcome: Outcome = done;
  if (livenessProbe !== undefined) {
    const state = runIfDue(target, own, { kind: "liveness", probe: livenessProbe, startedAt });
    if (isCondemned(state, livenessProbe)) return { outcome: done, condemnedBy: "liveness" };
    outcome = earliest(outcome, nextLook(state, target));
  }
  if (readinessProbe !== undefined) {
    const state = runIfDue(target, own, { kind: "readiness", probe: readinessProbe, startedAt });
    outcome = earliest(outcome, nextLook(state, target));
  }
  return { outcome };
}

/** Whether a container that is being ended still serves is looked at until it has ended; nothing else is any more. */
export function probeEnding(target: Target, own: ContainerCell, { startedAt }: ContainerRecord): Outcome {
  const { startupProbe, readinessProbe: probe } = target.member.container;
  if (probe === undefined || !isStarted(startupProbe, own)) return done;
  return wakeAt(runIfDue(target, own, { kind: "readiness", probe, startedAt }).next);
}

const isCondemned = (state: ProbeState, { failureThreshold = 3 }: Probe): boolean =>
  !state.result && state.verdict === "failure" && state.run >= failureThreshold;

function nextLook(state: ProbeState, { work }: Target): Outcome {
  const isOldNews = state.failingSince !== undefined && work.context.now - state.failingSince > NEWS_MS;
  return (state.result && state.verdict === "success") || isOldNews ? routineAt(state.next) : wakeAt(state.next);
}

function runIfDue(
  target: Target,
  own: ContainerCell,
  { kind, probe, startedAt }: { readonly kind: ProbeKind; readonly probe: Probe; readonly startedAt: Instant },
): ProbeState {
  const { now } = target.work.context;
  own.probes ??= {};
  const first = startedAt + (probe.initialDelaySeconds ?? 0) * 1000;
  // A container is alive until it proves otherwise, and ready only once it proves it.
  own.probes[kind] ??= { next: Math.max(first, now), run: 0, result: kind === "liveness" };
  const state = own.probes[kind];
  if (now < state.next) return state;
  const periodMs = (probe.periodSeconds ?? 10) * 1000;
  state.next += periodMs * (Math.floor((now - state.next) / periodMs) + 1);

  const answer = runProbe(target, probe);
  if (answer.kind === "error") {
    const message = `${NAMES[kind]} probe errored and resulted in unknown state: ${answer.output}`;
    say(target.work, { type: "Warning", reason: "Unhealthy", message }, target.member);
    return state;
  }
  if (answer.kind === "failure") {
    const message = `${NAMES[kind]} probe failed: ${answer.output}`;
    say(target.work, { type: "Warning", reason: "Unhealthy", message }, target.member);
    state.failingSince ??= now;
  } else delete state.failingSince;
  if (answer.kind === "warning") {
    const message = `${NAMES[kind]} probe warning: ${answer.output}`;
    say(target.work, { type: "Warning", reason: "ProbeWarning", message }, target.member);
  }
  count(state, answer.kind === "failure" ? "failure" : "success", probe);
  return state;
}

/** Counts a verdict; enough of one kind in a row turn the result. */
function count(
  state: ProbeState,
  verdict: "success" | "failure",
  { failureThreshold = 3, successThreshold = 1 }: Probe,
): void {
  const threshold = verdict === "success" ? successThreshold : failureThreshold;
  // Beyond the threshold nothing changes, so a healthy container's memory stays as it is.
  state.run = state.verdict === verdict ? Math.min(state.run + 1, threshold) : 1;
  state.verdict = verdict;
  if (state.run >= threshold) state.result = verdict === "success";
}

/** Whether the container has started, as its startup probe sees it. */
export function isStarted(startupProbe: Probe | undefined, own: ContainerCell): boolean {
  return own.hookUntil === undefined && (startupProbe === undefined || own.probes?.startup?.result === true);
}

/** Whether a running container is ready for traffic. */
export function isReady(
  probes: { readonly startupProbe?: Probe; readonly readinessProbe?: Probe },
  own: ContainerCell,
): boolean {
  return (
    isStarted(probes.startupProbe, own) &&
    (probes.readinessProbe === undefined || own.probes?.readiness?.result === true)
  );
}
