/**
 * The clock of a cluster as the HTTP API shows it.
 */
import type { Cluster } from "#kernel/cluster/cluster";

export interface ClockView {
  readonly now: string;
  readonly rate: number;
  readonly paused: boolean;
}

/** A cluster's clock now. */
export function clockView(cluster: Cluster): ClockView {
  const { rate, paused } = cluster.clock;
  return { now: new Date(cluster.now).toISOString(), rate, paused };
}
