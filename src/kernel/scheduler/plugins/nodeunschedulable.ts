/**
 * NodeUnschedulable: a cordoned node takes no pods but those that tolerate it.
 *
 * Models pkg/scheduler/framework/plugins/nodeunschedulable.
 */

import { TAINT_UNSCHEDULABLE } from "#kernel/resources/core/node.facts";
import { tolerates } from "#kernel/resources/core/pod.facts";
import { type Plugin, rejectsForGood } from "#kernel/scheduler/framework";

const NAME = "NodeUnschedulable";
const REJECTED = rejectsForGood(NAME, "node(s) were unschedulable");
const TAINT = { key: TAINT_UNSCHEDULABLE, effect: "NoSchedule" };

export const nodeUnschedulable: Plugin = {
  name: NAME,
  events: ["NodeAdd", "NodeTaint"],

  filter({ pod }) {
    if (tolerates(pod, TAINT)) return undefined;
    return { check: ({ node }) => (node.spec.unschedulable === true ? REJECTED : undefined) };
  },
};
