/**
 * Which nodes a pod asks for: nodeSelector and required node affinity.
 *
 * Models k8s.io/component-helpers/scheduling/corev1/nodeaffinity.
 */
import type { NodeSelector, NodeSelectorTerm, Pod } from "#kernel/api/types.gen";
import { matchesSet } from "#kernel/apimachinery/labels";
import type { NodeInfo } from "#kernel/scheduler/node-info";

type Requirement = NonNullable<NodeSelectorTerm["matchExpressions"]>[number];

const integer = /^[+-]?\d+$/;

function holds({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt": {
      const [bound = ""] = values;
      if (value === undefined || !integer.test(value) || !integer.test(bound)) return false;
      return operator === "Gt" ? Number(value) > Number(bound) : Number(value) < Number(bound);
    }
    default:
      return false;
  }
}

/** True if the node meets every requirement of the term; a term without any matches nothing. */
export function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: NodeInfo): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => holds(requirement, node.labels[requirement.key])) &&
    matchFields.every((requirement) => requirement.key === "metadata.name" && holds(requirement, node.name))
  );
}

/** True if any term matches. */
export const matchesNodeSelector = ({ nodeSelectorTerms }: NodeSelector, node: NodeInfo): boolean =>
  nodeSelectorTerms.some((term) => matchesTerm(term, node));

const requiredOf = ({ spec }: Pod): NodeSelector | undefined =>
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;

/** Whether a pod asks for nodes at all; if so, the question to ask of each. */
export function nodeMatcher(pod: Pod): ((node: NodeInfo) => boolean) | undefined {
  const { nodeSelector } = pod.spec;
  const required = requiredOf(pod);
  const hasLabels = nodeSelector !== undefined && Object.keys(nodeSelector).length > 0;
  if (!hasLabels && required === undefined) return undefined;
  return (node) =>
    (!hasLabels || matchesSet(nodeSelector, node.labels)) &&
    (required === undefined || matchesNodeSelector(required, node));
}

/** The nodes a pod names in every term of its required affinity; undefined if some term leaves the name open. */
export function namedNodes(pod: Pod): ReadonlySet<string> | undefined {
  const terms = requiredOf(pod)?.nodeSelectorTerms;
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
