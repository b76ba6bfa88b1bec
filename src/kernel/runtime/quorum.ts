/**
 * The control plane's own state: which of its machines live, whether etcd has a quorum, who leads.
 *
 * Models what etcd, the API servers behind one address and client-go's leader election come to, as far as it shows.
 */
import { serviceUnavailable, unknownError } from "#kernel/apimachinery/errors";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The names of the control plane's machines, in their order. */
export const MEMBERS_CELL = ["cluster", "control-planes"] as const;

/** The room of the quorum; the cell LOST is there while it is lost. */
export const QUORUM = "quorum";
export const LOST = "lost";

/** The room of leaders; the id is the name of the Lease. */
export const LEADERS = "leaders";

/** The components that elect a leader, with their Leases. */
export const ELECTED = { scheduler: "kube-scheduler", controllerManager: "kube-controller-manager" } as const;

export type Elected = keyof typeof ELECTED;

/** Who leads; nobody does while there is no holder. */
export interface Leader {
  readonly holder?: string;
  /** When somebody else may take over. */
  readonly dueAt?: Instant;
}

const NOBODY: readonly string[] = [];

/** The machines of the control plane; none where it runs out of sight. */
export const membersOf = (cells: Cells): readonly string[] => cells.get<readonly string[]>(...MEMBERS_CELL) ?? NOBODY;

/** Those that are on and can be reached. */
export function livingMembers(cells: Cells): string[] {
  return membersOf(cells).filter((name) => {
    const machine = cells.get<Machine>(MACHINES, name);
    return machine?.isPowered === true && machine.isCutOff !== true;
  });
}

/** True while a majority of etcd's members hear each other. */
export function hasQuorum(cells: Cells): boolean {
  const members = membersOf(cells);
  return members.length === 0 || livingMembers(cells).length * 2 > members.length;
}

/** True while any API server can be reached. */
const hasApiServer = (cells: Cells): boolean => membersOf(cells).length === 0 || livingMembers(cells).length > 0;

/**
 * What needs a majority of etcd cannot be had without one: every write, and every read that is not from the cache.
 * @throws what the API server makes of etcd's error; ServiceUnavailable where no API server is left
 */
export function requireQuorum(cells: Cells, isCached: boolean): void {
  if (hasQuorum(cells)) return;
  if (!hasApiServer(cells)) throw serviceUnavailable("the server is currently unable to handle the request");
  if (!isCached) throw unknownError("etcdserver: request timed out");
}

/** The components that do nothing because none of them leads. */
export function leaderlessComponents(cells: Cells): Elected[] {
  if (cells.count(LEADERS) === 0) return [];
  return (Object.keys(ELECTED) as Elected[]).filter(
    (component) => cells.get<Leader>(LEADERS, ELECTED[component])?.holder === undefined,
  );
}
