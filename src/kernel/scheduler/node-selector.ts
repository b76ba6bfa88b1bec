/**
 * Which nodes a pod asks for: nodeSelector and required node affinity.
 *
 * Models k8s.io/component-helpers/scheduling/corev1/nodeaffinity.
 */
import type { Pod } from "#kernel/api/types.gen";
import { matchesSet } from "#kernel/apimachinery/labels";
import { matchesNodeSelector, requiredNodes } from "#kernel/resources/core/node.selector";
import type { NodeInfo } from "#kernel/scheduler/node-info";

export { matchesNodeTerm as matchesTerm } from "#kernel/resources/core/node.selector";

/** Whether a pod asks for nodes at all; if so, the question to ask of each. */
export function nodeMatcher(pod: Pod): ((node: NodeInfo) => boolean) | undefined {
  const { nodeSelector } = pod.spec;
  const required = requiredNodes(pod.spec);
  const hasLabels = nodeSelector !== undefined && Object.keys(nodeSelector).length > 0;
  if (!hasLabels && required === undefined) return undefined;
  return (node) =>
    (!hasLabels || matchesSet(nodeSelector, node.labels)) &&
    (required === undefined || matchesNodeSelector(required, node));
}

/** The nodes a pod names in every term of its required affinity; undefined if some term leaves the name open. */
export function namedNodes(pod: Pod): ReadonlySet<string> | undefined {
  const terms = requiredNodes(pod.spec)?.nodeSelectorTerms;
  if (terms === undefined || terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const { matchFields = [] } of terms) {
    const lists = matchFields
      .filter(({ key, operator }) => key === "metadata.name" && operator === "In")
      .map(({ values = [] }) => values);
    const [first] = lists;
    if (first === undefined) return undefined;
    for (const name of first) if (lists.every((list) => list.includes(name))) names.add(name);
  }
  return names;
}
