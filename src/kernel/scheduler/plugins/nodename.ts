/**
 * NodeName: a pod that names its node fits no other.
 *
 * Models pkg/scheduler/framework/plugins/nodename.
 */
import { type Plugin, rejectsForGood } from "#kernel/scheduler/framework";

const NAME = "NodeName";
const REJECTED = rejectsForGood(NAME, "node(s) didn't match the requested node name");

export const nodeName: Plugin = {
  name: NAME,
  events: ["NodeAdd"],

  filter({ pod: { spec } }) {
    const wanted = spec.nodeName ?? "";
    return wanted === "" ? undefined : { check: ({ name }) => (name === wanted ? undefined : REJECTED) };
  },
};
