/**
 * Passing virtual time at once, in slices that are each saved and shown.
 */
import type { Advance } from "#kernel/cluster/cluster";
import type { Calls } from "#worker/cluster/calls";

/** How often one advance of the clock waits for calls out of the cluster. */
const WAITS_MAX = 16;

/**
 * Advances by so many milliseconds; `slice` does as much of what is left as one turn may. Time does not pass beyond
 * what somebody in the cluster waits for, unless that comes again and again.
 */
export async function advanceBy(
  byMs: number,
  calls: Calls,
  slice: (left: number) => Promise<Advance>,
): Promise<Advance> {
  let advanced = 0;
  for (let waits = 0; ; ) {
    const step = await slice(byMs - advanced);
    advanced += step.advanced;
    if (!calls.isIdle) waits += 1;
    if (!step.more && (calls.isIdle || waits > WAITS_MAX)) return { ...step, advanced };
    await Promise.all([scheduler.wait(0), calls.settled()]);
  }
}
