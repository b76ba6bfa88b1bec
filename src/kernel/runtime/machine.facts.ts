/**
 * Pure questions anybody may ask of a machine: when its kubelet was last heard, whether it works.
 *
 * Models the node lease renewal of pkg/kubelet and the heartbeats of pkg/kubelet/kubelet_node_status.go, derived from
 * the clock: while a heart beats nothing needs to be written.
 */
import type { Machine } from "#kernel/runtime/machine";
import type { Instant } from "#kernel/sim/instant";

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
