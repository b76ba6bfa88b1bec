/**
 * Pure questions anybody may ask of a Pod: is it ready, available, active, done; what is said of its containers.
 *
 * Models pkg/api/v1/pod/util.go and pkg/controller (IsPodActive, IsPodTerminal).
 */

import type {
  Container,
  ContainerPort,
  ContainerStatus,
  EphemeralContainer,
  Pod,
  PodCondition,
  PodSpec,
} from "#kernel/api/types.gen";
import { getCondition, parseTime } from "#kernel/apimachinery/meta";
import type { Instant } from "#kernel/sim/instant";

export * from "#kernel/resources/core/pod.facts.resources";
export * from "#kernel/resources/core/pod.facts.tolerations";

/** The label that ties a pod or ReplicaSet to one revision of a template. */
export const POD_TEMPLATE_HASH_LABEL = "pod-template-hash";

/** What the node controller and the kubelet write into status.reason of a pod whose node is gone. */
export const NODE_UNREACHABLE_REASON = "NodeLost";

/** Gives the pod's condition of a type. */
export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return getCondition(pod.status?.conditions, type);
}

/** True if the pod's condition of this type has status "True". */
export function hasPodCondition(pod: Pod, type: string): boolean {
  return podCondition(pod, type)?.status === "True";
}

/** True if the pod's Ready condition is "True". */
export const isPodReady = (pod: Pod): boolean => hasPodCondition(pod, "Ready");

/** The priority from which on a pod belongs to the system. */
const SYSTEM_CRITICAL = 2_000_000_000;

/** True if the node must not do without the pod: static ones, and those of the system's priority classes. */
export const isCriticalPod = ({ metadata, spec }: Pod): boolean =>
  metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined ||
  (metadata.annotations?.["kubernetes.io/config.source"] ?? "api") !== "api" ||
  (spec.priority ?? 0) >= SYSTEM_CRITICAL;

/** True if the scheduler has given the pod a node. */
export const isPodScheduled = (pod: Pod): boolean => (pod.spec.nodeName ?? "") !== "";

/** True if somebody asked for the pod's deletion. */
export const isPodTerminating = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;

/** True if all containers have ended for good: phase Succeeded or Failed. */
export const isPodTerminal = (pod: Pod): boolean => isTerminalPhase(pod.status?.phase);

/** True for the phases no pod leaves. */
export const isTerminalPhase = (phase: string | undefined): boolean => phase === "Succeeded" || phase === "Failed";

/** True if the pod counts for its controller: not done, and not being deleted. */
export const isPodActive = (pod: Pod): boolean => !isPodTerminal(pod) && !isPodTerminating(pod);

/** True if scheduling gates keep the scheduler away from the pod. */
export const isSchedulingGated = (pod: Pod): boolean => (pod.spec.schedulingGates ?? []).length > 0;

/**
 * Gives the instant at which a ready pod is (or was) available: ready for minReadySeconds without a break.
 * Undefined if it is not ready, so that no instant is known.
 */
export function podAvailableAt(pod: Pod, minReadySeconds: number): Instant | undefined {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return undefined;
  const since = ready.lastTransitionTime === undefined ? Number.NaN : parseTime(ready.lastTransitionTime);
  if (minReadySeconds === 0) return Number.isNaN(since) ? 0 : since;
  return Number.isNaN(since) ? undefined : since + minReadySeconds * 1000;
}

/** True if the pod has been ready for at least minReadySeconds at `now`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: Instant): boolean {
  if (minReadySeconds === 0) return isPodReady(pod);
  const at = podAvailableAt(pod, minReadySeconds);
  return at !== undefined && at <= now;
}

/** True for an init container that keeps running beside the others (a native sidecar). */
export const isRestartableInit = (container: Container): boolean => container.restartPolicy === "Always";

/** Init, regular and ephemeral containers, in this order. */
export function allContainers(spec: PodSpec): (Container | EphemeralContainer)[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

/** The sum of restarts of regular containers and of sidecars. */
export function restartCount(pod: Pod): number {
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isRestartableInit).map(({ name }) => name));
  const counted = [
    ...(pod.status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
    ...(pod.status?.containerStatuses ?? []),
  ];
  return counted.reduce((sum, status) => sum + status.restartCount, 0);
}

/** The largest restart count among regular containers and sidecars: what deletion ranks pods by. */
export function maxContainerRestarts(pod: Pod): { readonly regular: number; readonly sidecar: number } {
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isRestartableInit).map(({ name }) => name));
  const max = (list: readonly ContainerStatus[]) => list.reduce((most, one) => Math.max(most, one.restartCount), 0);
  return {
    regular: max(pod.status?.containerStatuses ?? []),
    sidecar: max((pod.status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name))),
  };
}

/** Ports that regular containers and sidecars take on the node's own addresses. */
export function hostPorts(pod: Pod): ContainerPort[] {
  const { initContainers = [], containers } = pod.spec;
  return [...initContainers.filter(isRestartableInit), ...containers]
    .flatMap((container) => container.ports ?? [])
    .filter((port) => (port.hostPort ?? 0) > 0);
}

/** Gives the number of a container port by number or by name; undefined if no container has the name. */
export function resolvePort(pod: Pod, port: number | string, protocol = "TCP"): number | undefined {
  if (typeof port === "number") return port;
  const { initContainers = [], containers } = pod.spec;
  return [...containers, ...initContainers.filter(isRestartableInit)]
    .flatMap((container) => container.ports ?? [])
    .find((one) => one.name === port && (one.protocol ?? "TCP") === protocol)?.containerPort;
}

/** Whether a pod has limits of what it stores. */
export const hasStorageLimit = ({ spec }: Pod): boolean =>
  (spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) ||
  spec.containers.some((container) => container.resources?.limits?.["ephemeral-storage"] !== undefined);
