/**
 * The routing table of Gateways: addresses, listeners, and the rules behind each in the order they are tried.
 *
 * Models the precedence of matches of gateway.networking.k8s.io/v1 HTTPRoute.
 */
import { RE2JS } from "re2js";
import { compareText } from "#kernel/apimachinery/go-text";
import { attachmentOf, commonHosts, isBelow, isGatewayRef } from "#kernel/network/gateway/attach";
import {
  allOf,
  BUCKETS,
  type Gateway,
  isGatewayBucket,
  type KindOfRoute,
  type Match,
  type Rule,
  routesOf,
  servedClasses,
} from "#kernel/network/gateway/kinds";
import type { Registry } from "#kernel/registry/registry";
import type { View } from "#kernel/registry/view";
import { patternProblem } from "#kernel/resources/apiextensions/custom/pattern";
import { namespaces } from "#kernel/resources/core/namespace";
import type { Transport } from "#kernel/runtime/world";

/** One match of one rule of a route, for the hosts of a listener. */
export interface Entry extends KindOfRoute {
  readonly host: string;
  readonly match: Match;
  readonly pattern: RE2JS | undefined;
  readonly rule: Rule;
}

/** What a Gateway shows at one port. */
export interface Door {
  readonly isSecure: boolean;
  /** It carries connections as they are, whatever they say. */
  readonly isStream: boolean;
  /** By the host of the listener, `*` for any. */
  readonly listeners: ReadonlyMap<string, readonly Entry[]>;
}

/** A door while it is filled. */
interface OpenDoor extends Door {
  readonly listeners: Map<string, Entry[]>;
}

export class GatewayTable {
  #doors = new Map<string, Map<string, Door>>();
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
  door(registry: Registry, ip: string, port: number, transport: Transport): Door | undefined {
    this.#refresh(registry);
    return this.#doors.get(ip)?.get(doorKey(port, transport));
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
    const routes = routesOf(registry);
    for (const gateway of allOf<Gateway>(registry, BUCKETS.gateways)) {
      const ip = gateway.status?.addresses?.[0]?.value;
      if (ip !== undefined && classes.has(gateway.spec.gatewayClassName)) this.#open(registry, gateway, ip, routes);
    }
  }

  #open(registry: Registry, gateway: Gateway, ip: string, routes: readonly KindOfRoute[]): void {
    const doors = new Map<string, OpenDoor>();
    this.#doors.set(ip, doors);
    for (const { port, protocol, hostname } of gateway.spec.listeners) {
      const key = doorKey(port, protocol === "UDP" ? "UDP" : "TCP");
      const isStream = protocol === "TCP" || protocol === "UDP";
      const isSecure = protocol === "HTTPS" || protocol === "TLS";
      const door = doors.get(key) ?? { isSecure, isStream, listeners: new Map<string, Entry[]>() };
      doors.set(key, door);
      const host = hostname?.toLowerCase() || "*";
      if (!door.listeners.has(host)) door.listeners.set(host, []);
    }
    for (const one of routes) {
      const { route } = one;
      for (const ref of route.spec.parentRefs ?? []) {
        const { namespace = route.metadata.namespace, name } = ref;
        const isOurs = namespace === gateway.metadata.namespace && name === gateway.metadata.name;
        if (!isGatewayRef(ref) || !isOurs) continue;
        for (const { port, hostname, protocol } of attachmentOf(registry, gateway, one, ref).listeners) {
          const entries = doors
            .get(doorKey(port, protocol === "UDP" ? "UDP" : "TCP"))
            ?.listeners.get(hostname?.toLowerCase() || "*");
          for (const host of commonHosts(hostname, route.spec.hostnames)) {
            entries?.push(...entriesOf(one, host));
            if (host !== "*") this.#hosts.set(host, ip);
          }
        }
      }
    }
    for (const { listeners } of doors.values()) for (const entries of listeners.values()) entries.sort(compare);
  }
}

const doorKey = (port: number, transport: Transport): string => `${transport}/${port}`;

function entriesOf({ kind, route }: KindOfRoute, host: string): Entry[] {
  return (route.spec.rules ?? []).flatMap((rule) => {
    const all = rule.matches === undefined || rule.matches.length === 0 ? [{}] : rule.matches;
    return all.map((one): Entry => {
      const match = kind === "GRPCRoute" ? matchOfRpc(one) : one;
      return { kind, host, match, pattern: patternOf(match), rule, route };
    });
  });
}

/** What of a request tells the service and the method of a call: its path. */
function matchOfRpc({ method, headers }: Match): Match {
  const { type = "Exact", service, method: name } = typeof method === "object" ? method : {};
  const rest: Match = { method: "POST", ...(headers !== undefined && { headers }) };
  if (service === undefined && name === undefined) return rest;
  if (type === "RegularExpression") {
    return { ...rest, path: { type, value: `/${service ?? "[^/]+"}/${name ?? "[^/]+"}` } };
  }
  if (service === undefined)
    return { ...rest, path: { type: "RegularExpression", value: `/[^/]+/${quoted(name ?? "")}` } };
  return {
    ...rest,
    path: name === undefined ? { value: `/${service}` } : { type: "Exact", value: `/${service}/${name}` },
  };
}

const quoted = (text: string): string => text.replace(/[^\w]/g, "\\$&");

/** Patterns are matched in linear time; one that is none is refused before (#kernel/network/gateway/attach). */
function patternOf({ path }: Match): RE2JS | undefined {
  if (path?.type !== "RegularExpression") return undefined;
  return patternProblem(path.value ?? "") === undefined ? RE2JS.compile(`^(?:${path.value ?? ""})$`) : undefined;
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
    if (isGatewayBucket(bucket) || bucket === namespaces.bucket) table.forget();
  },
};
