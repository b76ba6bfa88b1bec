/**
 * Why the scheduler would choose or refuse each node for a pod, plugin by plugin.
 */
import type { Pod } from "#kernel/api/types.gen";
import type { Registry } from "#kernel/registry/registry";
import { compileFilters, type PluginScore, scoresOf } from "#kernel/scheduler/cycle";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { type PodInfo, podInfoOf } from "#kernel/scheduler/pod-info";
import { type Profile, profileOf } from "#kernel/scheduler/profile";
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
  /** The plugins that let the pod pass here. */
  readonly passed: readonly string[];
  /** Of a node that fits, the scores by plugin. */
  readonly scores: Readonly<Record<string, PluginScore>>;
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
  const profile = profileOf(registry, pod);
  if (profile === undefined) {
    const { schedulerName = "" } = pod.spec;
    return { gates: [`no scheduler goes by the name of ${JSON.stringify(schedulerName)}`], nodes: [] };
  }
  const info = podInfoOf({ ...pod, spec });
  const home = nodeName === "" ? undefined : cluster.node(nodeName);
  const present = home?.pods.get(pod.metadata.uid);
  if (home !== undefined && present !== undefined) cluster.suspend(home, present);
  try {
    return explanationOf(info, cluster, profile);
  } finally {
    if (home !== undefined && present !== undefined) cluster.resume(home, present);
  }
}

function explanationOf(info: PodInfo, cluster: Snapshot, { plugins }: Profile): Explanation {
  const gates = plugins.flatMap((plugin) => plugin.preEnqueue?.(info.pod, cluster.registry) ?? []);
  const asked = plugins
    .filter(({ filter }) => filter !== undefined)
    .map((plugin) => ({ plugin: plugin.name, ...compileFilters(info, cluster, [plugin]) }));
  const refusalsOf = (node: NodeInfo): Refusal[] =>
    asked.flatMap(({ checks, only, outside, refusal }) => {
      if (refusal !== undefined) return [refusal];
      if (only !== undefined && outside !== undefined && !only.has(node.name)) return [outside];
      return checks.flatMap((check) => check(node) ?? []);
    });
  const found = cluster.nodes.map((node) => ({ node, refusals: refusalsOf(node) }));
  const feasible = found.filter(({ refusals }) => refusals.length === 0).map(({ node }) => node);
  const byPlugin = scoresOf(info, cluster, feasible, plugins);
  const nodes = found.map(({ node, refusals }): NodeExplanation => {
    const place = feasible.indexOf(node);
    const scores: Record<string, PluginScore> = {};
    for (const [plugin, all] of byPlugin) {
      const score = all[place];
      if (score !== undefined) scores[plugin] = score;
    }
    const total = Object.values(scores).reduce((sum, { weighted }) => sum + weighted, 0);
    const refusing = new Set(refusals.map(({ plugin }) => plugin));
    const passed = asked.map(({ plugin }) => plugin).filter((plugin) => !refusing.has(plugin));
    return { node: node.name, fits: refusals.length === 0, refusals, passed, scores, total };
  });
  return { gates, nodes };
}
