/**
 * How the scheduler says that a pod found no node.
 *
 * Models FitError of pkg/scheduler/framework/types.go.
 */
import type { Diagnosis } from "#kernel/scheduler/cycle";

export const NO_NODES = "no nodes available to schedule pods";

/** What DynamicResources says of every pod that has no claim to give back. */
const NO_CLAIMS = "no new claims to deallocate";

/** `0/3 nodes are available: 1 Too many pods, 2 Insufficient cpu.` for reasons as the nodes gave them. */
export function notAvailable(nodeCount: number, reasons: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available:${sorted.length > 0 ? ` ${sorted.join(", ")}.` : ""}`;
}

/** The whole message of an attempt; `preemption` is what came of making room, empty if room was made. */
export function fitError({ nodeCount, refusal, rejections }: Diagnosis, preemption: string): string {
  if (nodeCount === 0) return NO_NODES;
  const first =
    refusal === undefined
      ? notAvailable(nodeCount, reasonsOf(rejections.values()))
      : `0/${nodeCount} nodes are available: ${refusal.reasons.join(", ")}.`;
  return preemption === "" ? first : `${first} ${NO_CLAIMS}, preemption: ${preemption}`;
}

function* reasonsOf(rejections: Iterable<{ readonly reasons: readonly string[] }>): Iterable<string> {
  for (const { reasons } of rejections) yield* reasons;
}
