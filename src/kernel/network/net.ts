/**
 * The cluster's network: from a container, a node or the outside to the container that listens.
 *
 * Models a flat pod network with kube-proxy on every node and CoreDNS.
 * Leaves out packets: a connection is open or fails at once; what travels slowly is told as a delay.
 */
import type { IngressServiceBackend, Pod } from "#kernel/api/types.gen";
import { apiServerAnswer } from "#kernel/network/api-server/answer";
import {
  CLUSTER_DNS,
  clusterAnswer,
  DNS_PARTY,
  DNS_PORT,
  hasDnsService,
  NODE_DNS,
  NODE_RESOLVER,
  nodeAnswer,
  recordsOf,
  resolverOf,
} from "#kernel/network/dns";
import type { Looking } from "#kernel/network/dns.zone";
import { gatewayAnswer } from "#kernel/network/gateway/answer";
import { GATEWAYS } from "#kernel/network/gateway/table";
import { ingressAnswer } from "#kernel/network/ingress";
import { INGRESS_ROUTES } from "#kernel/network/ingress.routes";
import { internetAnswer, isPublicResolver, publicAnswer } from "#kernel/network/internet";
import { keep, keptListener } from "#kernel/network/kept";
import { nodeHttp } from "#kernel/network/node-http";
import { isAllowed, type Party } from "#kernel/network/policy";
import type { Destination } from "#kernel/network/service-proxy";
import { delayMs, isDnsDown, isLost } from "#kernel/network/trouble";
import { handshake } from "#kernel/network/upgrade";
import { type Listener, OUTSIDE_IP, Way } from "#kernel/network/way";
import { pods } from "#kernel/resources/core/pod";
import { INGRESS_IP } from "#kernel/resources/networking/ingress.facts";
import { openConnection } from "#kernel/runtime/connections";
import { containerDns, containerHttp, containerRecord } from "#kernel/runtime/containers";
import { isHung } from "#kernel/runtime/fault";
import { closes } from "#kernel/runtime/http1";
import { isAddress, lookUp } from "#kernel/runtime/resolver";
import type {
  Address,
  ClientEnd,
  DnsAnswer,
  DnsQuestion,
  DnsRecord,
  HttpRequest,
  HttpResponse,
  IngressTrace,
  Net,
  NetFailure,
  Origin,
  Upgraded,
  World,
  ZoneView,
} from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";

/** A request that goes from container to container more often than this goes round in circles. */
const HOPS_MAX = 16;
/** An answer that takes longer than this is not waited for. */
const PATIENCE_MS = 600_000;

export interface Traced {
  readonly answer: HttpResponse | NetFailure;
  readonly pod: Pod | undefined;
}

export class ClusterNet implements Net {
  readonly world: World;
  #hops = 0;
  /** Requests that the one that is being answered has led to: what fans out at every hop has an end. */
  #spent = 0;
  /** Delays within the request that is being answered. */
  #elapsedMs = 0;
  /** The first pod a traced request came to. */
  #endpoint: Pod | undefined;

  constructor(parts: Omit<World, "net">) {
    this.world = { ...parts, net: this };
  }

