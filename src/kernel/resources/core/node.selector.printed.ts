/**
 * Node selectors as messages show them: as upstream prints its internal structs, whose fields have Go's names.
 *
 * Models pkg/apis/core (NodeSelector) as encoding/json prints it.
 */
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from "#kernel/api/types.gen";
import { goStruct } from "#kernel/apimachinery/go-text";

const printedRequirement = ({ key, operator, values }: NodeSelectorRequirement): object =>
  goStruct({ Key: key, Operator: operator, Values: values ?? null });

/** One term of a selector. */
export const printedTerm = ({ matchExpressions, matchFields }: NodeSelectorTerm): object => ({
  MatchExpressions: matchExpressions?.map(printedRequirement) ?? null,
  MatchFields: matchFields?.map(printedRequirement) ?? null,
});

/** A whole selector. */
export const printedNodeSelector = ({ nodeSelectorTerms }: NodeSelector): object => ({
  NodeSelectorTerms: nodeSelectorTerms?.map(printedTerm) ?? null,
});
