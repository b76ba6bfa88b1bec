/**
 * NodeResourcesBalancedAllocation: a node is better the more evenly its resources would be used.
 *
 * Models pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.
 */
import type { PluginArgs } from "#kernel/resources/scheduling/configuration";
import { type Plugin, SCORE_MAX } from "#kernel/scheduler/framework";
import { amountOf } from "#kernel/scheduler/plugins/noderesources.scoring";

/** The plugin, looking at these resources. */
export const nodeResourcesBalancedAllocation = ({ resources }: PluginArgs["balanced"]): Plugin => ({
  name: "NodeResourcesBalancedAllocation",

  score({ requests }) {
    // A pod that requests nothing changes no balance.
    const wanted = resources.map(({ name }) => amountOf(requests, name));
    if (wanted.every((amount) => amount === 0)) return undefined;
    return {
      score({ allocatable, requested }) {
        const fractions: number[] = [];
        resources.forEach(({ name }, n) => {
          const offered = amountOf(allocatable, name);
          if (offered === 0) return;
          fractions.push(Math.min(1, (amountOf(requested, name) + (wanted[n] ?? 0)) / offered));
        });
        return Math.floor((1 - deviation(fractions)) * SCORE_MAX);
      },
    };
  },
});

/** The standard deviation. */
function deviation(fractions: readonly number[]): number {
  const [first = 0, second = 0] = fractions;
  if (fractions.length < 2) return 0;
  if (fractions.length === 2) return Math.abs((first - second) / 2);
  const mean = fractions.reduce((sum, one) => sum + one, 0) / fractions.length;
  return Math.sqrt(fractions.reduce((sum, one) => sum + (one - mean) ** 2, 0) / fractions.length);
}