  http(from: Origin, target: Address, request: HttpRequest): HttpResponse | NetFailure {
    const pod = this.#podOf(from);
    const listener = this.#keptOr(target, () => this.#reach(from, pod, target));
    if (typeof listener === "string") return listener;
    if (this.#hops === 0) this.#spent = 0;
    this.#spent += 1;
    if (this.#hops >= HOPS_MAX || this.#spent > LIMITS.requestsPerRequest) return "timeout";
    const outer = this.#elapsedMs;
    this.#elapsedMs = 0;
    this.#hops += 1;
    try {
      const answer = this.#answer(listener, request);
      keep(this.world, target, listener, typeof answer === "object" && !closes(answer));
      if (typeof answer === "string") return answer;
      const took = this.#elapsedMs + (answer.delayMs ?? 0) + delayMs(this.world, { pod }, podOf(listener));
      this.#elapsedMs = took;
      if (took === 0) return answer;
      return took > PATIENCE_MS ? "timeout" : { ...answer, delayMs: took };
    } finally {
      this.#hops -= 1;
      this.#elapsedMs += outer;
    }
  }

  #keptOr(target: Address, reach: () => Listener | NetFailure): Listener | NetFailure {
    const kept = keptListener(this.world, target);
    if (kept === undefined) return reach();
    this.#endpoint ??= kept.pod;
    return kept;
  }

  /** As http, and the pod that was chosen to answer. */
  traced(from: Origin, target: Address, request: HttpRequest): Traced {
    this.#endpoint = undefined;
    const answer = this.http(from, target, request);
    return { answer, pod: this.#endpoint };
  }

  #answer(listener: Listener, request: HttpRequest): HttpResponse | NetFailure {
    switch (listener.kind) {
      case "container":
        return containerHttp(this.world, listener.id, listener.port, {
          ...request,
          remoteAddress: listener.clientIP,
        });
      case "api-server":
        return apiServerAnswer(this.world, request);
      case "internet":
        return internetAnswer(listener.ip, request) ?? "refused";
      case "ingress":
        return counted(ingressAnswer(this.world, { ...listener, request, send: this.#sendFrom(INGRESS_IP) }));
      case "gateway":
        return counted(gatewayAnswer(this.world, { ...listener, request, send: this.#sendFrom(INGRESS_IP) }));
      default:
        return nodeHttp(this.world, listener, request);
    }
  }

  /** How a proxy beside the cluster sends on what came to it. */
  #sendFrom(ip: string): (to: Destination, request: HttpRequest) => HttpResponse | NetFailure {
    return ({ ip: host, port }, passed) => this.http({ kind: "node", ip }, { host, port }, passed);
  }

  connect(from: Origin, target: Address): "open" | NetFailure {
    const listener = this.#reach(from, this.#podOf(from), target);
    return typeof listener === "string" ? listener : "open";
  }

  dial(from: Origin, target: Address, end: ClientEnd): { readonly connection: string } | NetFailure {
    const listener = this.#reach(from, this.#podOf(from), target);
    if (typeof listener === "string") return listener;
    if (listener.kind !== "container") return "reset";
    const record = containerRecord(this.world.cells, listener.id);
    if (record === undefined || isHung(this.world.cells, this.world.client, record)) return "timeout";
    const connection = openConnection(this.world, {
      protocol: target.protocol ?? "TCP",
      port: listener.port,
      remoteAddress: listener.clientIP,
      client: end,
      server: listener.id,
    });
    return connection === undefined ? "timeout" : { connection };
  }

  upgrade(from: Origin, target: Address, request: HttpRequest, end: ClientEnd): Upgraded | NetFailure {
    let connection: string | undefined;
    const asking =
      (origin: Origin) =>
      ({ host, port }: Address, passed: HttpRequest): HttpResponse | NetFailure => {
        const dialled = this.dial(origin, { host, port }, end);
        if (typeof dialled === "string") return dialled;
        const outcome = handshake(this.world, dialled.connection, passed);
        if (typeof outcome === "string") return outcome;
        connection = outcome.connection;
        return outcome.answer;
      };
    const listener = this.#reach(from, this.#podOf(from), target);
    if (typeof listener === "string") return listener;
    const fromProxy = asking({ kind: "node", ip: INGRESS_IP });
    const send = ({ ip, port }: Destination, passed: HttpRequest) => fromProxy({ host: ip, port }, passed);
    let answer: HttpResponse | NetFailure;
    if (listener.kind === "container") answer = asking(from)(target, request);
    else if (listener.kind === "ingress") answer = ingressAnswer(this.world, { ...listener, request, send });
    else if (listener.kind === "gateway") answer = gatewayAnswer(this.world, { ...listener, request, send });
    else answer = this.http(from, target, request);
    if (typeof answer === "string") return answer;
    return answer.status === 101 && connection !== undefined ? { answer, connection } : { answer };
  }

  ingress(port: number, request: HttpRequest): IngressTrace {
    const trace: { upstream?: string; server?: string } = {};
    const pass = this.#sendFrom(INGRESS_IP);
    const answer = ingressAnswer(this.world, {
      port,
      clientIP: request.remoteAddress ?? OUTSIDE_IP,
      request,
      note({ namespace, service }) {
        if (service !== undefined) trace.upstream = `${namespace}-${service.name}-${portText(service)}`;
      },
      send(to, passed) {
        trace.server = `${to.ip}:${to.port}`;
        return pass(to, passed);
      },
    });
    return { answer, ...trace };
  }

  ping(from: Origin, host: string): "open" | NetFailure {
    const pod = this.#podOf(from);
    const ip = this.#addressOf(from, pod, host);
    if (ip === undefined) return "nxdomain";
    const answer = new Way(this.world, from, pod, "TCP").ping(ip);
    if (answer !== "open") return answer;
    return isLost(this.world, this.#beginning(from, pod), { ip }) ? "timeout" : answer;
  }

  roundTripMs(from: Origin, target: Address): number {
    const pod = this.#podOf(from);
    const ip = this.#addressOf(from, pod, target.host);
    return ip === undefined ? 0 : delayMs(this.world, { pod }, { ip });
  }

  resolve(from: Origin, name: string): readonly string[] {
    return this.#resolve(from, this.#podOf(from), name);
  }

  #resolve(from: Origin, pod: Pod | undefined, name: string): readonly string[] {
    if (isAddress(name)) return [name];
    const config = pod === undefined ? NODE_RESOLVER : resolverOf(pod);
    return lookUp(config, name, (server, question) => this.query(from, server, question));
  }

  query(from: Origin, server: string, question: DnsQuestion, port = DNS_PORT): DnsAnswer | NetFailure {
    const pod = this.#podOf(from);
    const { client, cells } = this.world;
    if (pod !== undefined && isDnsDown(cells, pod)) return "timeout";
    const party: Party =
      pod === undefined || pod.spec.hostNetwork === true ? { ip: from.ip ?? "" } : { ip: pod.status?.podIP ?? "", pod };
    const may = (to: Party): boolean =>
      (["UDP", "TCP"] as const).some((protocol) => isAllowed(client, party, to, { port, protocol }));
    if (port === DNS_PORT) {
      if (server === NODE_DNS) return may({ ip: server }) ? nodeAnswer(client, question) : "timeout";
      if (isPublicResolver(server)) return may({ ip: server }) ? publicAnswer(question) : "timeout";
      if (server === CLUSTER_DNS && !hasDnsService(client)) {
        const ask = (to: string, at: number, one: DnsQuestion): DnsAnswer | NetFailure =>
          to === server ? "timeout" : this.query({ kind: "node" }, to, one, at);
        return may(DNS_PARTY) ? clusterAnswer(client, question, this.world, ask) : "timeout";
      }
    }
    return this.#nameServer(from, pod, { host: server, port }, question);
  }

  /** A server in a container: asked over UDP, or where that is blocked over TCP. Servers that ask in circles stop. */
  #nameServer(from: Origin, pod: Pod | undefined, target: Address, question: DnsQuestion): DnsAnswer | NetFailure {
    if (this.#hops >= HOPS_MAX) return "timeout";
    this.#hops += 1;
    try {
      for (const protocol of ["UDP", "TCP"] as const) {
        const listener = this.#reach(from, pod, { ...target, protocol });
        if (listener === "timeout") continue;
        if (typeof listener === "string") return listener;
        if (listener.kind !== "container") return "timeout";
        const { id, port, clientIP } = listener;
        return containerDns(this.world, id, { question, port, protocol, remoteAddress: clientIP });
      }
      return "timeout";
    } finally {
      this.#hops -= 1;
    }
  }

  records(question: DnsQuestion, view: ZoneView, follow: Looking["upstream"]): readonly DnsRecord[] | undefined {
    return recordsOf(this.world.client, question, { view, upstream: follow });
  }

  /** The way to the listener, unless what is sent there gets lost. */
  #reach(from: Origin, pod: Pod | undefined, { host, port, protocol = "TCP" }: Address): Listener | NetFailure {
    const ip = this.#addressOf(from, pod, host);
    if (ip === undefined) return "nxdomain";
    const way = new Way(this.world, from, pod, protocol);
    const listener = way.to(ip, port);
    this.#endpoint ??= way.reached;
    if (typeof listener === "string") return listener;
    const isLoopback = listener.kind === "container" && listener.clientIP.startsWith("127.");
    return !isLoopback && isLost(this.world, this.#beginning(from, pod), podOf(listener)) ? "timeout" : listener;
  }

  #beginning(from: Origin, pod: Pod | undefined): { pod: Pod | undefined; node: string | undefined } {
    return { pod, node: pod?.spec.nodeName ?? (from.kind === "node" ? from.name : undefined) };
  }

  /** The address a name stands for; one of several is drawn. Out there the hosts of Ingresses are registered. */
  #addressOf(from: Origin, pod: Pod | undefined, host: string): string | undefined {
    if (isAddress(host)) return host.replace(/^\[(.*)\]$/, "$1");
    const { client, entropy } = this.world;
    if (from.kind === "outside") {
      const routes = client.registry.views.of(INGRESS_ROUTES);
      const name = host.toLowerCase();
      const isServed = routes.server(client.registry, name) ?? routes.wwwOf(client.registry, name);
      if (isServed !== undefined) return INGRESS_IP;
      const gateway = client.registry.views.of(GATEWAYS).addressOf(client.registry, name);
      if (gateway !== undefined) return gateway;
    }
    const found = this.#resolve(from, pod, host);
    return found.length > 1 ? entropy.pick(found) : found[0];
  }

  #podOf({ kind, namespace = "", name = "" }: Origin): Pod | undefined {
    return kind === "pod" ? this.world.client.get(pods, { namespace, name }) : undefined;
  }
}

/** An answer without what it took: that has been counted on its way. */
function counted({ delayMs: _, ...answer }: HttpResponse): HttpResponse {
  return answer;
}

const portText = ({ port }: IngressServiceBackend): string => port?.name ?? String(port?.number ?? "");

/** The end of a way, as far as trouble on it is concerned. */
const podOf = (listener: Listener): { readonly pod?: Pod } =>
  listener.kind === "container" ? { pod: listener.pod } : {};
