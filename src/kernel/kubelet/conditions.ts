/**
 * The conditions of a pod that its kubelet answers for.
 *
 * Models pkg/kubelet/status/generate.go.
 */
import type { ContainerStatus, Pod, PodCondition } from "#kernel/api/types.gen";
import { getCondition, timeText } from "#kernel/apimachinery/meta";
import { isRestartableInit } from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";

type Verdict = Pick<PodCondition, "status" | "reason" | "message">;

const yes: Verdict = { status: "True" };
const no = (reason: string, message?: string): Verdict => ({
  status: "False",
  reason,
  ...(message !== undefined && { message }),
});

/** What the conditions follow from. */
export interface PodFacts {
  readonly phase: string;
  /** Init and regular containers. */
  readonly statuses: ReadonlyMap<string, ContainerStatus>;
  readonly hasSandbox: boolean;
  /** Conditions of a resize, which are there only while it is not over. */
  readonly resizing: readonly Pick<PodCondition, "type" | "reason" | "message">[];
}

const RESIZE_TYPES = ["PodResizePending", "PodResizeInProgress"];

const listText = (names: readonly string[]): string => `[${names.join(" ")}]`;

/** All conditions of the pod: the kubelet's own anew, those of others as they are. */
export function podConditions(pod: Pod, facts: PodFacts, now: Instant): PodCondition[] {
  const old = pod.status?.conditions ?? [];
  const containersReady = containersReadyVerdict(pod, facts);
  const own: readonly (readonly [string, Verdict])[] = [
    ["PodReadyToStartContainers", facts.hasSandbox ? yes : { status: "False" }],
    ["Initialized", initializedVerdict(pod, facts)],
    ["Ready", containersReady.status === "True" ? gatesVerdict(pod) : containersReady],
    ["ContainersReady", containersReady],
    ["PodScheduled", yes],
  ];
  const names = new Set([...own.map(([type]) => type), ...RESIZE_TYPES]);
  const others = old.filter(({ type }) => !names.has(type));
  const resizing = facts.resizing.map(({ type, ...why }) => condition(pod, type, { ...yes, ...why }, now));
  return [...others, ...resizing, ...own.map(([type, verdict]) => condition(pod, type, verdict, now))];
}

/** Time of the transition, null of a probe nobody does, as Go prints them. */
function condition(pod: Pod, type: string, verdict: Verdict, now: Instant): PodCondition {
  const { generation } = pod.metadata;
  const old = getCondition(pod.status?.conditions, type);
  const since = old?.status === verdict.status ? old.lastTransitionTime : undefined;
  const { status, reason, message } = verdict;
  return {
    lastProbeTime: null as unknown as string,
    lastTransitionTime: since ?? timeText(now),
    ...(message !== undefined && { message }),
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(reason !== undefined && { reason }),
    status,
    type,
  };
}

function containersReadyVerdict({ spec }: Pod, { phase, statuses }: PodFacts): Verdict {
  const concerned = [...(spec.initContainers ?? []).filter(isRestartableInit), ...spec.containers].map(
    ({ name }) => name,
  );
  const unknown = concerned.filter((name) => !statuses.has(name));
  const unready = concerned.filter((name) => statuses.get(name)?.ready === false);
  if (phase === "Succeeded" && unknown.length === 0) return no("PodCompleted");
  if (phase === "Failed") return no("PodFailed");
  const parts = [
    ...(unknown.length > 0 ? [`containers with unknown status: ${listText(unknown)}`] : []),
    ...(unready.length > 0 ? [`containers with unready status: ${listText(unready)}`] : []),
  ];
  return parts.length === 0 ? yes : no("ContainersNotReady", parts.join(", "));
}

function gatesVerdict({ spec, status }: Pod): Verdict {
  const parts = (spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = getCondition(status?.conditions, conditionType);
    if (gate === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (gate.status === "True") return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  return parts.length === 0 ? yes : no("ReadinessGatesNotReady", parts.join(", "));
}

function initializedVerdict({ spec }: Pod, { phase, statuses }: PodFacts): Verdict {
  const inits = spec.initContainers ?? [];
  const unknown = inits.filter(({ name }) => !statuses.has(name)).map(({ name }) => name);
  if (phase === "Succeeded" && unknown.length === 0) return { status: "True", reason: "PodCompleted" };
  const hasBegun = spec.containers.some(({ name }) => hasStarted(statuses.get(name)));
  if (hasBegun) return yes;
  const incomplete = inits
    .filter((init) => {
      const status = statuses.get(init.name);
      return status !== undefined && !(isRestartableInit(init) ? status.started === true : status.ready);
    })
    .map(({ name }) => name);
  const parts = [
    ...(unknown.length > 0 ? [`containers with unknown status: ${listText(unknown)}`] : []),
    ...(incomplete.length > 0 ? [`containers with incomplete status: ${listText(incomplete)}`] : []),
  ];
  return parts.length === 0 ? yes : no("ContainersNotInitialized", parts.join(", "));
}

function hasStarted(status: ContainerStatus | undefined): boolean {
  return (
    status?.state?.running !== undefined ||
    status?.state?.terminated !== undefined ||
    status?.lastState?.running !== undefined ||
    status?.lastState?.terminated !== undefined
  );
}
