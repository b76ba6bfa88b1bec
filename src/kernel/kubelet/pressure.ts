/**
 * Pressure: what a node lacks, as a cell, and what is said of it.
 *
 * Models pkg/kubelet/eviction/helpers.go and the default thresholds of pkg/kubelet/apis/config.
 */
import { formatQuantity, fromValue } from "#kernel/apimachinery/quantity";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The room of what nodes lack; the id is the node's name. A node that lacks nothing has no cell. */
export const PRESSURE = "pressure";

/** How long a condition stays after what caused it has gone (evictionPressureTransitionPeriod). */
export const TRANSITION_MS = 300_000;

/** How often a kubelet compares what is left with its thresholds. */
export const MONITOR_MS = 10_000;

export type Scarce = "memory" | "disk" | "pid";

/** Since when a threshold is met, and since when it is no more. */
export interface Signal {
  readonly since: Instant;
  readonly clearedAt?: Instant;
}

export interface Pressure extends Readonly<Partial<Record<Scarce, Signal>>> {
  /** When it last ended a pod: one at a time. */
  readonly evictedAt?: Instant;
}

const ALL: readonly Scarce[] = ["memory", "disk", "pid"];

/** The resource an eviction names. */
export const RESOURCE: Readonly<Record<Scarce, string>> = {
  memory: "memory",
  disk: "ephemeral-storage",
  pid: "pids",
};

export const CONDITION: Readonly<Record<Scarce, string>> = {
  memory: "MemoryPressure",
  disk: "DiskPressure",
  pid: "PIDPressure",
};

/** What must be left, of so much (evictionHard: memory.available<100Mi, less on small machines; nodefs<10%). */
export function threshold(scarce: Scarce, capacity: number): number {
  if (scarce === "memory") return Math.min(100 * 2 ** 20, Math.floor(capacity / 10));
  return scarce === "disk" ? Math.floor(capacity / 10) : 0;
}

/** What a node lacks now. */
export function scarceOn(cells: Cells, node: string, now: Instant): Scarce[] {
  const pressure = cells.get<Pressure>(PRESSURE, node);
  if (pressure === undefined) return [];
  return ALL.filter((scarce) => {
    const signal = pressure[scarce];
    return signal !== undefined && (signal.clearedAt === undefined || now < signal.clearedAt + TRANSITION_MS);
  });
}

/** An amount of bytes as messages print it. */
export const bytesText = (bytes: number): string => formatQuantity(fromValue(Math.floor(bytes), "BinarySI"));

/** Why a pod had to go. */
export function evictionMessage(
  scarce: Scarce,
  left: { readonly threshold: number; readonly available: number },
  greedy: readonly { readonly container: string; readonly usage: number; readonly request: string }[],
): string {
  const resource = RESOURCE[scarce];
  const met = `Threshold quantity: ${bytesText(left.threshold)}, available: ${bytesText(left.available)}. `;
  const containers = greedy.map(
    ({ container, usage, request }) =>
      `Container ${container} was using ${bytesText(usage)}, request is ${request}, ` +
      `has larger consumption of ${resource}. `,
  );
  return `The node was low on resource: ${resource}. ${met}${containers.join("")}`;
}
