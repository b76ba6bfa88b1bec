/**
 * What the proxies of the nodes have not heard yet: for a moment they send connections to endpoints that have left.
 *
 * Models the way of an EndpointSlice's change to every kube-proxy's rules: watches, batches, a sync of the rules.
 * Leaves out endpoints that come: a pod that is ready a moment longer before it is used shows to nobody.
 */
import type { EndpointSlice, Service, ServicePort } from "#kernel/api/types.gen";
import { keyOf, keyText } from "#kernel/apimachinery/meta";
import type { Registry } from "#kernel/registry/registry";
import type { View } from "#kernel/registry/view";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import type { Instant } from "#kernel/sim/instant";

/** How long it takes until all proxies know. */
const LAG_MS = 500;
const SERVICE_LABEL = "kubernetes.io/service-name";

/** An endpoint that was ready until a moment ago. */
export interface Departed {
  readonly ip: string;
  readonly port: number;
  readonly nodeName: string | undefined;
  readonly hints: undefined;
}

interface Entry extends Departed {
  readonly name: string;
  readonly protocol: string;
  readonly until: Instant;
}

class Departures {
  readonly #registry: Registry;
  readonly #byService = new Map<string, Entry[]>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** Whether the nodes of this cluster take time to hear of anything. */
  get #isInstant(): boolean {
    return this.#registry.cells.get<{ readonly latency?: string }>("cluster", "options")?.latency === "none";
  }

  note(before: EndpointSlice | undefined, after: EndpointSlice | undefined): void {
    const service = before?.metadata.labels?.[SERVICE_LABEL];
    if (before === undefined || service === undefined || this.#isInstant) return;
    const stays = new Set((after?.endpoints ?? []).flatMap((one) => (isReady(one) ? one.addresses : [])));
    const until = this.#registry.now + LAG_MS;
    const left: Entry[] = [];
    for (const endpoint of before.endpoints ?? []) {
      const [ip] = endpoint.addresses;
      if (ip === undefined || !isReady(endpoint) || stays.has(ip)) continue;
      for (const { port, name = "", protocol = "TCP" } of before.ports ?? []) {
        if (port === undefined) continue;
        left.push({ ip, port, nodeName: endpoint.nodeName, hints: undefined, name, protocol, until });
      }
    }
    if (left.length === 0) return;
    const key = `${before.metadata.namespace}/${service}`;
    this.#byService.set(key, [...this.#fresh(key), ...left]);
  }

  #fresh(key: string): readonly Entry[] {
    const all = this.#byService.get(key);
    if (all === undefined) return [];
    const fresh = all.filter(({ until }) => until > this.#registry.now);
    if (fresh.length === 0) this.#byService.delete(key);
    else if (fresh.length < all.length) this.#byService.set(key, fresh);
    return fresh;
  }

  /** Endpoints of a Service's port that connections still go to although they have left. */
  of(service: Service, { name = "", protocol = "TCP" }: ServicePort): readonly Departed[] {
    if (this.#byService.size === 0) return [];
    const fresh = this.#fresh(keyText(keyOf(service)));
    return fresh.filter((one) => one.name === name && one.protocol === protocol);
  }
}

const isReady = ({ conditions }: { readonly conditions?: { readonly ready?: boolean } }): boolean =>
  conditions?.ready !== false;

export const DEPARTURES: View<Departures> = {
  name: "network/departures",
  create: (registry) => new Departures(registry),
  apply(departures, { bucket, type, object, previous }) {
    if (bucket !== endpointslices.bucket) return;
    const after = type === "DELETED" ? undefined : (object as EndpointSlice);
    departures.note((previous ?? (type === "DELETED" ? object : undefined)) as EndpointSlice | undefined, after);
  },
};
