/**
 * What Services use of a quota: their number, their node ports, their load balancers.
 *
 * Models pkg/quota/v1/evaluator/core/services.go.
 */
import type { Amounts, Evaluator } from "#kernel/admission/quota/evaluator";
import type { Service } from "#kernel/api/types.gen";
import { equal } from "#kernel/sim/clone";

const NAMES = ["count/services", "services", "services.nodeports", "services.loadbalancers"];

export const serviceEvaluator: Evaluator<Service> = {
  handles: ({ operation, subresource }) => subresource === "" && (operation === "CREATE" || operation === "UPDATE"),
  namesAmong: (names) => names.filter((name) => NAMES.includes(name)),
  usage,
  isInScope: () => false,
  frees: (previous, next) => !equal(usage(previous), usage(next)),
};

function usage({ spec }: Service): Amounts {
  const { type = "ClusterIP", ports = [], allocateLoadBalancerNodePorts: allocates = true } = spec;
  const isBalanced = type === "LoadBalancer";
  const given = ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0);
  const nodePorts = type === "NodePort" || (isBalanced && allocates) ? ports : isBalanced ? given : [];
  return {
    "count/services": "1",
    services: "1",
    "services.nodeports": String(nodePorts.length),
    "services.loadbalancers": isBalanced ? "1" : "0",
  };
}
