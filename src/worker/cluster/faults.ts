/**
 * Faults as the HTTP API shows them.
 */
import type { Cluster } from "#kernel/cluster/cluster";
import { addFault, type FaultOrder, type FaultProblem, listFaults } from "#kernel/cluster/faults";
import type { Fault } from "#kernel/runtime/fault";

/** A fault with its instants as texts; the target is JSON. */
export interface FaultView extends Omit<Fault, "since" | "until" | "target"> {
  readonly target: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly since: string;
  readonly until?: string;
}

/** The fault, or what is wrong with the order. */
export type FaultAnswer = FaultView | { readonly problems: readonly FaultProblem[] };

/** Breaks something. */
export function orderFault(cluster: Cluster, order: FaultOrder): FaultAnswer {
  const made = addFault(cluster, order);
  return "problems" in made ? made : viewOf(made);
}

/** What is broken, the oldest first. */
export const faultViews = (cluster: Cluster): FaultView[] => listFaults(cluster).map(viewOf);

function viewOf({ since, until, target, ...rest }: Fault): FaultView {
  return {
    ...rest,
    target: target as FaultView["target"],
    since: new Date(since).toISOString(),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  };
}
