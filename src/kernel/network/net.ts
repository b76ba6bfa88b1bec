/**
 * The cluster's network: from a container, a node or the outside to the container that listens.
 *
 * Models a flat pod network with kube-proxy on every node and CoreDNS.
 * Leaves out packets and UDP: a connection is open or fails at once, and its answer takes no time.
 */
import type { Pod, Service } from "#kernel/api/types.gen";
import { parseIp } from "#kernel/apimachinery/ip";
import { ADDRESSES } from "#kernel/network/addresses";
import { apiServerAnswer, isApiServer } from "#kernel/network/api-server";
import { resolveName } from "#kernel/network/dns";
import { ingressAnswer } from "#kernel/network/ingress";
import { INGRESS_ROUTES } from "#kernel/network/ingress.routes";
import { isAllowed, type Party } from "#kernel/network/policy";
import { type Destination, pickEndpoint, servicePort } from "#kernel/network/service-proxy";
import { isCutOff, isLost } from "#kernel/network/trouble";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { INGRESS_IP } from "#kernel/resources/networking/ingress.facts";
import { containerHttp, listens } from "#kernel/runtime/containers";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import type { HttpRequest, HttpResponse, Net, NetFailure, Origin, World } from "#kernel/runtime/world";

/** A pod on its node's network is the node to everybody else. */
function partyOf(pod: Pod): Party {
  const ip = pod.status?.podIP ?? "";
  return pod.spec.hostNetwork === true ? { ip, node: pod.spec.nodeName ?? "" } : { ip, pod };
}

function sourceOf({ kind, name }: Origin, pod: Pod | undefined, ip: string): Party {
  if (pod !== undefined) return partyOf(pod);
  return kind === "node" && name !== undefined ? { ip, node: name } : { ip };
}

/** Who takes the connection in the end. */
type Listener =
  | { readonly kind: "container"; readonly id: string; readonly port: number; readonly clientIP: string }
  | { readonly kind: "api-server" }
  | { readonly kind: "ingress"; readonly port: number; readonly clientIP: string };

/** Whoever asks from outside comes in by the gateway of the nodes' network. */
const OUTSIDE_IP = "172.18.0.1";
/** A request that goes from container to container more often than this goes round in circles. */
const HOPS_MAX = 16;

export class ClusterNet implements Net {
  readonly world: World;
  #hops = 0;
  /** Who connects, while the way is looked for. */
  #source: Party = { ip: OUTSIDE_IP };

  constructor(parts: Omit<World, "net">) {
    this.world = { ...parts, net: this };
  }

  http(from: Origin, target: { host: string; port: number }, request: HttpRequest): HttpResponse | NetFailure {
    const listener = this.#reach(from, target);
    if (typeof listener === "string") return listener;
    if (listener.kind === "api-server") return apiServerAnswer(request);
    if (this.#hops >= HOPS_MAX) return "timeout";
    this.#hops += 1;
    try {
      if (listener.kind === "ingress") return this.#throughIngress(listener, request);
      const { id, port, clientIP } = listener;
      return containerHttp(this.world, id, port, { ...request, remoteAddress: clientIP });
    } finally {
      this.#hops -= 1;
    }
  }

  #throughIngress({ port, clientIP }: { port: number; clientIP: string }, request: HttpRequest): HttpResponse {
    const send = ({ ip, port: number }: Destination, passed: HttpRequest): HttpResponse | NetFailure =>
      this.http({ kind: "node", ip: INGRESS_IP }, { host: ip, port: number }, passed);
    return ingressAnswer(this.world, { port, clientIP, request, send });
  }

  connect(from: Origin, target: { host: string; port: number }): "open" | NetFailure {
    const listener = this.#reach(from, target);
    return typeof listener === "string" ? listener : "open";
  }

  resolve(from: Origin, name: string): readonly string[] {
    return resolveName(this.world.client, this.#podOf(from), name);
  }

  /** The way to the listener, unless what is sent there gets lost. */
  #reach(from: Origin, target: { host: string; port: number }): Listener | NetFailure {
    const listener = this.#find(from, target);
    if (typeof listener === "string") return listener;
    const pod = this.#podOf(from);
    const node = pod?.spec.nodeName ?? (from.kind === "node" ? from.name : undefined);
    const end = listener.kind === "container" ? listener.id : undefined;
    return isLost(this.world, { pod, node }, end) ? "timeout" : listener;
  }

