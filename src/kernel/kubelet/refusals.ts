/**
 * How long a node takes to turn a pod away: a second, and longer the more pods it has turned away lately. Whoever
 * makes the next pod at once must neither stop the clock nor fill the cluster.
 *
 * Models the time that admission, status updates and a busy API server take between them.
 */
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The room of how many pods each node has turned away; the id is the node's name. */
const ROOM = "kubelet-refusals";

const FIRST_MS = 1000;
const LONGEST_MS = 300_000;
/** So many refusals make each further one a second longer. */
const REFUSALS_PER_STEP = 25;
/** A node that turned nobody away for so long begins anew. */
const FORGOTTEN_MS = 600_000;

interface Refusals {
  readonly count: number;
  readonly at: Instant;
}

function refusalsOf(cells: Cells, node: string, now: Instant): number {
  const known = cells.get<Refusals>(ROOM, node);
  return known === undefined || now - known.at > FORGOTTEN_MS ? 0 : known.count;
}

/** Gives how long the next refusal takes, in milliseconds. */
export function refusalMs(cells: Cells, node: string, now: Instant): number {
  const steps = 1 + Math.floor(refusalsOf(cells, node, now) / REFUSALS_PER_STEP);
  return Math.min(FIRST_MS * steps, LONGEST_MS);
}

/** Counts a refusal. */
export function countRefusal(cells: Cells, node: string, now: Instant): void {
  cells.put(ROOM, node, { count: refusalsOf(cells, node, now) + 1, at: now } satisfies Refusals);
}
