/**
 * Node: a machine that runs pods.
 *
 * Models pkg/registry/core/node and its table printer.
 */
import type { Node, NodeSpec, NodeStatus } from "#kernel/api/types.gen";
import { canonicalResource } from "#kernel/apimachinery/quantity";
import { defineResource } from "#kernel/registry/definition";
import { nodeTable } from "#kernel/resources/core/node.columns";
import { presentNode } from "#kernel/resources/core/node.heartbeat";
import {
  validateNewNode,
  validateNode,
  validateNodeStatusUpdate,
  validateNodeUpdate,
} from "#kernel/resources/core/node.validate";

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

  setDefaults(node) {
    syncPodCidrs(node.spec);
    if (node.status !== undefined) node.status = completed(node.status);
  },
  prepareForStatusUpdate(node) {
    if (node.status !== undefined) node.status = completed(node.status);
  },

  validate(node, at) {
    validateNode(node, at);
    if ((node.metadata.resourceVersion ?? "") === "") validateNewNode(node, at);
  },
  validateUpdate: (node, old, at) => validateNodeUpdate(node, old, at),
  validateStatusUpdate: (node, _old, at) => validateNodeStatusUpdate(node, at),
  warnings: (node) => warningsFor(node),

  present: presentNode,

  table: nodeTable,
  selectableFields: { "spec.unschedulable": ({ spec }) => String(spec.unschedulable === true) },
});

type ResourceList = Record<string, string>;

const rounded = (list: ResourceList): ResourceList =>
  Object.fromEntries(Object.entries(list).map(([name, quantity]) => [name, canonicalResource(quantity)]));

/** A copy whose amounts are rounded; what was not said to be reserved may be used. The stored status is shared. */
function completed({ capacity, allocatable, ...rest }: NodeStatus): NodeStatus {
  const usable = allocatable ?? capacity;
  return {
    ...rest,
    ...(capacity !== undefined && { capacity: rounded(capacity) }),
    ...(usable !== undefined && { allocatable: rounded(usable) }),
  };
}

/** The old field and the first of the list always say the same. */
function syncPodCidrs(spec: NodeSpec): void {
  const { podCIDR = "", podCIDRs = [] } = spec;
  if (podCIDRs.length === 0 && podCIDR !== "") spec.podCIDRs = [podCIDR];
  else if (podCIDR === "" && podCIDRs[0] !== undefined) spec.podCIDR = podCIDRs[0];
}

function warningsFor({ spec }: Node): string[] {
  const warnings: string[] = [];
  if (spec.configSource !== undefined) {
    warnings.push("spec.configSource: the feature is removed");
  }
  if ((spec.externalID ?? "") !== "") {
    warnings.push("spec.externalID: this field is deprecated, and is unused by Kubernetes");
  }
  return warnings;
}
