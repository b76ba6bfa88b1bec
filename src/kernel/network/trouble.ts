/**
 * Trouble on the way: what the faults of a cluster do to names and connections.
 *
 * Leaves out retransmissions: a request is lost as a whole, or comes through.
 */
import type { Pod } from "#kernel/api/types.gen";
import { pods } from "#kernel/resources/core/pod";
import { containerRecord } from "#kernel/runtime/containers";
import { faultsOf, hitsPod } from "#kernel/runtime/fault";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import type { World } from "#kernel/runtime/world";
import type { Cells } from "#kernel/store/cells";

/** Whether a node is cut off from the network. */
export const isCutOff = (cells: Cells, node: string | undefined): boolean =>
  node !== undefined && cells.get<Machine>(MACHINES, node)?.isCutOff === true;

/** Whether a pod gets no answer from the cluster's DNS. */
export function isDnsDown(cells: Cells, pod: Pod): boolean {
  if (isCutOff(cells, pod.spec.nodeName)) return true;
  return faultsOf(cells, "dns-failure").some(({ target }) => hitsPod(target, pod));
}

/** Where a connection begins: a pod and its node, a node, or neither for the outside. */
export interface Beginning {
  readonly pod: Pod | undefined;
  readonly node: string | undefined;
}

/** Whether a connection to a container (undefined: to the API server) gets lost on its way. */
export function isLost(world: World, { pod, node }: Beginning, container: string | undefined): boolean {
  const record = container === undefined ? undefined : containerRecord(world.cells, container);
  const end = record?.node;
  if (node !== end && (isCutOff(world.cells, node) || isCutOff(world.cells, end))) return true;
  const faults = faultsOf(world.cells, "network-loss");
  if (faults.length === 0) return false;
  const target = record && world.client.get(pods, { namespace: record.namespace, name: record.pod });
  return faults.some(
    ({ target: { from, to }, percent = 100 }) =>
      hitsPod(from, pod) && hitsPod(to, target) && world.entropy.fraction() * 100 < percent,
  );
}
