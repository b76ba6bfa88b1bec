/**
 * Pure questions anybody may ask of a Node: is it ready, what can it hold, where does it stand.
 *
 * Models pkg/util/node, pkg/controller/util/node and k8s.io/component-helpers/node.
 */

import type { Node, NodeCondition, Taint } from "#kernel/api/types.gen";
import { getCondition } from "#kernel/apimachinery/meta";
import { amountsOf, type ResourceAmounts } from "#kernel/resources/core/pod.facts.resources";

export const NODE_HOSTNAME_LABEL = "kubernetes.io/hostname";
export const NODE_ZONE_LABEL = "topology.kubernetes.io/zone";
export const NODE_REGION_LABEL = "topology.kubernetes.io/region";
const OLD_ZONE_LABEL = "failure-domain.beta.kubernetes.io/zone";
const OLD_REGION_LABEL = "failure-domain.beta.kubernetes.io/region";

/** Taints the node lifecycle controller and the kubelet put on nodes. */
export const TAINT_NOT_READY = "node.kubernetes.io/not-ready";
export const TAINT_UNREACHABLE = "node.kubernetes.io/unreachable";
export const TAINT_UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
export const TAINT_MEMORY_PRESSURE = "node.kubernetes.io/memory-pressure";
export const TAINT_DISK_PRESSURE = "node.kubernetes.io/disk-pressure";
export const TAINT_PID_PRESSURE = "node.kubernetes.io/pid-pressure";
export const TAINT_NETWORK_UNAVAILABLE = "node.kubernetes.io/network-unavailable";
export const TAINT_OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

/** Gives the node's condition of a type. */
export function nodeCondition(node: Node, type: string): NodeCondition | undefined {
  return getCondition(node.status?.conditions, type);
}

/** True if the node's Ready condition is "True". */
export const isNodeReady = (node: Node): boolean => nodeCondition(node, "Ready")?.status === "True";

/** True if the node was cordoned. */
export const isUnschedulable = (node: Node): boolean => node.spec.unschedulable === true;

/** The node's taints, possibly none. */
export const taintsOf = (node: Node): readonly Taint[] => node.spec.taints ?? [];

/** True if the node has a taint of this key and, if given, effect. */
export function hasTaint(node: Node, key: string, effect?: string): boolean {
  return taintsOf(node).some((taint) => taint.key === key && (effect === undefined || taint.effect === effect));
}

/** Amounts pods may use: cpu in thousandths of a core, the rest in its own unit. */
export const allocatable = (node: Node): ResourceAmounts =>
  amountsOf(node.status?.allocatable ?? node.status?.capacity);

/** The zone the node stands in; empty if unknown. */
export function zoneOf({ metadata: { labels = {} } }: Node): string {
  return labels[NODE_ZONE_LABEL] ?? labels[OLD_ZONE_LABEL] ?? "";
}

/** The region the node stands in; empty if unknown. */
export function regionOf({ metadata: { labels = {} } }: Node): string {
  return labels[NODE_REGION_LABEL] ?? labels[OLD_REGION_LABEL] ?? "";
}

/** Gives the first address of a type; undefined if the node has none. */
export function nodeAddress(node: Node, type: "InternalIP" | "ExternalIP" | "Hostname"): string | undefined {
  return node.status?.addresses?.find((address) => address.type === type)?.address;
}

/** The roles kubectl prints: what follows `node-role.kubernetes.io/`, and the value of `kubernetes.io/role`. */
export function rolesOf({ metadata: { labels = {} } }: Node): string[] {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(labels)) {
    const role = key.startsWith(ROLE_PREFIX) ? key.slice(ROLE_PREFIX.length) : key === ROLE_LABEL ? value : "";
    if (role !== "") roles.add(role);
  }
  return [...roles].sort();
}

const ROLE_PREFIX = "node-role.kubernetes.io/";
const ROLE_LABEL = "kubernetes.io/role";
