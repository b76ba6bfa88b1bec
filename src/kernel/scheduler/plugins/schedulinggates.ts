/**
 * SchedulingGates: a pod with gates is not ready to be scheduled.
 *
 * Models pkg/scheduler/framework/plugins/schedulinggates.
 */
import type { Plugin } from "#kernel/scheduler/framework";

export const schedulingGates: Plugin = {
  name: "SchedulingGates",

  preEnqueue({ spec: { schedulingGates: gates = [] } }) {
    return gates.length === 0
      ? undefined
      : `waiting for scheduling gates: [${gates.map(({ name }) => name).join(" ")}]`;
  },
};
