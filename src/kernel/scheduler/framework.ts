/**
 * The scheduling framework: what a plugin is, and the answers it gives.
 *
 * Models pkg/scheduler/framework. Leaves out reserve and permit: they exist for plugins that hold something between the
 * decision and the binding, and here both happen at one instant.
 *
 * A plugin compiles its question for one pod (what upstream calls PreFilter and PreScore), so that asking it of a
 * thousand nodes allocates nothing.
 */
import type { Pod } from "#kernel/api/types.gen";
import type { Client } from "#kernel/registry/client";
import type { Registry } from "#kernel/registry/registry";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import type { PodInfo } from "#kernel/scheduler/pod-info";
import type { Snapshot } from "#kernel/scheduler/snapshot";
import type { PodTrace } from "#kernel/scheduler/trace";

/** Why a node (or every node) does not fit. Make each once and give the same one again. */
export interface Rejection {
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** Whether the pod would fit if other pods went away. */
  readonly isResolvable: boolean;
}

/** Asks one node. */
export type NodeFilter = (node: NodeInfo) => Rejection | undefined;

/** A filter for one pod; `only` = no other node can ever fit. */
export interface Filter {
  readonly check: NodeFilter;
  readonly only?: ReadonlySet<string>;
}

/** Scores one node; the higher the better. */
export interface Scorer {
  readonly score: (node: NodeInfo) => number;
  /** Brings the scores of all feasible nodes, in their order, into 0..100. Without it they are there already. */
  readonly normalize?: (scores: Float64Array, nodes: readonly NodeInfo[]) => void;
}

/** What may have become possible for pods that found no node. */
export type ClusterEvent =
  | "NodeAdd"
  | "NodeAllocatable"
  | "NodeLabel"
  | "NodeTaint"
  | "NodeDelete"
  | "PodAdd"
  | "PodLabel"
  | "PodDelete"
  | "VolumeChange"
  | "ClaimChange"
  | "Configuration";

export interface Plugin {
  /** The upstream name. */
  readonly name: string;
  /** How much its score counts; 1 unless said otherwise. */
  readonly weight?: number;
  /** Why the pod must not even be queued; undefined = it may. */
  preEnqueue?(pod: Pod, registry: Registry): string | undefined;
  /** Compiles the filter for a pod: nothing to check, no node at all, or a check per node. */
  filter?(pod: PodInfo, cluster: Snapshot): Filter | Rejection | undefined;
  /** Compiles the score for a pod over the nodes that fit; undefined = all nodes are the same. */
  score?(pod: PodInfo, cluster: Snapshot, feasible: readonly NodeInfo[]): Scorer | undefined;
  /** The last step before the binding; false = it must wait for something that has just been asked for. */
  preBind?(client: Client, pod: Pod, node: string): boolean;
  /** Changes after which a pod this plugin rejected may be schedulable. */
  readonly events?: readonly ClusterEvent[];
  /** Of those that happen to pods: whether this one may help the pod. Absent: it may. */
  helps?(event: ClusterEvent, trace: PodTrace, pod: PodInfo, cluster: Snapshot): boolean;
}

/** A rejection of this plugin that other pods' going away would cure. */
export const rejects = (plugin: string, ...reasons: readonly string[]): Rejection => ({
  plugin,
  reasons,
  isResolvable: true,
});

/** A rejection nothing a scheduler can do would cure. */
export const rejectsForGood = (plugin: string, ...reasons: readonly string[]): Rejection => ({
  plugin,
  reasons,
  isResolvable: false,
});

/** True if the plugin refuses all nodes. */
export const isRejection = (answer: Filter | Rejection): answer is Rejection => "reasons" in answer;

/** The best score a plugin gives. */
export const SCORE_MAX = 100;

/** Stretches scores so that the best is 100; reversed, the lowest becomes the best. */
export function normalizeToMax(scores: Float64Array, isReversed: boolean): void {
  let most = 0;
  for (const score of scores) if (score > most) most = score;
  for (let n = 0; n < scores.length; n += 1) {
    const share = most === 0 ? 0 : Math.floor((SCORE_MAX * (scores[n] ?? 0)) / most);
    scores[n] = isReversed ? SCORE_MAX - share : share;
  }
}
