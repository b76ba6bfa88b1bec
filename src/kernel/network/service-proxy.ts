/**
 * The service proxy: which endpoint a connection to a Service reaches.
 *
 * Models pkg/proxy (topology.go, the iptables rules) on every node at once.
 */
import type { Endpoint, EndpointSlice, Service, ServicePort } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { keyOf, keyText } from "#kernel/apimachinery/meta";
import { DEPARTURES } from "#kernel/network/proxy-lag";
import type { Client } from "#kernel/registry/client";
import { nodes } from "#kernel/resources/core/node";
import { zoneOf } from "#kernel/resources/core/node.facts";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import type { Transport, World } from "#kernel/runtime/world";
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
  /** The node whose rules it meets; undefined for one that comes from outside. */
  readonly node?: string | undefined;
  /** Those rules know that node's endpoints alone (traffic policy Local). */
  readonly isLocal?: boolean;
}

/** The room of session affinities; the id is the Service's uid, its port and the client's address. */
const AFFINITIES = "service-affinity";

interface Affinity {
  readonly ip: string;
  readonly at: Instant;
}

/** The port of a Service a connection is for, if it has it. */
export const servicePort = ({ spec }: Service, number: number, transport: Transport = "TCP"): ServicePort | undefined =>
  spec.ports?.find(({ port, protocol = "TCP" }) => port === number && protocol === transport);

/**
 * An endpoint of the Service's port. "refused" if it has none at all, which rejects the connection; "timeout" if it has
 * some, but the traffic policy keeps it from all of them, which drops it.
 */
export function pickEndpoint(
  world: World,
  service: Service,
  port: ServicePort,
  arrival: Arrival,
): Destination | "refused" | "timeout" {
  const { ready: known, leaving } = backendsOf(world.client, service, port);
  const departed = world.client.registry.views.of(DEPARTURES).of(service, port);
  const ready = departed.length === 0 ? known : withDeparted(known, departed);
  const found = eligible(world.client, ready, leaving, arrival);
  const [only] = found;
  if (only === undefined) return ready.length + leaving.length > 0 ? "timeout" : "refused";
  if (service.spec.sessionAffinity === "ClientIP") return stickTo(world, service, port, { found, arrival });
  return found.length === 1 ? only : (world.entropy.pick(found) ?? only);
}

/** Nobody is counted twice who has come back. */
function withDeparted(ready: readonly Backend[], departed: readonly Backend[]): readonly Backend[] {
  return [...ready, ...departed.filter(({ ip }) => !ready.some((one) => one.ip === ip))];
}

/** The slices of a Service by name: the same choice falls however they were found. */
export function slicesOf(client: Client, service: Service): readonly EndpointSlice[] {
  const found = client.by(endpointslices, "service", keyText(keyOf(service)));
  return found.length < 2 ? found : found.toSorted((a, b) => compareText(a.metadata.name, b.metadata.name));
}

/** Every endpoint of the Service's port that is ready, wherever it is; else those that still serve while they end. */
export function readyEndpoints(client: Client, service: Service, port: ServicePort): readonly Destination[] {
  const { ready, leaving } = backendsOf(client, service, port);
  return ready.length > 0 ? ready : leaving;
}

/** An endpoint with what decides who may use it. */
interface Backend extends Destination {
  readonly nodeName: string | undefined;
  readonly hints: Endpoint["hints"];
}

interface Backends {
  /** Those that are ready. */
  readonly ready: readonly Backend[];
  /** Those that end but still serve: better than none. */
  readonly leaving: readonly Backend[];
}

/** What a slice holds for a port: slices never change as objects, so each is read once. */
const read = new WeakMap<EndpointSlice, Map<string, Backends>>();

function backendsOf(client: Client, service: Service, port: ServicePort): Backends {
  const slices = slicesOf(client, service);
  const [only] = slices;
  if (only !== undefined && slices.length === 1) return backendsIn(only, port);
  const all = slices.map((slice) => backendsIn(slice, port));
  return { ready: all.flatMap(({ ready }) => ready), leaving: all.flatMap(({ leaving }) => leaving) };
}

