/**
 * One scheduling cycle: which nodes a pod fits, and which of them is best.
 *
 * Models pkg/scheduler/schedule_one.go (schedulePod, findNodesThatFitPod, prioritizeNodes, selectHost).
 */
import type { Pod } from "#kernel/api/types.gen";
import {
  type Filter,
  isRejection,
  type NodeFilter,
  type Plugin,
  type Rejection,
  type Scorer,
} from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { type PodInfo, podInfoOf } from "#kernel/scheduler/pod-info";
import type { Profile } from "#kernel/scheduler/profile";
import type { Snapshot } from "#kernel/scheduler/snapshot";
import type { Entropy } from "#kernel/sim/entropy";

/** Up to this many nodes all are looked at; more are sampled (minFeasibleNodesToFind). */
const FEASIBLE_MIN = 100;
const PERCENTAGE_MIN = 5;
const PERCENTAGE_MAX = 50;

/** Why a pod found no node. */
export interface Diagnosis {
  readonly nodeCount: number;
  /** Set if a plugin refused all nodes at once. */
  readonly refusal: Rejection | undefined;
  /** The nodes that did not fit, and the answer of each in the same order. */
  readonly nodes: readonly NodeInfo[];
  readonly rejections: readonly Rejection[];
}

/** A node for the pod, or why there is none. */
export type Placement =
  | { readonly node: NodeInfo; readonly nextStart: number }
  | { readonly diagnosis: Diagnosis; readonly nextStart: number };

/** The filters of all plugins compiled for one pod. */
export interface CompiledFilters {
  readonly checks: readonly NodeFilter[];
  /** A node outside of these was refused by the plugin that named them. */
  readonly only: ReadonlySet<string> | undefined;
  readonly outside: Rejection | undefined;
  readonly refusal: Rejection | undefined;
}

/** Compiles the filters for a pod. */
export function compileFilters(info: PodInfo, cluster: Snapshot, plugins: readonly Plugin[]): CompiledFilters {
  const checks: NodeFilter[] = [];
  let only: ReadonlySet<string> | undefined;
  let outside: Rejection | undefined;
  for (const plugin of plugins) {
    const answer: Filter | Rejection | undefined = plugin.filter?.(info, cluster);
    if (answer === undefined) continue;
    if (isRejection(answer)) return { checks, only, outside, refusal: answer };
    checks.push(answer.check);
    if (answer.only === undefined) continue;
    only = answer.only;
    const reasons = [`node(s) didn't satisfy plugin(s) [${plugin.name}]`];
    outside = { plugin: plugin.name, reasons, isResolvable: false };
  }
  return { checks, only, outside, refusal: undefined };
}

