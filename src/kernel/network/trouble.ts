/**
 * Trouble on the way: what the faults of a cluster do to names and connections.
 *
 * Leaves out retransmissions: a request is lost as a whole, or comes through.
 */
import type { Pod } from "#kernel/api/types.gen";
import { ADDRESSES } from "#kernel/network/addresses";
import { pods } from "#kernel/resources/core/pod";
import { FAULTS, faultsOf, hitsPod } from "#kernel/runtime/fault";
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

/** Where a connection ends: a pod, some address, or neither for the API server and the like. */
export interface Ending {
  readonly pod?: Pod | undefined;
  readonly ip?: string;
}

function endOf({ client }: World, { pod, ip }: Ending): Pod | undefined {
  if (pod !== undefined || ip === undefined) return pod;
  const key = client.registry.views.of(ADDRESSES).pod(ip);
  return key === undefined ? undefined : client.get(pods, key);
}

/** Whether a connection gets lost on its way. */
export function isLost(world: World, { pod, node }: Beginning, ending: Ending): boolean {
  if (world.cells.count(FAULTS) === 0) return false;
  const target = endOf(world, ending);
  const end = target?.spec.nodeName;
  if (node !== end && (isCutOff(world.cells, node) || isCutOff(world.cells, end))) return true;
  return faultsOf(world.cells, "network-loss").some(
    ({ target: { from, to }, percent = 100 }) =>
      hitsPod(from, pod) && hitsPod(to, target) && world.entropy.fraction() * 100 < percent,
  );
}

/** How long a request to the end and its answer take beyond nothing. */
export function delayMs(world: World, { pod }: { readonly pod: Pod | undefined }, ending: Ending): number {
  if (world.cells.count(FAULTS) === 0) return 0;
  const faults = faultsOf(world.cells, "network-latency");
  if (faults.length === 0) return 0;
  const target = endOf(world, ending);
  if (pod !== undefined && pod.metadata.uid === target?.metadata.uid) return 0;
  let sum = 0;
  for (const fault of faults) {
    if (!hitsPod(fault.target.from, pod) || !hitsPod(fault.target.to, target)) continue;
    const jitter = fault.jitterMs ?? 0;
    sum += (fault.latencyMs ?? 0) + (jitter === 0 ? 0 : Math.round((world.entropy.fraction() * 2 - 1) * jitter));
  }
  return Math.max(0, sum);
}
