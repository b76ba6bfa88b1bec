/**
 * The service proxy: which endpoint a connection to a Service reaches.
 *
 * Models pkg/proxy (topology.go, the iptables rules) on every node at once.
 */
import type { Endpoint, EndpointSlice, Service, ServicePort } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { keyOf, keyText } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import type { World } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

/** Where a connection goes on: an endpoint's address and port. */
export interface Destination {
  readonly ip: string;
  readonly port: number;
}

/** How a connection came to the Service. */
export interface Arrival {
  /** The address it comes from, for session affinity. */
  readonly clientIP: string;
  /** The node whose rules it meets, if they limit it to that node's endpoints (traffic policy Local). */
  readonly onlyNode?: string | undefined;
}

/** The room of session affinities; the id is the Service's uid, its port and the client's address. */
const AFFINITIES = "service-affinity";

interface Affinity {
  readonly ip: string;
  readonly at: Instant;
}

/** The port of a Service a connection is for, if it has it. */
export const servicePort = ({ spec }: Service, number: number): ServicePort | undefined =>
  spec.ports?.find(({ port, protocol = "TCP" }) => port === number && protocol === "TCP");

/** An endpoint of the Service's port; undefined if it has none, which rejects the connection. */
export function pickEndpoint(
  world: World,
  service: Service,
  port: ServicePort,
  arrival: Arrival,
): Destination | undefined {
  const found = endpointsOf(world, service, port, arrival.onlyNode);
  const [only] = found;
  if (only === undefined) return undefined;
  if (service.spec.sessionAffinity === "ClientIP") return stickTo(world, service, port, { found, arrival });
  return found.length === 1 ? only : world.entropy.pick(found);
}

/** The slices of a Service by name: the same choice falls however they were found. */
export function slicesOf(client: Client, service: Service): readonly EndpointSlice[] {
  const found = client.by(endpointslices, "service", keyText(keyOf(service)));
  return found.length < 2 ? found : found.toSorted((a, b) => compareText(a.metadata.name, b.metadata.name));
}

/** Every endpoint of the Service's port that is ready, wherever it is. */
export const readyEndpoints = (client: Client, service: Service, port: ServicePort): readonly Destination[] =>
  endpointsOf({ client }, service, port, undefined);

function endpointsOf(
  { client }: Pick<World, "client">,
  service: Service,
  port: ServicePort,
  onlyNode: string | undefined,
): Destination[] {
  const ready: Destination[] = [];
  const leaving: Destination[] = [];
  for (const { endpoints = [], ports = [] } of slicesOf(client, service)) {
    const target = ports.find(
      ({ name = "", protocol = "TCP" }) => name === (port.name ?? "") && protocol === "TCP",
    )?.port;
    if (target === undefined) continue;
    for (const endpoint of endpoints) {
      const [ip] = endpoint.addresses;
      if (ip === undefined || (onlyNode !== undefined && endpoint.nodeName !== onlyNode)) continue;
      if (endpoint.conditions?.ready !== false) ready.push({ ip, port: target });
      else if (isLeaving(endpoint)) leaving.push({ ip, port: target });
    }
  }
  // Endpoints that still serve while they end are better than none.
  return ready.length > 0 ? ready : leaving;
}

const isLeaving = ({ conditions }: Endpoint): boolean =>
  conditions?.serving === true && conditions.terminating === true;

const AFFINITY_SECONDS = 10_800;

function stickTo(
  { cells, now, entropy }: World,
  service: Service,
  port: ServicePort,
  { found, arrival }: { readonly found: readonly Destination[]; readonly arrival: Arrival },
): Destination | undefined {
  const id = `${service.metadata.uid} ${port.port} ${arrival.clientIP}`;
  const seconds = service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS;
  const known = cells.get<Affinity>(AFFINITIES, id);
  const isFresh = known !== undefined && now - known.at <= seconds * 1000;
  const chosen = (isFresh ? found.find(({ ip }) => ip === known.ip) : undefined) ?? entropy.pick(found);
  if (chosen !== undefined) cells.put(AFFINITIES, id, { ip: chosen.ip, at: now } satisfies Affinity);
  return chosen;
}
