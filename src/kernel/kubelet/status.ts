/**
 * The status of a pod as its kubelet reports it.
 *
 * Models generateAPIPodStatus, getPhase and convertToAPIContainerStatuses of pkg/kubelet/kubelet_pods.go.
 */
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
  VolumeMountStatus,
} from "#kernel/api/types.gen";
import { setCondition, timeText } from "#kernel/apimachinery/meta";
import { podConditions } from "#kernel/kubelet/conditions";
import { containerUrl, observe, type Seen } from "#kernel/kubelet/observe";
import type { ContainerCell } from "#kernel/kubelet/pod-cell";
import { type Member, membersOf, type PodWork } from "#kernel/kubelet/pod-work";
import { isReady, isStarted } from "#kernel/kubelet/probes";
import { resizeVerdicts } from "#kernel/kubelet/resize";
import { userOf } from "#kernel/kubelet/start";
import { computeQos, isTerminalPhase } from "#kernel/resources/core/pod.facts";
import { imageId, resolveImage } from "#kernel/runtime/registry";

/** The whole status, from what is to be seen now. */
export function podStatus(work: PodWork): PodStatus {
  const { pod, cell, machine, context } = work;
  const members = membersOf(pod);
  const statuses = new Map(members.map((member) => [member.container.name, containerStatus(work, member)]));
  const of = (...roles: Member["role"][]): ContainerStatus[] =>
    members
      .filter(({ role }) => roles.includes(role))
      .map(({ container }) => statuses.get(container.name) as ContainerStatus);
  const phase = phaseOf(work, members, statuses);
  const hasSandbox = cell.sandboxAt !== undefined && cell.sandboxAt <= context.now && cell.isFinished !== true;
  const { generation } = pod.metadata;
  const [init, regular, ephemeral] = [of("init", "sidecar"), of("regular"), of("ephemeral")];
  const { failure } = cell;
  const hasIP = cell.podIP !== undefined && cell.sandboxAt !== undefined && cell.sandboxAt <= context.now;
  return {
    conditions: podConditions(
      disrupted(work),
      { phase, statuses, hasSandbox, resizing: resizeVerdicts(work) },
      context.now,
    ),
    containerStatuses: regular,
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    hostIP: machine.internalIP,
    hostIPs: [{ ip: machine.internalIP }],
    ...(init.length > 0 && { initContainerStatuses: init }),
    ...(failure !== undefined && { message: failure.message, reason: failure.reason }),
    ...(generation !== undefined && { observedGeneration: generation }),
    phase,
    ...(hasIP && cell.podIP !== undefined && { podIP: cell.podIP, podIPs: [{ ip: cell.podIP }] }),
    qosClass: pod.status?.qosClass ?? computeQos(pod.spec),
    ...(pod.status?.resize !== undefined && { resize: pod.status.resize }),
    startTime: timeText(cell.admittedAt ?? context.now),
    ...othersPart(pod),
  };
}

/** The pod with the condition that says it was ended on purpose. */
function disrupted({ pod, cell, context: { now } }: PodWork): Pod {
  const message = cell.failure?.disruption;
  if (message === undefined) return pod;
  const { generation } = pod.metadata;
  const condition: Omit<PodCondition, "lastTransitionTime"> = {
    lastProbeTime: null as unknown as string,
    message,
    ...(generation !== undefined && { observedGeneration: generation }),
    reason: "TerminationByKubelet",
    status: "True",
    type: "DisruptionTarget",
  };
  return {
    ...pod,
    status: { ...pod.status, conditions: setCondition<PodCondition>(pod.status?.conditions, condition, now) },
  };
}

/** What others say in the status of a pod: which claims were made for it. */
const othersPart = ({ status }: Pod): Partial<PodStatus> =>
  status?.resourceClaimStatuses === undefined ? {} : { resourceClaimStatuses: status.resourceClaimStatuses };

/** The status of a pod its node turned away: no container is spoken of. */
export function rejectedStatus({ pod, cell, context }: PodWork): PodStatus {
  const { generation } = pod.metadata;
  const { reason = "", message = "" } = cell.failure ?? {};
  return {
    ...pod.status,
    message: `Pod was rejected: ${message}`,
    ...(generation !== undefined && { observedGeneration: generation }),
    phase: "Failed",
    qosClass: pod.status?.qosClass ?? computeQos(pod.spec),
    reason,
    startTime: timeText(cell.admittedAt ?? context.now),
  };
}

function containerStatus(work: PodWork, member: Member): ContainerStatus {
  const { cell } = work;
  const { container, role } = member;
  const own = cell.containers[container.name] ?? { starts: 0 };
  const seen = observe(work, member, own);
  const { state, last } = statesOf(work, member, own, seen);
  const isRunning = seen.kind === "running" && own.hookUntil === undefined;
  const granted = own.allocated ?? container.resources ?? {};
  const { requests } = granted;
  const isCreated = own.id !== undefined;
  const hasEndedWell = seen.kind === "ended" && seen.terminated.exitCode === 0;
  const ready = role === "init" ? hasEndedWell : isRunning && role !== "ephemeral" && isReady(probesOf(container), own);
  const image = container.image ?? "";
  return {
    ...(isCreated && requests !== undefined && { allocatedResources: requests }),
    ...(own.id !== undefined && { containerID: containerUrl(own.id) }),
    image: isCreated ? fullName(image) : image,
    imageID: isCreated ? imageId(image) : "",
    lastState: last,
    name: container.name,
    ready,
    ...(isCreated && role !== "ephemeral" && { resources: own.actual ?? granted }),
    restartCount: Math.max(0, own.starts - 1),
    ...(role !== "ephemeral" && { started: isRunning && isStarted(container.startupProbe, own) }),
    state,
    ...(isCreated && { user: { linux: linuxUser(work, container as Container) } }),
    ...mountStatuses(container as Container),
  };
}

