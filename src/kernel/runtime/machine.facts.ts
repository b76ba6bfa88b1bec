/**
 * Pure questions anybody may ask of a machine: when its kubelet was last heard, whether it works.
 *
 * Models the node lease renewal of pkg/kubelet and the heartbeats of pkg/kubelet/kubelet_node_status.go, derived from
 * the clock: while a heart beats nothing needs to be written.
 */
import { value } from "#kernel/apimachinery/quantity";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The kernel every machine runs, as uname(2) names it. */
export const KERNEL_RELEASE = "6.12.48+deb13-amd64";
export const KERNEL_VERSION = "#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)";

/** Whole processors and memory in KiB of the machine of a node, as its containers see them too. */
export function hardwareOf(cells: Cells, node: string): { readonly cpus: number; readonly memoryKiB: number } {
  const { cpu = "4", memory = "8Gi" } = cells.get<Machine>(MACHINES, node) ?? {};
  return { cpus: Math.max(1, Math.ceil(value(cpu))), memoryKiB: Math.floor(value(memory) / 1_024) };
}

/** How often a kubelet renews its Lease (nodeLeaseDurationSeconds 40, a quarter of it). */
export const LEASE_RENEW_MS = 10_000;

/** How often a kubelet reports a status in which nothing has changed (nodeStatusReportFrequency). */
export const STATUS_REPORT_MS = 300_000;

/** True while the machine's kubelet runs and reaches the API server. */
export const isKubeletAlive = (machine: Machine): boolean => machine.isPowered && machine.silentSince === undefined;

/** How long an orderly shutdown takes in all, and how much of it is left for critical pods (shutdownGracePeriod). */
export const SHUTDOWN_MS = 30_000;
export const SHUTDOWN_CRITICAL_MS = 10_000;

/** The last point of a grid at or before an instant. */
export const lastOnGrid = (anchor: Instant, stepMs: number, now: Instant): Instant =>
  now <= anchor ? anchor : now - ((now - anchor) % stepMs);

/** When the machine's kubelet was last heard: now's grid point, or the last one before it fell silent. */
export function lastHeartbeat({ bootedAt, silentSince }: Machine, now: Instant): Instant {
  const heard = silentSince === undefined ? now : Math.min(now, silentSince);
  return lastOnGrid(bootedAt, LEASE_RENEW_MS, heard);
}
