/**
 * TaintToleration: a node may repel pods that do not tolerate its taints.
 *
 * Models pkg/scheduler/framework/plugins/tainttoleration.
 */
import type { Taint } from "#kernel/api/types.gen";
import { tolerates, untoleratedTaint } from "#kernel/resources/core/pod.facts";
import { normalizeToMax, type Plugin, rejectsForGood } from "#kernel/scheduler/framework";

const NAME = "TaintToleration";
const REJECTED = rejectsForGood(NAME, "node(s) had untolerated taint(s)");

const isWall = ({ effect }: Taint): boolean => effect !== "PreferNoSchedule";

export const taintToleration: Plugin = {
  name: NAME,
  weight: 3,
  events: ["NodeAdd", "NodeTaint"],

  /** NoSchedule and NoExecute are walls. */
  filter({ pod }) {
    return {
      check: ({ taints }) =>
        taints.length === 0 || untoleratedTaint(pod, taints, isWall) === undefined ? undefined : REJECTED,
    };
  },

  /** PreferNoSchedule is only a slope: the node with the fewest such taints wins. */
  score({ pod }, { softTainted }) {
    if (softTainted === 0) return undefined;
    return {
      score: ({ taints }) => taints.filter((taint) => !isWall(taint) && !tolerates(pod, taint)).length,
      normalize: (scores) => normalizeToMax(scores, true),
    };
  },
};
