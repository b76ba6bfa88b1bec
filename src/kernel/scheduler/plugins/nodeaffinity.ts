/**
 * NodeAffinity: nodeSelector and node affinity, required and preferred.
 *
 * Models pkg/scheduler/framework/plugins/nodeaffinity.
 */
import { normalizeToMax, type Plugin, rejectsForGood } from "#kernel/scheduler/framework";
import { matchesTerm, namedNodes, nodeMatcher } from "#kernel/scheduler/node-selector";

const NAME = "NodeAffinity";
const REJECTED = rejectsForGood(NAME, "node(s) didn't match Pod's node affinity/selector");
const NO_NAME = rejectsForGood(NAME, "pod affinity terms conflict");

export const nodeAffinity: Plugin = {
  name: NAME,
  weight: 2,
  events: ["NodeAdd", "NodeLabel"],

  filter({ pod }) {
    const isMatch = nodeMatcher(pod);
    if (isMatch === undefined) return undefined;
    const only = namedNodes(pod);
    if (only?.size === 0) return NO_NAME;
    return { check: (node) => (isMatch(node) ? undefined : REJECTED), ...(only !== undefined && { only }) };
  },

  score({ pod }) {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return undefined;
    return {
      score: (node) =>
        preferred.reduce((sum, { preference, weight }) => sum + (matchesTerm(preference, node) ? weight : 0), 0),
      normalize: (scores) => normalizeToMax(scores, false),
    };
  },
};
