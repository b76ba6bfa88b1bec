/**
 * NodeResourcesBalancedAllocation: a node is better the more evenly its resources would be used.
 *
 * Models pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.
 */
import type { PluginArgs } from "#kernel/resources/scheduling/configuration";
import { type Plugin, SCORE_MAX } from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { amountOf } from "#kernel/scheduler/plugins/noderesources.scoring";
import type { Amounts } from "#kernel/scheduler/pod-info";

/** The plugin, looking at these resources. */
export const nodeResourcesBalancedAllocation = ({ resources }: PluginArgs["balanced"]): Plugin => ({
  name: "NodeResourcesBalancedAllocation",

  score({ requests }) {
    // A pod that requests nothing changes no balance.
    const wanted = resources.map(({ name }) => amountOf(requests, name));
    if (wanted.every((amount) => amount === 0)) return undefined;
    const [first, second] = resources;
    if (resources.length === 2 && first?.name === "cpu" && second?.name === "memory")
      return { score: usualScore(requests) };
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

/** The same for CPU and memory, as the default profile has it, without a list for every node. */
const usualScore =
  ({ cpuMillis, memoryBytes }: Amounts) =>
  ({ allocatable, requested }: NodeInfo): number => {
    if (allocatable.cpuMillis === 0 || allocatable.memoryBytes === 0) return SCORE_MAX;
    const cpu = Math.min(1, (requested.cpuMillis + cpuMillis) / allocatable.cpuMillis);
    const memory = Math.min(1, (requested.memoryBytes + memoryBytes) / allocatable.memoryBytes);
    return Math.floor((1 - Math.abs(cpu - memory) / 2) * SCORE_MAX);
  };

/** The standard deviation. */
function deviation(fractions: readonly number[]): number {
  const [first = 0, second = 0] = fractions;
  if (fractions.length < 2) return 0;
  if (fractions.length === 2) return Math.abs((first - second) / 2);
  const mean = fractions.reduce((sum, one) => sum + one, 0) / fractions.length;
  return Math.sqrt(fractions.reduce((sum, one) => sum + (one - mean) ** 2, 0) / fractions.length);
}
