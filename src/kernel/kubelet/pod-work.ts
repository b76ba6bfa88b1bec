/**
 * One look at a pod: everything the steps of a sync need, gathered once.
 */
import type { Container, EphemeralContainer, Pod } from "#kernel/api/types.gen";
import { type Key, keyOf } from "#kernel/apimachinery/meta";
import type { PodCell } from "#kernel/kubelet/pod-cell";
import type { Context } from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import type { Machine } from "#kernel/runtime/machine";
import type { World } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

/** The part a container plays in its pod; `volume` is the image of one, which never runs. */
export type Role = "init" | "sidecar" | "regular" | "ephemeral" | "volume";

export interface Member {
  readonly role: Role;
  readonly container: Container | EphemeralContainer;
}

export interface PodWork {
  readonly context: Context;
  readonly world: World;
  readonly pod: Pod;
  readonly key: Key;
  readonly machine: Machine;
  /** A draft: the steps change it, the sync keeps it. */
  readonly cell: PodCell;
  /** Whether pulls and starts take no time. */
  readonly isInstant: boolean;
}

/** All instants of the kubelets fall on this grid, so that pods that begin together end together, in one turn. */
const GRID_MS = 100;

/** The instant so many milliseconds from now, on the grid; now itself if the cluster knows no latency. */
export function later({ isInstant, context: { now } }: PodWork, ms: number): Instant {
  return isInstant ? now : Math.ceil((now + ms) / GRID_MS) * GRID_MS;
}

/** Every container of the pod in the order of the spec: init containers and sidecars, regular ones, ephemeral ones. */
export function membersOf({ spec }: Pod): Member[] {
  return [
    ...(spec.initContainers ?? []).map((container) => ({
      role: container.restartPolicy === "Always" ? ("sidecar" as const) : ("init" as const),
      container,
    })),
    ...spec.containers.map((container) => ({ role: "regular" as const, container })),
    ...(spec.ephemeralContainers ?? []).map((container) => ({ role: "ephemeral" as const, container })),
  ];
}

const FIELD: Readonly<Record<Exclude<Role, "volume">, string>> = {
  init: "initContainers",
  sidecar: "initContainers",
  regular: "containers",
  ephemeral: "ephemeralContainers",
};

/** Records an event about the pod, or about one of its containers. */
export function say(
  { context, pod, machine }: PodWork,
  event: { readonly type?: "Normal" | "Warning"; readonly reason: string; readonly message: string },
  member?: Member,
): void {
  // An event nobody can be told is dropped.
  if (machine.isUnheard === true) return;
  const { type = "Normal", reason, message } = event;
  recordEvent(
    context.client,
    {
      regarding: pod,
      type,
      reason,
      message,
      source: { component: "kubelet", host: machine.name },
      ...(member !== undefined &&
        member.role !== "volume" && { fieldPath: `spec.${FIELD[member.role]}{${member.container.name}}` }),
    },
    context.now,
  );
}

/** `name_namespace(uid)`, as upstream prints a pod in messages. */
export function podText({ pod }: PodWork): string {
  const { namespace, name } = keyOf(pod);
  return `${name}_${namespace}(${pod.metadata.uid})`;
}
