/**
 * A selector as Go prints it: some events and errors hold one.
 *
 * Models the String methods of k8s.io/apimachinery/pkg/apis/meta/v1/generated.pb.go.
 */
import type { LabelSelector } from "#kernel/api/types.gen";
import { goValue } from "#kernel/apimachinery/go-text";

/** Gives a selector as Go prints a pointer to one. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return "nil";
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const labels = Object.keys(matchLabels).sort();
  const pairs = labels.map((name) => `${name}: ${matchLabels[name]},`).join("");
  const rules = matchExpressions
    .map(
      ({ key, operator, values }) =>
        `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:${goValue(values ?? [])},},`,
    )
    .join("");
  return `&LabelSelector{MatchLabels:map[string]string{${pairs}},MatchExpressions:[]LabelSelectorRequirement{${rules}},}`;
}