const NONE: Backends = { ready: [], leaving: [] };

function backendsIn(slice: EndpointSlice, { name = "", protocol = "TCP" }: ServicePort): Backends {
  const key = `${protocol} ${name}`;
  const known = read.get(slice)?.get(key);
  if (known !== undefined) return known;
  const target = (slice.ports ?? []).find((one) => (one.name ?? "") === name && (one.protocol ?? "TCP") === protocol);
  const found = target?.port === undefined ? NONE : backendsAt(slice, target.port);
  const ports = read.get(slice) ?? new Map<string, Backends>();
  read.set(slice, ports.set(key, found));
  return found;
}

function backendsAt({ endpoints = [] }: EndpointSlice, port: number): Backends {
  const ready: Backend[] = [];
  const leaving: Backend[] = [];
  for (const { addresses, conditions, nodeName, hints } of endpoints) {
    const [ip] = addresses;
    if (ip === undefined) continue;
    const backend = { ip, port, nodeName, hints };
    if (conditions?.ready !== false) ready.push(backend);
    else if (conditions.serving === true && conditions.terminating === true) leaving.push(backend);
  }
  return { ready, leaving };
}

function eligible(
  client: Client,
  ready: readonly Backend[],
  leaving: readonly Backend[],
  { node, isLocal = false }: Arrival,
): readonly Backend[] {
  if (isLocal) {
    const own = ready.filter(({ nodeName }) => nodeName === node);
    return own.length > 0 ? own : leaving.filter(({ nodeName }) => nodeName === node);
  }
  const near = node === undefined ? ready : nearest(client, ready, node);
  return near.length > 0 ? near : leaving;
}

/** What hints say: endpoints meant for this node, else for its zone, else all; hints count only if all have them. */
function nearest(client: Client, ready: readonly Backend[], node: string): readonly Backend[] {
  if (ready.length === 0 || ready[0]?.hints === undefined) return ready;
  if (ready.every(({ hints }) => (hints?.forNodes?.length ?? 0) > 0)) {
    const own = ready.filter(({ hints }) => hints?.forNodes?.some(({ name }) => name === node) === true);
    if (own.length > 0) return own;
  }
  if (!ready.every(({ hints }) => (hints?.forZones?.length ?? 0) > 0)) return ready;
  const object = client.get(nodes, { namespace: "", name: node });
  const zone = object === undefined ? "" : zoneOf(object);
  const own = ready.filter(({ hints }) => hints?.forZones?.some(({ name }) => name === zone) === true);
  return own.length > 0 ? own : ready;
}

/** How many ready endpoints of a Service a node has, for its health check. */
export function localEndpoints(client: Client, service: Service, node: string): number {
  const found = new Set<string>();
  for (const port of service.spec.ports ?? []) {
    for (const { nodeName, ip } of backendsOf(client, service, port).ready) if (nodeName === node) found.add(ip);
  }
  return found.size;
}

const AFFINITY_SECONDS = 10_800;

function stickTo(
  { cells, now, entropy }: World,
  service: Service,
  port: ServicePort,
  { found, arrival }: { readonly found: readonly Destination[]; readonly arrival: Arrival },
): Destination | "refused" {
  const id = `${service.metadata.uid} ${port.protocol ?? "TCP"} ${port.port} ${arrival.clientIP}`;
  const seconds = service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS;
  const known = cells.get<Affinity>(AFFINITIES, id);
  const isFresh = known !== undefined && now - known.at <= seconds * 1000;
  const chosen = (isFresh ? found.find(({ ip }) => ip === known.ip) : undefined) ?? entropy.pick(found);
  if (chosen === undefined) return "refused";
  cells.put(AFFINITIES, id, { ip: chosen.ip, at: now } satisfies Affinity);
  return chosen;
}