  #podOf({ kind, namespace = "", name = "" }: Origin): Pod | undefined {
    return kind === "pod" ? this.world.client.get(pods, { namespace, name }) : undefined;
  }

  #find(from: Origin, { host, port }: { host: string; port: number }): Listener | NetFailure {
    const pod = this.#podOf(from);
    const addresses = this.#addressesOf(from, pod, host);
    const ip = addresses.length > 1 ? this.world.entropy.pick(addresses) : addresses[0];
    if (ip === undefined) return "nxdomain";
    if (parseIp(ip)?.family === 4 && ip.startsWith("127.")) return this.#loopback(from, pod, port);
    const clientIP = from.ip ?? pod?.status?.podIP ?? this.#nodeIP(from.name ?? "") ?? OUTSIDE_IP;
    const node = pod?.spec.nodeName ?? (from.kind === "node" ? from.name : undefined);
    this.#source = sourceOf(from, pod, clientIP);
    return from.kind === "outside"
      ? this.#fromOutside(ip, port, clientIP)
      : this.#fromInside(ip, port, { clientIP, node });
  }

  /** Out there the hosts of Ingresses are known to whoever registered them. */
  #addressesOf(from: Origin, pod: Pod | undefined, host: string): readonly string[] {
    const { client } = this.world;
    const found = resolveName(client, pod, host);
    if (found.length > 0 || from.kind !== "outside") return found;
    const routes = client.registry.views.of(INGRESS_ROUTES);
    return routes.server(client.registry, host.toLowerCase()) === undefined ? [] : [INGRESS_IP];
  }

  #loopback(from: Origin, pod: Pod | undefined, port: number): Listener | NetFailure {
    if (pod !== undefined) return this.#inPod(pod, port, "127.0.0.1");
    return from.kind === "node" ? this.#onNode(from.name ?? "", port, "127.0.0.1") : "refused";
  }

  #fromInside(ip: string, port: number, via: { clientIP: string; node: string | undefined }): Listener | NetFailure {
    const { client } = this.world;
    const [service] = client.by(services, "clusterIP", ip);
    if (service !== undefined) {
      const isLocal = service.spec.internalTrafficPolicy === "Local";
      return this.#toService(service, port, { clientIP: via.clientIP, onlyNode: isLocal ? via.node : undefined });
    }
    if (isApiServer(client, ip, port)) return this.#onApiServer(ip, port);
    const view = client.registry.views.of(ADDRESSES);
    const key = view.pod(ip);
    const pod = key === undefined ? undefined : client.get(pods, key);
    if (pod !== undefined) return this.#inPod(pod, port, via.clientIP);
    return this.#fromOutside(ip, port, via.clientIP);
  }

  /** What is reachable from everywhere: node ports, load balancers, external IPs. */
  #fromOutside(ip: string, port: number, clientIP: string): Listener | NetFailure {
    const { client } = this.world;
    const view = client.registry.views.of(ADDRESSES);
    const [balanced] = client.by(services, "loadBalancerIP", ip);
    const external = view.external(ip);
    const service = balanced ?? (external === undefined ? undefined : client.get(services, external));
    if (service !== undefined) {
      const isLocal = service.spec.externalTrafficPolicy === "Local";
      return this.#toService(service, port, { clientIP }, { isMasked: !isLocal });
    }
    const node = view.node(ip);
    if (node !== undefined) return this.#onNode(node, port, clientIP);
    if (ip === INGRESS_IP && view.pod(ip) === undefined) return this.#onIngress(port, clientIP);
    return view.pod(ip) === undefined ? "unreachable" : "timeout";
  }

  #onIngress(port: number, clientIP: string): Listener | NetFailure {
    const { registry } = this.world.client;
    if (!registry.views.of(INGRESS_ROUTES).listens(registry)) return "unreachable";
    const isOpen = (port === 80 || port === 443) && this.#mayReach({ ip: INGRESS_IP }, port);
    return isOpen ? { kind: "ingress", port, clientIP } : "timeout";
  }

  #onApiServer(ip: string, port: number): Listener | NetFailure {
    return this.#mayReach({ ip }, port) ? { kind: "api-server" } : "timeout";
  }

  #mayReach(to: Party, port: number): boolean {
    return isAllowed(this.world.client, this.#source, to, { port, protocol: "TCP" });
  }

  #toService(
    service: Service,
    number: number,
    arrival: { readonly clientIP: string; readonly onlyNode?: string | undefined },
    { isMasked } = { isMasked: false },
  ): Listener | NetFailure {
    const port = servicePort(service, number);
    // No rule matches a port the Service does not have: the packet is lost.
    if (port === undefined) return "timeout";
    const chosen = pickEndpoint(this.world, service, port, arrival);
    return chosen === undefined ? "refused" : this.#toEndpoint(chosen, arrival.clientIP, isMasked);
  }

  /** What comes in from outside is masked: the pod sees the address of its node, where the answer must come back. */
  #toEndpoint({ ip, port }: Destination, clientIP: string, isMasked: boolean): Listener | NetFailure {
    const { client } = this.world;
    if (isApiServer(client, ip, port)) return this.#onApiServer(ip, port);
    const view = client.registry.views.of(ADDRESSES);
    const key = view.pod(ip);
    const pod = key === undefined ? undefined : client.get(pods, key);
    if (pod !== undefined) {
      const masked = isMasked ? this.#nodeIP(pod.spec.nodeName ?? "") : undefined;
      return this.#inPod(pod, port, masked ?? clientIP);
    }
    const node = view.node(ip);
    return node === undefined ? "timeout" : this.#onHost(node, port, clientIP);
  }

  /** A node's address: a NodePort of some Service, or what the node's own network shows. */
  #onNode(node: string, port: number, clientIP: string): Listener | NetFailure {
    if (!this.#isPowered(node) || isCutOff(this.world.cells, node)) return "timeout";
    const [service] = this.world.client.by(services, "nodePort", `TCP/${port}`);
    const rule = service?.spec.ports?.find(({ nodePort }) => nodePort === port);
    if (service === undefined || rule === undefined) return this.#onHost(node, port, clientIP);
    const isLocal = service.spec.externalTrafficPolicy === "Local";
    const chosen = pickEndpoint(this.world, service, rule, { clientIP, onlyNode: isLocal ? node : undefined });
    if (chosen !== undefined) return this.#toEndpoint(chosen, clientIP, !isLocal);
    // With the Local policy a node without endpoints drops what the others would serve.
    return isLocal && pickEndpoint(this.world, service, rule, { clientIP }) !== undefined ? "timeout" : "refused";
  }

  #onHost(node: string, port: number, clientIP: string): Listener | NetFailure {
    if (!this.#isPowered(node)) return "timeout";
    for (const pod of this.world.client.by(pods, "node", node)) {
      if (pod.spec.hostNetwork === true) {
        const listener = this.#inPod(pod, port, clientIP);
        if (typeof listener !== "string") return listener;
        continue;
      }
      for (const { ports = [] } of pod.spec.containers) {
        const mapped = ports.find(({ hostPort, protocol = "TCP" }) => hostPort === port && protocol === "TCP");
        if (mapped !== undefined) return this.#inPod(pod, mapped.containerPort, clientIP);
      }
    }
    return this.#mayReach({ ip: this.#nodeIP(node) ?? "", node }, port) ? "refused" : "timeout";
  }

  #inPod(pod: Pod, port: number, clientIP: string): Listener | NetFailure {
    if (!this.#isPowered(pod.spec.nodeName ?? "")) return "timeout";
    if (!clientIP.startsWith("127.") && !this.#mayReach(partyOf(pod), port)) return "timeout";
    const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
    for (const { containerID = "" } of [
      ...containerStatuses,
      ...initContainerStatuses,
      ...ephemeralContainerStatuses,
    ]) {
      const id = containerID.slice(containerID.indexOf("//") + 2);
      if (id !== "" && listens(this.world, id, port)) return { kind: "container", id, port, clientIP };
    }
    return "refused";
  }

  #nodeIP(node: string): string | undefined {
    return this.world.cells.get<Machine>(MACHINES, node)?.internalIP;
  }

  #isPowered(node: string): boolean {
    return this.world.cells.get<Machine>(MACHINES, node)?.isPowered === true;
  }
}