/** Only what is there: with exact optional fields an absent probe must stay absent. */
function probesOf({ startupProbe, readinessProbe }: Member["container"]) {
  return {
    ...(startupProbe !== undefined && { startupProbe }),
    ...(readinessProbe !== undefined && { readinessProbe }),
  };
}

/** The name under which the runtime knows the image. */
function fullName(image: string): string {
  const found = resolveImage(image);
  return "reference" in found ? found.reference.normalized : image;
}

function statesOf(
  { pod, cell }: PodWork,
  { role }: Member,
  own: ContainerCell,
  seen: Seen,
): { readonly state: ContainerState; readonly last: ContainerState } {
  const last: ContainerState = own.last === undefined ? {} : { terminated: own.last };
  if (seen.kind === "running" && own.hookUntil === undefined) {
    return { state: { running: { startedAt: timeText(seen.record.startedAt) } }, last };
  }
  const isOver = cell.endingAt !== undefined || cell.failure !== undefined || cell.isFinished === true;
  if (seen.kind === "ended") {
    if (own.trouble === undefined || isOver) return { state: { terminated: seen.terminated }, last };
    return { state: { waiting: waiting(own.trouble) }, last: { terminated: seen.terminated } };
  }
  const isWaitingForInit = role === "regular" && (pod.spec.initContainers ?? []).length > 0;
  const reason = isWaitingForInit || role === "init" || role === "sidecar" ? "PodInitializing" : "ContainerCreating";
  return { state: { waiting: own.trouble === undefined ? { reason } : waiting(own.trouble) }, last };
}

function waiting({ reason, message }: { readonly reason: string; readonly message: string }) {
  return { ...(message !== "" && { message }), reason };
}

function linuxUser(work: PodWork, container: Container): { uid: number; gid: number; supplementalGroups: number[] } {
  const { securityContext: pod } = work.pod.spec;
  const found = resolveImage(container.image ?? "");
  const imageUser = "image" in found ? (found.image.content(found.reference).config.user ?? 0) : 0;
  const uid = userOf(work, container) ?? imageUser;
  const gid = container.securityContext?.runAsGroup ?? pod?.runAsGroup ?? (uid === imageUser ? imageUser : 0);
  const groups = new Set([
    gid,
    ...(pod?.fsGroup === undefined ? [] : [pod.fsGroup]),
    ...(pod?.supplementalGroups ?? []),
  ]);
  return { gid, supplementalGroups: [...groups].sort((a, b) => a - b), uid };
}

function mountStatuses({ volumeMounts = [] }: Container): { volumeMounts?: VolumeMountStatus[] } {
  if (volumeMounts.length === 0) return {};
  return {
    volumeMounts: volumeMounts.map(({ mountPath, name, readOnly }) => ({
      mountPath,
      name,
      ...(readOnly === true && { readOnly, recursiveReadOnly: "Disabled" }),
    })),
  };
}

/** Pending, Running, Succeeded or Failed, by the containers' states. */
function phaseOf(
  { pod, cell }: PodWork,
  members: readonly Member[],
  statuses: ReadonlyMap<string, ContainerStatus>,
): string {
  const present = pod.status?.phase;
  if (isTerminalPhase(present)) return present as string;
  if (cell.failure !== undefined) return "Failed";
  const policy = pod.spec.restartPolicy ?? "Always";
  const regular = members.filter(({ role }) => role === "regular").map(({ container }) => statuses.get(container.name));
  const ended = regular.flatMap((status) => terminatedIn(status) ?? []);
  const isOver = cell.isFinished === true;
  if (isOver) {
    const areAllWell = ended.length === regular.length && ended.every(({ exitCode }) => exitCode === 0);
    return areAllWell ? "Succeeded" : "Failed";
  }
  const hasBegun = regular.some((status) => status?.state?.running !== undefined || terminatedIn(status) !== undefined);
  const inits = members.filter(({ role }) => role === "init" || role === "sidecar");
  const isInitialized = inits.every(({ role, container }) => {
    const status = statuses.get(container.name);
    return role === "sidecar" ? status?.started === true : status?.ready === true;
  });
  if (
    policy === "Never" &&
    inits.some(({ role, container }) => role === "init" && hasFailed(statuses.get(container.name)))
  ) {
    return "Failed";
  }
  if (!isInitialized && !hasBegun) return "Pending";
  const running = regular.filter((status) => status?.state?.running !== undefined).length;
  const isWaiting = regular.some(
    (status) => status?.state?.running === undefined && terminatedIn(status) === undefined,
  );
  if (isWaiting) return "Pending";
  if (running > 0) return "Running";
  if (policy === "Always") return "Running";
  if (ended.every(({ exitCode }) => exitCode === 0)) return "Succeeded";
  return policy === "Never" ? "Failed" : "Running";
}

/** How it ended, now or, if it waits to be started again, the time before. */
const terminatedIn = (status: ContainerStatus | undefined) => status?.state?.terminated ?? waitedFrom(status);

const waitedFrom = (status: ContainerStatus | undefined) =>
  status?.state?.waiting === undefined ? undefined : status.lastState?.terminated;

const hasFailed = (status: ContainerStatus | undefined): boolean => (status?.state?.terminated?.exitCode ?? 0) !== 0;
