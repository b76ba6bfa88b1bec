/**
 * How NodeResourcesFit scores a node by what would be taken of it: the emptier the better, the fuller the better, or by
 * a line through points.
 *
 * Models pkg/scheduler/framework/plugins/noderesources (resource_allocation.go, least_allocated.go, most_allocated.go,
 * requested_to_capacity_ratio.go) and helper/shape_score.go.
 */
import type { ScoringStrategy, ShapePoint } from "#kernel/resources/scheduling/configuration";
import { SCORE_MAX } from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import type { Amounts, PodInfo } from "#kernel/scheduler/pod-info";

/** Scores of a shape go to 10, scores of a plugin to 100. */
const SHAPE_SCALE = 10;

/** The amount of a resource by its name. */
export function amountOf(amounts: Amounts, name: string): number {
  if (name === "cpu") return amounts.cpuMillis;
  if (name === "memory") return amounts.memoryBytes;
  if (name === "ephemeral-storage") return amounts.storageBytes;
  return amounts.scalars?.get(name) ?? 0;
}

const isScalar = (name: string): boolean => !["cpu", "memory", "ephemeral-storage"].includes(name);

/** What would be taken of a node and what it offers; undefined if the resource is no concern of the pod. */
function taken(
  node: NodeInfo,
  pod: PodInfo,
  name: string,
): { readonly of: number; readonly taken: number } | undefined {
  if (isScalar(name) && amountOf(pod.requests, name) === 0) return undefined;
  const of = amountOf(node.allocatable, name);
  if (of === 0) return undefined;
  if (name === "cpu") return { of, taken: node.usualCpuMillis + pod.usual.cpuMillis };
  if (name === "memory") return { of, taken: node.usualMemoryBytes + pod.usual.memoryBytes };
  return { of, taken: amountOf(node.requested, name) + amountOf(pod.requests, name) };
}

/** Gives the score of a node for a pod by a strategy. */
export function scoreOf({ type, resources, shape }: ScoringStrategy): (node: NodeInfo, pod: PodInfo) => number {
  return (node, pod) => {
    let [sum, weights] = [0, 0];
    for (const { name, weight } of resources) {
      const found = taken(node, pod, name);
      if (found === undefined) continue;
      const score = resourceScore(type, shape, found.taken, found.of);
      if (type === "RequestedToCapacityRatio" && score <= 0) continue;
      sum += score * weight;
      weights += weight;
    }
    if (weights === 0) return 0;
    return type === "RequestedToCapacityRatio" ? Math.round(sum / weights) : Math.floor(sum / weights);
  };
}

function resourceScore(type: ScoringStrategy["type"], shape: readonly ShapePoint[], used: number, of: number): number {
  if (type === "LeastAllocated") return used > of ? 0 : Math.floor(((of - used) * SCORE_MAX) / of);
  if (type === "MostAllocated") return Math.floor((Math.min(used, of) * SCORE_MAX) / of);
  return onLine(shape, used > of ? SCORE_MAX : Math.floor((used * SCORE_MAX) / of));
}

/** The score at a utilization: straight lines between the points, level before the first and after the last. */
function onLine(shape: readonly ShapePoint[], utilization: number): number {
  const next = shape.findIndex((point) => utilization <= point.utilization);
  const after = shape[next];
  const before = shape[next - 1];
  if (after === undefined) return (shape.at(-1)?.score ?? 0) * SHAPE_SCALE;
  if (before === undefined) return after.score * SHAPE_SCALE;
  const rise = (after.score - before.score) * SHAPE_SCALE;
  const part = (rise * (utilization - before.utilization)) / (after.utilization - before.utilization);
  return before.score * SHAPE_SCALE + Math.trunc(part);
}
