/**
 * Pod addresses: the lowest free one after the last that was given, out of the node's block.
 *
 * Models the host-local IPAM plugin of CNI.
 */
import { formatIp, parseCidr } from "#kernel/apimachinery/ip";
import type { Machine } from "#kernel/runtime/machine";
import { must } from "#kernel/sim/assert";
import type { Cells } from "#kernel/store/cells";

/** The room of address leases; the id is the node's name. */
export const POD_IPS = "pod-ips";

/** Which offsets of the block are taken by which pod (its uid), and which was given last. */
interface Leases {
  readonly last: number;
  readonly taken: Readonly<Record<string, string>>;
}

/** The block's own address and the gateway's are never given, nor is the last, the broadcast address. */
const FIRST_OFFSET = 2;

/** Leases an address to a pod; undefined if the block is used up. */
export function leaseAddress(cells: Cells, { name, podCIDR }: Machine, uid: string): string | undefined {
  const block = must(parseCidr(podCIDR), "a machine has a block of pod addresses");
  const size = 2 ** (32 - block.prefix);
  const { last, taken } = cells.get<Leases>(POD_IPS, name) ?? { last: FIRST_OFFSET - 1, taken: {} };
  const count = size - 1 - FIRST_OFFSET;
  for (let step = 1; step <= count; step += 1) {
    const offset = FIRST_OFFSET + ((last - FIRST_OFFSET + step) % count);
    if (taken[offset] !== undefined) continue;
    cells.put(POD_IPS, name, { last: offset, taken: { ...taken, [offset]: uid } } satisfies Leases);
    return formatIp({ family: 4, value: block.value + BigInt(offset) });
  }
  return undefined;
}

/** Gives the addresses of a pod back. */
export function releaseAddresses(cells: Cells, node: string, uid: string): void {
  const leases = cells.get<Leases>(POD_IPS, node);
  if (leases === undefined) return;
  const kept = Object.entries(leases.taken).filter(([, holder]) => holder !== uid);
  if (kept.length === Object.keys(leases.taken).length) return;
  cells.put(POD_IPS, node, { last: leases.last, taken: Object.fromEntries(kept) } satisfies Leases);
}
