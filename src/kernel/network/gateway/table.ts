/**
 * The routing table of Gateways: addresses, listeners, and the rules behind each in the order they are tried.
 *
 * Models the precedence of matches of gateway.networking.k8s.io/v1 HTTPRoute.
 */
import { compareText } from "#kernel/apimachinery/go-text";
import { attachmentOf, commonHosts, isBelow, isGatewayRef } from "#kernel/network/gateway/attach";
import {
  allOf,
  BUCKETS,
  type Gateway,
  type HttpRoute,
  type Match,
  type Rule,
  servedClasses,
} from "#kernel/network/gateway/kinds";
import type { Registry } from "#kernel/registry/registry";
import type { View } from "#kernel/registry/view";
import { namespaces } from "#kernel/resources/core/namespace";

/** One match of one rule of a route, for the hosts of a listener. */
export interface Entry {
  readonly host: string;
  readonly match: Match;
  readonly pattern: RegExp | undefined;
  readonly rule: Rule;
  readonly route: HttpRoute;
}

/** What a Gateway shows at one port. */
export interface Door {
  readonly isSecure: boolean;
  /** By the host of the listener, `*` for any. */
  readonly listeners: ReadonlyMap<string, readonly Entry[]>;
}

export class GatewayTable {
  #doors = new Map<string, Map<number, Door>>();
  #hosts = new Map<string, string>();
  #isStale = true;

  forget(): void {
    this.#isStale = true;
  }

  /** Whether a Gateway has the address. */
  has(registry: Registry, ip: string): boolean {
    this.#refresh(registry);
    return this.#doors.has(ip);
  }

  /** What is shown at an address and port. */
  door(registry: Registry, ip: string, port: number): Door | undefined {
    this.#refresh(registry);
    return this.#doors.get(ip)?.get(port);
  }

  /** The address at which some route serves a host, as whoever registered the name would know. */
  addressOf(registry: Registry, host: string): string | undefined {
    this.#refresh(registry);
    const own = this.#hosts.get(host);
    if (own !== undefined) return own;
    for (const [name, ip] of this.#hosts) if (isBelow(host, name)) return ip;
    return undefined;
  }

  #refresh(registry: Registry): void {
    if (!this.#isStale) return;
    this.#isStale = false;
    this.#doors = new Map();
    this.#hosts = new Map();
    const classes = servedClasses(registry);
    if (classes.size === 0) return;
    const routes = allOf<HttpRoute>(registry, BUCKETS.routes);
    for (const gateway of allOf<Gateway>(registry, BUCKETS.gateways)) {
      const ip = gateway.status?.addresses?.[0]?.value;
      if (ip !== undefined && classes.has(gateway.spec.gatewayClassName)) this.#open(registry, gateway, ip, routes);
    }
  }

  #open(registry: Registry, gateway: Gateway, ip: string, routes: readonly HttpRoute[]): void {
    const doors = new Map<number, { isSecure: boolean; listeners: Map<string, Entry[]> }>();
    this.#doors.set(ip, doors);
    for (const { port, protocol, hostname } of gateway.spec.listeners) {
      const door = doors.get(port) ?? { isSecure: protocol === "HTTPS", listeners: new Map<string, Entry[]>() };
      doors.set(port, door);
      const host = hostname?.toLowerCase() || "*";
      if (!door.listeners.has(host)) door.listeners.set(host, []);
    }
    for (const route of routes) {
      for (const ref of route.spec.parentRefs ?? []) {
        const { namespace = route.metadata.namespace, name } = ref;
        const isOurs = namespace === gateway.metadata.namespace && name === gateway.metadata.name;
        if (!isGatewayRef(ref) || !isOurs) continue;
        for (const { port, hostname } of attachmentOf(registry, gateway, route, ref).listeners) {
          const entries = doors.get(port)?.listeners.get(hostname?.toLowerCase() || "*");
          for (const host of commonHosts(hostname, route.spec.hostnames)) {
            entries?.push(...entriesOf(route, host));
            if (host !== "*") this.#hosts.set(host, ip);
          }
        }
      }
    }
    for (const { listeners } of doors.values()) for (const entries of listeners.values()) entries.sort(compare);
  }
}

function entriesOf(route: HttpRoute, host: string): Entry[] {
  return (route.spec.rules ?? []).flatMap((rule) => {
    const all = rule.matches === undefined || rule.matches.length === 0 ? [{}] : rule.matches;
    return all.map((match): Entry => ({ host, match, pattern: patternOf(match), rule, route }));
  });
}

function patternOf({ path }: Match): RegExp | undefined {
  if (path?.type !== "RegularExpression") return undefined;
  try {
    return new RegExp(`^(?:${path.value ?? ""})$`);
  } catch {
    return /(?!)/;
  }
}

const pathRank = ({ path }: Match): number => (path?.type === "Exact" ? 2 : path?.type === "RegularExpression" ? 1 : 0);

/** A name before a pattern of names, the longest first. */
const hostRank = (host: string): number =>
  host === "*" ? 0 : host.startsWith("*.") ? host.length : 1_000 + host.length;

/** Whoever is more particular comes first; of equals the older route, then by name. */
function compare(a: Entry, b: Entry): number {
  const length = ({ match }: Entry): number => (match.path?.value ?? "/").length;
  return (
    hostRank(b.host) - hostRank(a.host) ||
    pathRank(b.match) - pathRank(a.match) ||
    length(b) - length(a) ||
    Number(b.match.method !== undefined) - Number(a.match.method !== undefined) ||
    (b.match.headers?.length ?? 0) - (a.match.headers?.length ?? 0) ||
    (b.match.queryParams?.length ?? 0) - (a.match.queryParams?.length ?? 0) ||
    compareText(String(a.route.metadata.creationTimestamp ?? ""), String(b.route.metadata.creationTimestamp ?? "")) ||
    compareText(a.route.metadata.namespace ?? "", b.route.metadata.namespace ?? "") ||
    compareText(a.route.metadata.name, b.route.metadata.name)
  );
}

export const GATEWAYS: View<GatewayTable> = {
  name: "network/gateways",
  create: () => new GatewayTable(),
  apply(table, { bucket }) {
    const isOurs = (Object.values(BUCKETS) as readonly string[]).includes(bucket);
    if (isOurs || bucket === namespaces.bucket) table.forget();
  },
};
