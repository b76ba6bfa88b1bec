/**
 * NodeResourcesBalancedAllocation: a node is better the more evenly its CPU and memory would be used.
 *
 * Models pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.
 */
import { type Plugin, SCORE_MAX } from "#kernel/scheduler/framework";

export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",

  score({ requests: { cpuMillis, memoryBytes } }) {
    // A pod that requests nothing changes no balance.
    if (cpuMillis === 0 && memoryBytes === 0) return undefined;
    return {
      score({ allocatable, requested }) {
        if (allocatable.cpuMillis === 0 || allocatable.memoryBytes === 0) return SCORE_MAX;
        const cpu = Math.min(1, (requested.cpuMillis + cpuMillis) / allocatable.cpuMillis);
        const memory = Math.min(1, (requested.memoryBytes + memoryBytes) / allocatable.memoryBytes);
        return Math.floor((1 - Math.abs(cpu - memory) / 2) * SCORE_MAX);
      },
    };
  },
};
