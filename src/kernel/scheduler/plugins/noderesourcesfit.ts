/**
 * NodeResourcesFit: a pod's requests must fit into what is left of a node; the node with most left is best.
 *
 * Models pkg/scheduler/framework/plugins/noderesources (fit.go, least_allocated.go).
 */
import { type Plugin, type Rejection, rejects, rejectsForGood, SCORE_MAX } from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import type { PodInfo } from "#kernel/scheduler/pod-info";

const NAME = "NodeResourcesFit";

/** One answer for each combination of what is short. */
const answers = new Map<string, Rejection>();

function answer(reasons: readonly string[], isResolvable: boolean): Rejection {
  const id = `${isResolvable} ${reasons.join()}`;
  let known = answers.get(id);
  if (known === undefined) {
    known = isResolvable ? rejects(NAME, ...reasons) : rejectsForGood(NAME, ...reasons);
    answers.set(id, known);
  }
  return known;
}

export const nodeResourcesFit: Plugin = {
  name: NAME,
  events: ["NodeAdd", "NodeAllocatable", "PodDelete"],

  filter({ requests }) {
    const { cpuMillis, memoryBytes, storageBytes, scalars } = requests;
    const isSmall = storageBytes === 0 && scalars === undefined;
    return {
      check(node) {
        const { allocatable, requested } = node;
        const isRoomy =
          node.pods.size < node.podsMax &&
          (cpuMillis === 0 || cpuMillis <= allocatable.cpuMillis - requested.cpuMillis) &&
          (memoryBytes === 0 || memoryBytes <= allocatable.memoryBytes - requested.memoryBytes);
        return isRoomy && isSmall ? undefined : shortage(node, requests);
      },
    };
  },

  score({ usual }) {
    return { score: (node) => leastAllocated(node, usual) };
  },
};

/** Everything the node is short of. What it could never offer is not cured by other pods' going. */
function shortage(node: NodeInfo, requests: PodInfo["requests"]): Rejection | undefined {
  const { allocatable, requested } = node;
  const reasons: string[] = [];
  let isResolvable = true;
  const need = (name: string, amount: number, offered: number, taken: number): void => {
    if (amount === 0 || amount <= offered - taken) return;
    reasons.push(`Insufficient ${name}`);
    if (amount > offered) isResolvable = false;
  };
  if (node.pods.size + 1 > node.podsMax) reasons.push("Too many pods");
  need("cpu", requests.cpuMillis, allocatable.cpuMillis, requested.cpuMillis);
  need("memory", requests.memoryBytes, allocatable.memoryBytes, requested.memoryBytes);
  need("ephemeral-storage", requests.storageBytes, allocatable.storageBytes, requested.storageBytes);
  for (const [name, amount] of requests.scalars ?? []) {
    need(name, amount, allocatable.scalars?.get(name) ?? 0, requested.scalars?.get(name) ?? 0);
  }
  return reasons.length === 0 ? undefined : answer(reasons, isResolvable);
}

/** The mean share of CPU and memory that would be left. */
function leastAllocated({ allocatable, usualCpuMillis, usualMemoryBytes }: NodeInfo, pod: PodInfo["usual"]): number {
  let [sum, weights] = [0, 0];
  if (allocatable.cpuMillis > 0) {
    sum += shareLeft(allocatable.cpuMillis, usualCpuMillis + pod.cpuMillis);
    weights += 1;
  }
  if (allocatable.memoryBytes > 0) {
    sum += shareLeft(allocatable.memoryBytes, usualMemoryBytes + pod.memoryBytes);
    weights += 1;
  }
  return weights === 0 ? 0 : Math.floor(sum / weights);
}

const shareLeft = (offered: number, taken: number): number =>
  taken > offered ? 0 : Math.floor(((offered - taken) * SCORE_MAX) / offered);
