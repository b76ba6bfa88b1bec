/**
 * What an aggregated cluster role is made of.
 *
 * Models pkg/controller/clusterroleaggregation.
 */
import type { ClusterRole, PolicyRule } from "#kernel/api/types.gen";
import * as labels from "#kernel/apimachinery/labels";
import { equal } from "#kernel/sim/clone";

/** A cluster role as far as aggregation looks at it. */
type Aggregable = Pick<ClusterRole, "aggregationRule" | "rules"> & {
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
};

/** The rules of all roles the role's selectors choose, each rule once. `all` stands in order of names. */
export function aggregatedRules(role: Aggregable, all: readonly Aggregable[]): PolicyRule[] {
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    for (const other of all) {
      if (other.metadata.name === role.metadata.name || !labels.matches(selector, other.metadata.labels)) continue;
      for (const rule of other.rules ?? []) if (!rules.some((known) => equal(known, rule))) rules.push(rule);
    }
  }
  return rules;
}