/** Asks one node; the first plugin that says no decides. */
export function checkNode({ checks, only, outside }: CompiledFilters, node: NodeInfo): Rejection | undefined {
  if (only !== undefined && !only.has(node.name)) return outside;
  for (const check of checks) {
    const rejection = check(node);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

/** Asks one node as if the pods it has made room for were there already. */
export function checkNominated(
  filters: CompiledFilters,
  info: PodInfo,
  node: NodeInfo,
  cluster: Snapshot,
): Rejection | undefined {
  const nominated = cluster.nominated.get(node.name);
  if (nominated === undefined || nominated.size === 0) return checkNode(filters, node);
  const guests = [...nominated.values()].filter(
    (other) => other.priority >= info.priority && other.pod.metadata.uid !== info.pod.metadata.uid,
  );
  for (const guest of guests) node.add(guest);
  const rejection = checkNode(filters, node);
  for (const guest of guests) node.remove(guest.pod.metadata.uid);
  return rejection ?? (guests.length > 0 ? checkNode(filters, node) : undefined);
}

/** How many fitting nodes are enough to choose from; a percentage of 0 means as many as suit the cluster's size. */
export function feasibleToFind(nodeCount: number, wanted = 0): number {
  if (nodeCount < FEASIBLE_MIN) return nodeCount;
  const percentage = wanted === 0 ? Math.max(PERCENTAGE_MAX - Math.floor(nodeCount / 125), PERCENTAGE_MIN) : wanted;
  return Math.max(Math.floor((nodeCount * percentage) / 100), FEASIBLE_MIN);
}

/** Memory used again from cycle to cycle. */
let totals = new Float64Array(0);
let scratch = new Float64Array(0);

/** What the search for a node depends on besides the pod. */
export interface Search {
  readonly profile: Profile;
  readonly cluster: Snapshot;
  /** Where it begins, so that all nodes get their turn. */
  readonly start: number;
  readonly entropy: Entropy;
}

/** Finds the node for a pod. */
export function place(pod: Pod, { profile, cluster, start, entropy }: Search): Placement {
  const info = podInfoOf(pod);
  const { nodes } = cluster;
  const { plugins } = profile;
  const filters = compileFilters(info, cluster, plugins);
  if (nodes.length === 0 || filters.refusal !== undefined) {
    const diagnosis = { nodeCount: nodes.length, refusal: filters.refusal, nodes: [], rejections: [] };
    return { diagnosis, nextStart: start };
  }
  const nominee = nominatedNode(pod, info, filters, cluster);
  if (nominee !== undefined) return { node: nominee, nextStart: start };

  const feasible: NodeInfo[] = [];
  const wanted = feasibleToFind(nodes.length, profile.percentageOfNodesToScore);
  const rejected: Rejection[] = [];
  const refusers: NodeInfo[] = [];
  const hasNominated = cluster.nominated.size > 0;
  const offset = start % nodes.length;
  let seen = 0;
  for (; seen < nodes.length && feasible.length < wanted; seen += 1) {
    const node = nodes[(offset + seen) % nodes.length] as NodeInfo;
    const rejection = hasNominated ? checkNominated(filters, info, node, cluster) : checkNode(filters, node);
    if (rejection === undefined) feasible.push(node);
    else {
      rejected.push(rejection);
      refusers.push(node);
    }
  }
  const nextStart = (offset + seen) % nodes.length;
  if (feasible.length > 0) return { node: best(info, cluster, feasible, plugins, entropy), nextStart };
  const diagnosis = { nodeCount: nodes.length, refusal: undefined, nodes: refusers, rejections: rejected };
  return { diagnosis, nextStart };
}

/** The node room was made on goes first. */
function nominatedNode(pod: Pod, info: PodInfo, filters: CompiledFilters, cluster: Snapshot): NodeInfo | undefined {
  const name = pod.status?.nominatedNodeName ?? "";
  const node = name === "" ? undefined : cluster.node(name);
  return node !== undefined && checkNominated(filters, info, node, cluster) === undefined ? node : undefined;
}

/** The node with the highest score; among equals entropy decides. */
function best(
  info: PodInfo,
  cluster: Snapshot,
  feasible: readonly NodeInfo[],
  plugins: readonly Plugin[],
  entropy: Entropy,
): NodeInfo {
  if (feasible.length === 1) return feasible[0] as NodeInfo;
  const scores = scoreAll(info, cluster, feasible, plugins);
  let most = Number.NEGATIVE_INFINITY;
  let equals = 0;
  for (const score of scores) {
    if (score > most) {
      most = score;
      equals = 1;
    } else if (score === most) equals += 1;
  }
  let chosen = entropy.int(equals);
  for (let n = 0; n < scores.length; n += 1) {
    if (scores[n] !== most) continue;
    if (chosen === 0) return feasible[n] as NodeInfo;
    chosen -= 1;
  }
  return feasible[0] as NodeInfo;
}

/** The weighted sum of all plugins' scores, node by node. Valid until the next call. */
function scoreAll(
  info: PodInfo,
  cluster: Snapshot,
  feasible: readonly NodeInfo[],
  plugins: readonly Plugin[],
): Float64Array {
  if (totals.length < feasible.length) {
    totals = new Float64Array(feasible.length);
    scratch = new Float64Array(feasible.length);
  }
  const sums = totals.subarray(0, feasible.length).fill(0);
  const scores = scratch.subarray(0, feasible.length);
  for (const plugin of plugins) {
    const scorer = plugin.score?.(info, cluster, feasible);
    if (scorer === undefined) continue;
    fill(scores, scorer, feasible);
    const { weight = 1 } = plugin;
    for (let n = 0; n < scores.length; n += 1) sums[n] = (sums[n] ?? 0) + weight * (scores[n] ?? 0);
  }
  return sums;
}

function fill(scores: Float64Array, { score, normalize }: Scorer, feasible: readonly NodeInfo[]): void {
  for (let n = 0; n < feasible.length; n += 1) scores[n] = score(feasible[n] as NodeInfo);
  normalize?.(scores, feasible);
}

/** What one plugin thinks of a node: as it counts, brought into 0..100, and times its weight. */
export interface PluginScore {
  readonly raw: number;
  readonly normalized: number;
  readonly weight: number;
  readonly weighted: number;
}

/** The scores of every plugin that has an opinion, by its name and in the order of the nodes. */
export function scoresOf(
  info: PodInfo,
  cluster: Snapshot,
  feasible: readonly NodeInfo[],
  plugins: readonly Plugin[],
): Map<string, PluginScore[]> {
  const byPlugin = new Map<string, PluginScore[]>();
  for (const { name, score: scoreWith, weight = 1 } of plugins) {
    const scorer = scoreWith?.(info, cluster, feasible);
    if (scorer === undefined) continue;
    const raw = feasible.map((node) => scorer.score(node));
    const normalized = Float64Array.from(raw);
    scorer.normalize?.(normalized, feasible);
    byPlugin.set(
      name,
      raw.map((one, n) => {
        const score = normalized[n] ?? 0;
        return { raw: one, normalized: score, weight, weighted: score * weight };
      }),
    );
  }
  return byPlugin;
}
