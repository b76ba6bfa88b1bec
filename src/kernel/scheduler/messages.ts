/**
 * How the scheduler says that a pod found no node.
 *
 * Models FitError of pkg/scheduler/framework/types.go.
 */
import type { Diagnosis } from "#kernel/scheduler/cycle";
import type { Rejection } from "#kernel/scheduler/framework";

export const NO_NODES = "no nodes available to schedule pods";

/** `0/3 nodes are available: 1 Too many pods, 2 Insufficient cpu.` */
export function notAvailable(nodeCount: number, counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available:${sorted.length > 0 ? ` ${sorted.join(", ")}.` : ""}`;
}

/**
 * The whole message of an attempt; `preemption` is what came of making room, empty if room was made, `claims` what came
 * of giving devices back.
 */
export function fitError({ nodeCount, refusal, rejections }: Diagnosis, preemption: string, claims: string): string {
  if (nodeCount === 0) return NO_NODES;
  const first =
    refusal === undefined
      ? notAvailable(nodeCount, countReasons(rejections))
      : `0/${nodeCount} nodes are available: ${refusal.reasons.join(", ")}.`;
  return preemption === "" ? first : `${first} ${claims}, preemption: ${preemption}`;
}

/** How many nodes gave each reason. Equal answers are one object, so they are counted before their texts are. */
function countReasons(rejections: readonly Rejection[]): ReadonlyMap<string, number> {
  const answers = new Map<Rejection, number>();
  for (const rejection of rejections) answers.set(rejection, (answers.get(rejection) ?? 0) + 1);
  const counts = new Map<string, number>();
  for (const [{ reasons }, count] of answers) {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  return counts;
}
