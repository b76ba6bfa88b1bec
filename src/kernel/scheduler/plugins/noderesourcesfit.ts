/**
 * NodeResourcesFit: a pod's requests must fit into what is left of a node; the node with most left is best.
 *
 * Models pkg/scheduler/framework/plugins/noderesources (fit.go, least_allocated.go).
 */
import type { PluginArgs, ScoringStrategy } from "#kernel/resources/scheduling/configuration";
import {
  type Filter,
  type Plugin,
  type Rejection,
  rejects,
  rejectsForGood,
  SCORE_MAX,
} from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { scoreOf } from "#kernel/scheduler/plugins/noderesources.scoring";
import type { Amounts, PodInfo } from "#kernel/scheduler/pod-info";

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

/** The plugin; resources it is told to ignore are somebody else's to look after (an extended resource's scheduler). */
export function nodeResourcesFit({ ignoredResources, ignoredResourceGroups, strategy }: PluginArgs["fit"]): Plugin {
  const ignores = (name: string): boolean =>
    ignoredResources.includes(name) || ignoredResourceGroups.includes(name.slice(0, name.indexOf("/")));
  const ignoresAny = ignoredResources.length + ignoredResourceGroups.length > 0;
  const score = isUsual(strategy) ? undefined : scoreOf(strategy);
  return {
    name: NAME,
    events: ["NodeAdd", "NodeAllocatable", "PodDelete"],
    filter: ({ requests }) => filterFor(ignoresAny ? without(requests, ignores) : requests),
    score: (pod) => ({
      score: score === undefined ? (node) => leastAllocated(node, pod.usual) : (node) => score(node, pod),
    }),
  };
}

/** True for the strategy of the default profile, which is computed without a loop. */
const isUsual = ({ type, resources }: ScoringStrategy): boolean =>
  type === "LeastAllocated" &&
  resources.length === 2 &&
  resources.every(({ name, weight }) => weight === 1 && (name === "cpu" || name === "memory"));

function without(requests: Amounts, ignores: (name: string) => boolean): Amounts {
  const scalars = new Map([...(requests.scalars ?? [])].filter(([name]) => !ignores(name)));
  return { ...requests, scalars: scalars.size === 0 ? undefined : scalars };
}

function filterFor(requests: Amounts): Filter {
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
}

const PODS = "Too many pods";
const FIXED = [PODS, "Insufficient cpu", "Insufficient memory", "Insufficient ephemeral-storage"];

/** The answers where only these are short, by their bits and whether other pods' going would help. */
const FIXED_ANSWERS: readonly (readonly Rejection[])[] = [true, false].map((isResolvable) =>
  Array.from({ length: 2 ** FIXED.length }, (_, bits) =>
    answer(
      FIXED.filter((_reason, n) => (bits & (1 << n)) !== 0),
      isResolvable,
    ),
  ),
);

/** Everything the node is short of. What it could never offer is not cured by other pods' going. */
function shortage(node: NodeInfo, requests: PodInfo["requests"]): Rejection | undefined {
  const { allocatable, requested } = node;
  const { cpuMillis, memoryBytes, storageBytes } = requests;
  let bits = node.pods.size + 1 > node.podsMax ? 1 : 0;
  if (cpuMillis > 0 && cpuMillis > allocatable.cpuMillis - requested.cpuMillis) bits |= 2;
  if (memoryBytes > 0 && memoryBytes > allocatable.memoryBytes - requested.memoryBytes) bits |= 4;
  if (storageBytes > 0 && storageBytes > allocatable.storageBytes - requested.storageBytes) bits |= 8;
  const isTooLarge =
    cpuMillis > allocatable.cpuMillis ||
    memoryBytes > allocatable.memoryBytes ||
    storageBytes > allocatable.storageBytes;
  if (requests.scalars !== undefined) return scalarShortage(node, requests.scalars, bits, isTooLarge);
  return bits === 0 ? undefined : FIXED_ANSWERS[isTooLarge ? 1 : 0]?.[bits];
}

/** The same for a pod that asks for devices and the like. */
function scalarShortage(
  { allocatable, requested }: NodeInfo,
  scalars: ReadonlyMap<string, number>,
  bits: number,
  isTooLarge: boolean,
): Rejection | undefined {
  const reasons = FIXED.filter((_reason, n) => (bits & (1 << n)) !== 0);
  let isResolvable = !isTooLarge;
  for (const [name, amount] of scalars) {
    const offered = allocatable.scalars?.get(name) ?? 0;
    if (amount === 0 || amount <= offered - (requested.scalars?.get(name) ?? 0)) continue;
    reasons.push(`Insufficient ${name}`);
    if (amount > offered) isResolvable = false;
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
