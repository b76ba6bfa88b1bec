/**
 * Whether a node is one of those a pod asks for: node labels and required node affinity.
 *
 * Models k8s.io/component-helpers/scheduling/corev1/nodeaffinity.
 */
import type { NodeSelector, NodeSelectorTerm, PodSpec } from "#kernel/api/types.gen";
import { matchesSet } from "#kernel/apimachinery/labels";

/** What of a node can be asked for. */
export interface SelectableNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

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
export function matchesNodeTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { name, labels }: SelectableNode,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => holds(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) => requirement.key === "metadata.name" && holds(requirement, name))
  );
}

/** True if any term matches. */
export const matchesNodeSelector = ({ nodeSelectorTerms }: NodeSelector, node: SelectableNode): boolean =>
  nodeSelectorTerms.some((term) => matchesNodeTerm(term, node));

/** What a pod requires of its node's name and labels, if anything. */
export const requiredNodes = ({ affinity }: PodSpec): NodeSelector | undefined =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;

/** True if the node has the labels and the affinity that the pod requires. */
export function fitsNodeAffinity(spec: PodSpec, node: SelectableNode): boolean {
  const required = requiredNodes(spec);
  return matchesSet(spec.nodeSelector, node.labels) && (required === undefined || matchesNodeSelector(required, node));
}
