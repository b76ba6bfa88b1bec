/**
 * TaintNodesByCondition: a new node takes no pods until it has been seen to be ready.
 *
 * Models plugin/pkg/admission/nodetaint.
 */
import type { Node, Taint } from "#kernel/api/types.gen";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { nodes } from "#kernel/resources/core/node";

const NOT_READY: Taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",

  concerns: ({ operation, resource, subresource }) =>
    resource.bucket === nodes.bucket && subresource === "" && operation === "CREATE",

  admit({ object }) {
    const { spec } = object as Node;
    const taints = spec.taints ?? [];
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return;
    spec.taints = [...taints, { ...NOT_READY }];
  },
};
