/**
 * NodePorts: two pods cannot have the same port of the same node.
 *
 * Models pkg/scheduler/framework/plugins/nodeports.
 */
import { type Plugin, rejects } from "#kernel/scheduler/framework";
import { portsConflict } from "#kernel/scheduler/pod-info";

const NAME = "NodePorts";
const REJECTED = rejects(NAME, "node(s) didn't have free ports for the requested pod ports");

export const nodePorts: Plugin = {
  name: NAME,
  events: ["NodeAdd", "PodDelete"],

  helps: (_event, trace, { ports }) =>
    trace.ports.some((freed) => ports.some((wanted) => portsConflict(wanted, freed))),

  filter({ ports }) {
    if (ports.length === 0) return undefined;
    return {
      check: (node) =>
        node.ports.some((taken) => ports.some((wanted) => portsConflict(wanted, taken))) ? REJECTED : undefined,
    };
  },
};
