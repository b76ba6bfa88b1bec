/**
 * What a cluster is made of when it is created; kept in a cell, so it sleeps and forks with the cluster.
 */
import type { Taint } from "#kernel/api/types.gen";
import type { Component } from "#kernel/registry/controller";
import type { Instant } from "#kernel/sim/instant";

/** One simulated machine to begin with. Quantities as in Kubernetes: cpu "4", memory "8Gi". */
export interface MachineOptions {
  readonly name: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** The pool it belongs to. */
  readonly pool?: string;
  /** Runs the control plane, as static pods. Without any such machine it runs somewhere out of sight. */
  readonly isControlPlane?: true;
}

/** Machines of one kind, whose number the cluster autoscaler keeps within bounds. */
export interface PoolOptions {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly template: Omit<MachineOptions, "name">;
}

export interface ClusterOptions {
  /** Equal seeds and equal requests at equal instants give equal bytes. */
  readonly seed: string;
  readonly machines: readonly MachineOptions[];
  readonly pools?: readonly PoolOptions[];
  readonly components: Readonly<Record<Component, boolean>>;
  readonly authorization: "RBAC" | "AlwaysAllow";
  /** "realistic": pulls, starts and probes take the time they would; "none": they take none. */
  readonly latency: "realistic" | "none";
  /** How the clock stands in the first moment; by default it is the real instant and keeps its pace. */
  readonly clock?: { readonly now?: Instant; readonly rate?: number; readonly paused?: boolean };
}

/** Where the options stand among the cells. */
export const OPTIONS_CELL = ["cluster", "options"] as const;

/** What the signing key of a cluster that nobody else can reach follows from. */
export const keySeedOf = ({ seed }: ClusterOptions): string => `service accounts of ${seed}`;
