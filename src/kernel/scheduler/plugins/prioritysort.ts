/**
 * PrioritySort: the more important pod goes first, then the one that has waited longer.
 *
 * Models pkg/scheduler/framework/plugins/queuesort.
 */

/** What the order depends on. */
export interface Queued {
  readonly priority: number;
  readonly since: number;
  /** Breaks ties in the order of the writes. */
  readonly revision: number;
}

/** Compares two waiting pods. */
export const byPriority = (a: Queued, b: Queued): number =>
  b.priority - a.priority || a.since - b.since || a.revision - b.revision;
