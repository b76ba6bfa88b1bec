/**
 * Faults: what is broken on purpose, as cells, and the questions whoever suffers from one asks.
 */
import type { Pod } from "#kernel/api/types.gen";
import { matchesSet } from "#kernel/apimachinery/labels";
import type { Client } from "#kernel/registry/client";
import { pods } from "#kernel/resources/core/pod";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The room of the faults; the id is the fault's. */
export const FAULTS = "faults";

/** What can be broken. */
export const FAULT_TYPES = [
  "node-down",
  "node-shutdown",
  "node-partition",
  "kubelet-stop",
  "container-crash",
  "container-hang",
  "slow-start",
  "memory-leak",
  "disk-full",
  "image-pull-failure",
  "dns-failure",
  "network-loss",
  "network-latency",
  "component-stop",
] as const;

export type FaultType = (typeof FAULT_TYPES)[number];

/** Pods by name or by labels, or one container of each; without either, every pod (of the namespace). */
export interface PodTarget {
  readonly namespace?: string;
  readonly pod?: string;
  readonly selector?: Readonly<Record<string, string>>;
  readonly container?: string;
}

/** What a fault hits; each type has its own part of it. */
export interface FaultTarget extends PodTarget {
  readonly node?: string;
  /** A reference as manifests write it: `nginx`, or `nginx:1.27` for one tag. */
  readonly image?: string;
  /** The host of a registry: `docker.io`. */
  readonly registry?: string;
  readonly component?: "scheduler" | "controllerManager" | "kubelet";
  readonly from?: PodTarget;
  readonly to?: PodTarget;
}

/** How bad it is, where the type knows degrees. */
export interface FaultSettings {
  /** container-crash: the exit code. */
  readonly exitCode?: number;
  /** network-loss: of a hundred requests, how many get lost. */
  readonly percent?: number;
  /** network-latency: how long a request and its answer take longer, and by how much that varies either way. */
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  /** memory-leak: how fast it grows. */
  readonly bytesPerSecond?: number;
  /** slow-start: how long the processes of a container that starts do nothing. */
  readonly delayMs?: number;
}

export interface Fault extends FaultSettings {
  readonly id: string;
  readonly type: FaultType;
  readonly target: FaultTarget;
  readonly since: Instant;
  /** When it ends by itself. */
  readonly until?: Instant;
}

/** Where a container runs, as far as a fault may hit it. */
export interface ContainerPlace {
  readonly namespace: string;
  readonly pod: string;
  readonly name: string;
}

const NONE: readonly Fault[] = [];

/** The faults of some types, the oldest first. */
export function faultsOf(cells: Cells, ...types: readonly FaultType[]): readonly Fault[] {
  if (cells.count(FAULTS) === 0) return NONE;
  return [...cells.entries<Fault>(FAULTS)]
    .map(([, fault]) => fault)
    .filter(({ type }) => types.includes(type))
    .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));
}

/** Whether pods are hit; undefined stands for whoever is no pod. */
export function hitsPod(target: PodTarget | undefined, pod: Pod | undefined): boolean {
  if (target === undefined) return true;
  const { namespace, pod: name, selector } = target;
  if (namespace === undefined && name === undefined && selector === undefined) return true;
  if (pod === undefined) return false;
  if (namespace !== undefined && pod.metadata.namespace !== namespace) return false;
  if (name !== undefined && pod.metadata.name !== name) return false;
  return selector === undefined || matchesSet(selector, pod.metadata.labels);
}

/** Whether a container is hit. */
export function hitsContainer(target: PodTarget, client: Client, { namespace, pod, name }: ContainerPlace): boolean {
  if (target.container !== undefined && target.container !== name) return false;
  return hitsPod(target, client.get(pods, { namespace, name: pod }));
}

/** The exit code with which a container crashes as soon as it starts, if it does. */
export function crashCode(cells: Cells, client: Client, place: ContainerPlace): number | undefined {
  const [fault] = faultsOf(cells, "container-crash").filter(({ target }) => hitsContainer(target, client, place));
  return fault === undefined ? undefined : (fault.exitCode ?? CRASH_CODE);
}

/** How a container ends that is killed: 128 and SIGKILL. */
export const CRASH_CODE = 137;

/** Whether the processes of a container stand still because it hangs. */
export const isHung = (cells: Cells, client: Client, place: ContainerPlace): boolean =>
  faultsOf(cells, "container-hang").some(({ target }) => hitsContainer(target, client, place));

interface Present {
  readonly cells: Cells;
  readonly client: Client;
  readonly now: Instant;
}

/** Which processes of a container do nothing: all while it hangs, but those of sessions run while it starts slowly. */
export function stillness(present: Present, place: ContainerPlace & { readonly startedAt: Instant }) {
  if (present.cells.count(FAULTS) === 0) return undefined;
  if (isHung(present.cells, present.client, place)) return "all";
  return stillUntil(present, place) === undefined ? undefined : "own";
}

/** Until when the processes of a container do nothing; undefined if they run. For ever, if it hangs without end. */
export function stillUntil(
  { cells, client, now }: Present,
  place: ContainerPlace & { readonly startedAt: Instant },
): Instant | undefined {
  let until: Instant | undefined;
  for (const fault of faultsOf(cells, "container-hang", "slow-start")) {
    const isSlow = fault.type === "slow-start";
    if (isSlow && place.startedAt < fault.since) continue;
    const end = isSlow ? place.startedAt + (fault.delayMs ?? 0) : (fault.until ?? Number.POSITIVE_INFINITY);
    if (end > now && hitsContainer(fault.target, client, place)) until = Math.max(until ?? end, end);
  }
  return until;
}
