/**
 * Node: a machine that runs pods.
 *
 * Models pkg/registry/core/node and its table printer.
 */
import type { Node } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const nodes = defineResource<Node>({
  group: "",
  version: "v1",
  names: { kind: "Node", plural: "nodes", singular: "node", short: ["no"] },
  scope: "Cluster",
  subresources: {
    status: true,
    others: [{ name: "proxy", verbs: ["create", "delete", "get", "patch", "update"], kind: "NodeProxyOptions" }],
  },
  allowUnconditionalUpdate: true,
  selectableFields: { "spec.unschedulable": ({ spec }) => String(spec.unschedulable === true) },
});
