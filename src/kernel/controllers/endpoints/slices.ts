/**
 * Slicing: fits the wanted endpoints of a Service into slices of at most a hundred, touching as few as it can.
 *
 * Models k8s.io/endpointslice/reconciler.go.
 */
import type { DiscoveryEndpointPort, Endpoint, EndpointSlice } from "#kernel/api/types.gen";
import { equal } from "#kernel/sim/clone";

/** Endpoints of one slice at most (--max-endpoints-per-slice). */
export const ENDPOINTS_PER_SLICE = 100;

/** Endpoints that share their ports. */
export interface PortGroup {
  readonly ports: readonly DiscoveryEndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** What must be written. */
export interface SlicePlan {
  readonly create: PortGroup[];
  readonly update: { readonly slice: EndpointSlice; readonly endpoints: readonly Endpoint[] }[];
  readonly keep: EndpointSlice[];
  readonly remove: EndpointSlice[];
}

/** A text that is the same for lists of the same ports. */
export const portsKey = (ports: readonly DiscoveryEndpointPort[] | undefined): string =>
  (ports ?? [])
    .map(({ name = "", port = 0, protocol = "TCP", appProtocol = "" }) => `${name}|${port}|${protocol}|${appProtocol}`)
    .sort()
    .join();

/** An endpoint is the same as long as it is the same pod at the same address. */
const identityOf = ({ addresses, targetRef }: Endpoint): string => `${addresses[0] ?? ""} ${targetRef?.uid ?? ""}`;

/** Plans the slices of a Service: `existing` are those this controller made, sorted by name. */
export function planSlices(groups: readonly PortGroup[], existing: readonly EndpointSlice[]): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], keep: [], remove: [] };
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of existing) {
    const key = portsKey(slice.ports);
    const known = byPorts.get(key);
    if (known === undefined) byPorts.set(key, [slice]);
    else known.push(slice);
  }
  for (const group of groups) {
    const key = portsKey(group.ports);
    planGroup(group, byPorts.get(key) ?? [], plan);
    byPorts.delete(key);
  }
  for (const slices of byPorts.values()) plan.remove.push(...slices);
  return plan;
}

function planGroup({ ports, endpoints }: PortGroup, slices: readonly EndpointSlice[], plan: SlicePlan): void {
  const wanted = new Map(endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const changed: { slice: EndpointSlice; endpoints: Endpoint[] }[] = [];
  const unchanged: EndpointSlice[] = [];
  for (const slice of slices) {
    let isChanged = false;
    const kept: Endpoint[] = [];
    for (const endpoint of slice.endpoints ?? []) {
      const id = identityOf(endpoint);
      const next = wanted.get(id);
      wanted.delete(id);
      if (next === undefined || !equal(next, endpoint)) isChanged = true;
      if (next !== undefined) kept.push(next);
    }
    if (isChanged) changed.push({ slice, endpoints: kept });
    else unchanged.push(slice);
  }
  const left = [...wanted.values()];
  for (const { endpoints: kept } of changed) kept.push(...left.splice(0, ENDPOINTS_PER_SLICE - kept.length));
  topUp(left, changed, unchanged);
  while (left.length > 0) plan.create.push({ ports, endpoints: left.splice(0, ENDPOINTS_PER_SLICE) });

  plan.keep.push(...unchanged);
  for (const change of changed) {
    if (change.endpoints.length === 0) plan.remove.push(change.slice);
    else plan.update.push(change);
  }
}

/** Puts a remainder into the fullest untouched slice that has room for all of it. */
function topUp(
  left: Endpoint[],
  changed: { slice: EndpointSlice; endpoints: Endpoint[] }[],
  unchanged: EndpointSlice[],
): void {
  const remainder = left.length % ENDPOINTS_PER_SLICE;
  if (remainder === 0) return;
  const sizeOf = ({ endpoints }: EndpointSlice): number => endpoints?.length ?? 0;
  let best: EndpointSlice | undefined;
  for (const slice of unchanged) {
    if (sizeOf(slice) + remainder > ENDPOINTS_PER_SLICE) continue;
    if (best === undefined || sizeOf(slice) > sizeOf(best)) best = slice;
  }
  if (best === undefined) return;
  unchanged.splice(unchanged.indexOf(best), 1);
  const rest = left.splice(left.length - remainder, remainder);
  changed.push({ slice: best, endpoints: [...(best.endpoints ?? []), ...rest] });
}
