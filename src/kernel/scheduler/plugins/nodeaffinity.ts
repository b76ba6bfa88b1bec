/**
 * NodeAffinity: nodeSelector and node affinity, required and preferred.
 *
 * Models pkg/scheduler/framework/plugins/nodeaffinity.
 */
import type { NodeSelector, PreferredSchedulingTerm } from "#kernel/api/types.gen";
import { matchesNodeSelector } from "#kernel/resources/core/node.selector";
import type { PluginArgs } from "#kernel/resources/scheduling/configuration";
import { normalizeToMax, type Plugin, type Rejection, rejectsForGood } from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { matchesTerm, namedNodes, nodeMatcher } from "#kernel/scheduler/node-selector";

const NAME = "NodeAffinity";
const REJECTED = rejectsForGood(NAME, "node(s) didn't match Pod's node affinity/selector");
const NOT_ENFORCED = rejectsForGood(NAME, "node(s) didn't match scheduler-enforced node affinity");
const NO_NAME = rejectsForGood(NAME, "pod affinity terms conflict");

/** The plugin; `addedAffinity` is what its profile asks of the nodes of every pod. */
export const nodeAffinity = ({ addedAffinity }: PluginArgs["nodeAffinity"]): Plugin => {
  const added = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const preferredByAll = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return pluginWith(added, preferredByAll);
};

const pluginWith = (added: NodeSelector | undefined, preferredByAll: readonly PreferredSchedulingTerm[]): Plugin => ({
  name: NAME,
  weight: 2,
  events: ["NodeAdd", "NodeLabel"],

  filter({ pod }) {
    const isMatch = nodeMatcher(pod);
    if (isMatch === undefined && added === undefined) return undefined;
    const only = namedNodes(pod);
    if (only?.size === 0) return NO_NAME;
    const check = (node: NodeInfo): Rejection | undefined => {
      if (added !== undefined && !matchesNodeSelector(added, node)) return NOT_ENFORCED;
      return isMatch === undefined || isMatch(node) ? undefined : REJECTED;
    };
    return { check, ...(only !== undefined && { only }) };
  },

  score({ pod }) {
    const { preferredDuringSchedulingIgnoredDuringExecution: own = [] } = pod.spec.affinity?.nodeAffinity ?? {};
    const preferred = [...preferredByAll, ...own];
    if (preferred.length === 0) return undefined;
    return {
      score: (node) =>
        preferred.reduce((sum, { preference, weight }) => sum + (matchesTerm(preference, node) ? weight : 0), 0),
      normalize: (scores) => normalizeToMax(scores, false),
    };
  },
});
