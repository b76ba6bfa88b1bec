/**
 * Why the scheduler would choose or refuse each node for a pod, plugin by plugin.
 */
import type { Pod } from "#kernel/api/types.gen";
import type { Registry } from "#kernel/registry/registry";
import { compileFilters, scoresOf } from "#kernel/scheduler/cycle";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { PLUGINS } from "#kernel/scheduler/plugins/index";
import { podInfoOf } from "#kernel/scheduler/pod-info";
import { type Snapshot, snapshots } from "#kernel/scheduler/snapshot";

/** A plugin's no. */
export interface Refusal {
  readonly plugin: string;
  readonly reasons: readonly string[];
  /** Whether it would fit if other pods went away. */
  readonly isResolvable: boolean;
}

export interface NodeExplanation {
  readonly node: string;
  readonly fits: boolean;
  /** Every plugin that says no, not only the first. */
  readonly refusals: readonly Refusal[];
  /** Weighted score by plugin, of a node that fits. */
  readonly scores: Readonly<Record<string, number>>;
  readonly total: number;
}

export interface Explanation {
  /** Why the pod is not even tried; empty if it is. */
  readonly gates: readonly string[];
  readonly nodes: readonly NodeExplanation[];
}

/** Looks at every node for a pod as if it waited now; a pod that has a node is looked at as if it had none. */
export function explain(registry: Registry, pod: Pod): Explanation {
  const cluster = registry.views.of(snapshots);
  const { nodeName = "", ...spec } = pod.spec;
  const info = podInfoOf({ ...pod, spec });
  const home = nodeName === "" ? undefined : cluster.node(nodeName);
  const present = home?.pods.get(pod.metadata.uid);
  if (home !== undefined && present !== undefined) cluster.suspend(home, present);
  try {
    return explanationOf(info, cluster);
  } finally {
    if (home !== undefined && present !== undefined) cluster.resume(home, present);
  }
}

function explanationOf(info: ReturnType<typeof podInfoOf>, cluster: Snapshot): Explanation {
  const gates = PLUGINS.flatMap((plugin) => plugin.preEnqueue?.(info.pod) ?? []);
  const compiled = PLUGINS.map((plugin) => ({ plugin, ...compileFilters(info, cluster, [plugin]) }));
  const refusalsOf = (node: NodeInfo): Refusal[] =>
    compiled.flatMap(({ checks, only, outside, refusal }) => {
      if (refusal !== undefined) return [refusal];
      if (only !== undefined && outside !== undefined && !only.has(node.name)) return [outside];
      return checks.flatMap((check) => check(node) ?? []);
    });
  const found = cluster.nodes.map((node) => ({ node, refusals: refusalsOf(node) }));
  const feasible = found.filter(({ refusals }) => refusals.length === 0).map(({ node }) => node);
  const byPlugin = scoresOf(info, cluster, feasible);
  const nodes = found.map(({ node, refusals }): NodeExplanation => {
    const place = feasible.indexOf(node);
    const scores: Record<string, number> = {};
    if (place >= 0) for (const [plugin, all] of byPlugin) scores[plugin] = all[place] ?? 0;
    const total = Object.values(scores).reduce((sum, score) => sum + score, 0);
    return { node: node.name, fits: refusals.length === 0, refusals, scores, total };
  });
  return { gates, nodes };
}
