/**
 * The row of a pod in `kubectl get pods`: above all the one word that says how it is.
 *
 * Models pkg/printers/internalversion/printers.go (printPod).
 */

import type { ContainerState, ContainerStatus, Pod } from "#kernel/api/types.gen";
import { ageText } from "#kernel/apimachinery/table";
import { parseTime } from "#kernel/apimachinery/time";
import { type Column, column, wide } from "#kernel/registry/definition";
import {
  hasPodCondition,
  isPodTerminal,
  isRestartableInit,
  NODE_UNREACHABLE_REASON,
} from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";

/** What `kubectl get pods` shows of a pod. */
export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly status: string;
  readonly restarts: number;
  /** When the container that restarted last had ended; undefined if none ever did. */
  readonly lastRestartAt: Instant | undefined;
}

/** Mutable counts while the containers are gone through. */
interface Tally {
  ready: number;
  restarts: number;
  lastRestartAt: Instant | undefined;
  reason: string;
}

/** Sums a pod up. */
export function summarise(pod: Pod): PodSummary {
  const { spec, status = {} } = pod;
  const sidecars = new Set((spec.initContainers ?? []).filter(isRestartableInit).map(({ name }) => name));
  const tally: Tally = {
    ready: 0,
    restarts: 0,
    lastRestartAt: undefined,
    reason: status.reason || (status.phase ?? ""),
  };
  const isGated = status.conditions?.some(
    ({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated",
  );
  if (isGated === true) tally.reason = "SchedulingGated";

  const isInitializing = countInit(tally, pod, sidecars);
  if (!isInitializing || hasPodCondition(pod, "Initialized")) {
    // From now on only what keeps running counts.
    tally.restarts = 0;
    tally.lastRestartAt = undefined;
    for (const one of status.initContainerStatuses ?? []) if (sidecars.has(one.name)) countRestarts(tally, one);
    countRegular(tally, pod);
  }
  return {
    ready: tally.ready,
    total: spec.containers.length + sidecars.size,
    status: deletionReason(pod) ?? tally.reason,
    restarts: tally.restarts,
    lastRestartAt: tally.lastRestartAt,
  };
}

function deletionReason(pod: Pod): string | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  if (pod.status?.reason === NODE_UNREACHABLE_REASON) return "Unknown";
  return isPodTerminal(pod) ? undefined : "Terminating";
}

/** Goes through the init containers up to the one that holds the pod up, if there is one. */
function countInit(tally: Tally, { spec, status }: Pod, sidecars: ReadonlySet<string>): boolean {
  for (const [n, one] of (status?.initContainerStatuses ?? []).entries()) {
    const { state, started, ready, name } = one;
    countRestarts(tally, one);
    if (state?.terminated?.exitCode === 0) continue;
    if (sidecars.has(name) && started === true) {
      if (ready) tally.ready += 1;
      continue;
    }
    const waiting = state?.waiting?.reason ?? "";
    if (state?.terminated !== undefined) tally.reason = `Init:${endReason(state)}`;
    else if (waiting !== "" && waiting !== "PodInitializing") tally.reason = `Init:${waiting}`;
    else tally.reason = `Init:${n}/${spec.initContainers?.length ?? 0}`;
    return true;
  }
  return false;
}

function countRegular(tally: Tally, pod: Pod): void {
  let isAnyRunning = false;
  // Backwards: the first container's word is the last one, and stands.
  for (const one of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    const { state, ready } = one;
    countRestarts(tally, one);
    const waiting = state?.waiting?.reason ?? "";
    if (waiting !== "") tally.reason = waiting;
    else if (state?.terminated !== undefined) tally.reason = endReason(state);
    else if (ready && state?.running !== undefined) {
      isAnyRunning = true;
      tally.ready += 1;
    }
  }
  if (tally.reason === "Completed" && isAnyRunning) {
    tally.reason = hasPodCondition(pod, "Ready") ? "Running" : "NotReady";
  }
}

function countRestarts(tally: Tally, { restartCount, lastState }: ContainerStatus): void {
  tally.restarts += restartCount;
  const finishedAt = lastState?.terminated?.finishedAt;
  if (finishedAt === undefined || finishedAt === null) return;
  tally.lastRestartAt = Math.max(tally.lastRestartAt ?? Number.NEGATIVE_INFINITY, parseTime(finishedAt));
}

function endReason({ terminated }: ContainerState): string {
  const { reason = "", signal = 0, exitCode = 0 } = terminated ?? {};
  if (reason !== "") return reason;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

function restartsText({ restarts, lastRestartAt }: PodSummary, now: Instant): string {
  if (restarts === 0 || lastRestartAt === undefined) return String(restarts);
  return `${restarts} (${ageText(new Date(lastRestartAt).toISOString(), now)} ago)`;
}

const orNone = (text: string | undefined): string => (text === undefined || text === "" ? "<none>" : text);

function gatesText(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const passed = gates.filter(({ conditionType }) => hasPodCondition(pod, conditionType));
  return `${passed.length}/${gates.length}`;
}

export const podColumns: readonly Column<Pod>[] = [
  column(
    "Ready",
    "string",
    (pod) => {
      const { ready, total } = summarise(pod);
      return `${ready}/${total}`;
    },
    "How many of the pod's containers are ready.",
  ),
  column("Status", "string", (pod) => summarise(pod).status, "The state of the pod's containers, in one word."),
  column(
    "Restarts",
    "string",
    (pod, now) => restartsText(summarise(pod), now),
    "How often containers were restarted, and how long ago for the last time.",
  ),
  wide("IP", "string", ({ status }) => orNone(status?.podIPs?.[0]?.ip ?? status?.podIP), "The pod's address."),
  wide("Node", "string", ({ spec }) => orNone(spec.nodeName), "The node the pod runs on."),
  wide(
    "Nominated Node",
    "string",
    ({ status }) => orNone(status?.nominatedNodeName),
    "The node that is being cleared for the pod.",
  ),
  wide("Readiness Gates", "string", gatesText, "How many of the pod's readiness gates have passed."),
];
