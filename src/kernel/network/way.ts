/**
 * The way of one connection: through Services, node ports and policies to whoever listens, or why it ends.
 *
 * Models kube-proxy's rules, the CNI plugin's routes and port mappings, and the kernels of the nodes.
 */
import type { Pod, Service } from "#kernel/api/types.gen";
import { parseIp } from "#kernel/apimachinery/ip";
import { ADDRESSES, type Addresses } from "#kernel/network/addresses";
import { isApiServer } from "#kernel/network/api-server/address";
import { CLUSTER_DNS, NODE_DNS } from "#kernel/network/dns";
import { streamEndpoint } from "#kernel/network/gateway/answer";
import { type Door, GATEWAYS } from "#kernel/network/gateway/table";
import { INGRESS_ROUTES } from "#kernel/network/ingress.routes";
import { isOutThere } from "#kernel/network/internet";
import { inBlock, isAllowed, type Party } from "#kernel/network/policy";
import { type Destination, localEndpoints, pickEndpoint, servicePort } from "#kernel/network/service-proxy";
import { isCutOff } from "#kernel/network/trouble";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { isProxied } from "#kernel/resources/core/service.facts";
import { INGRESS_IP } from "#kernel/resources/networking/ingress.facts";
import { containerRecord } from "#kernel/runtime/containers";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { PORTS_OF } from "#kernel/runtime/process/listeners";
import type { NetFailure, Origin, Transport, World } from "#kernel/runtime/world";

/** Who takes the connection in the end. */
export type Listener =
  | {
      readonly kind: "container";
      readonly id: string;
      readonly port: number;
      readonly clientIP: string;
      readonly pod: Pod;
    }
  | { readonly kind: "api-server" }
  | { readonly kind: "internet"; readonly ip: string }
  | { readonly kind: "kubelet"; readonly node: string }
  | { readonly kind: "kube-proxy"; readonly node: string; readonly port: number }
  | { readonly kind: "health"; readonly service: Service; readonly endpoints: number }
  | { readonly kind: "ingress"; readonly port: number; readonly clientIP: string }
  | { readonly kind: "gateway"; readonly door: Door; readonly port: number; readonly clientIP: string };

/** Whoever asks from outside comes in by the gateway of the nodes' network. */
export const OUTSIDE_IP = "172.18.0.1";
/** What every node's own network shows. */
const KUBELET_PORT = 10_250;
const PROXY_HEALTH_PORT = 10_256;
/** What the proxy shows to its own node alone. */
const PROXY_METRICS_PORT = 10_249;

/** A pod on its node's network is the node to everybody else. */
function partyOf(pod: Pod): Party {
  const ip = pod.status?.podIP ?? "";
  return pod.spec.hostNetwork === true ? { ip, node: pod.spec.nodeName ?? "" } : { ip, pod };
}

export class Way {
  readonly #world: World;
  readonly #from: Origin;
  readonly #pod: Pod | undefined;
  /** The address it comes from before any translation, and the node it begins on. */
  readonly #clientIP: string;
  readonly #node: string | undefined;
  readonly #source: Party;
  readonly #protocol: Transport;
  readonly #addresses: Addresses;
  /** The pod the connection came to, whether anybody listened there or not. */
  reached: Pod | undefined;

  constructor(world: World, from: Origin, pod: Pod | undefined, protocol: Transport) {
    this.#world = world;
    this.#from = from;
    this.#pod = pod;
    this.#protocol = protocol;
    this.#addresses = world.client.registry.views.of(ADDRESSES);
    this.#node = pod?.spec.nodeName ?? (from.kind === "node" ? from.name : undefined);
    this.#clientIP = from.ip ?? pod?.status?.podIP ?? this.#nodeIP(from.name ?? "") ?? OUTSIDE_IP;
    if (pod !== undefined) this.#source = partyOf(pod);
    else if (from.kind === "node" && from.name !== undefined) this.#source = { ip: this.#clientIP, node: from.name };
    else this.#source = { ip: this.#clientIP };
  }

  /** Who takes a connection to an address. */
  to(ip: string, port: number): Listener | NetFailure {
    if (ip.startsWith("127.") || ip === "::1") return this.#loopback(port);
    if (parseIp(ip)?.family === 6) return "unreachable";
    return this.#from.kind === "outside" ? this.#fromOutside(ip, port) : this.#fromInside(ip, port);
  }

  /** Whether an address answers an echo request. */
  ping(ip: string): "open" | NetFailure {
    if (ip.startsWith("127.") || ip === "::1") return "open";
    const isAllowedTo = (to: Party): "open" | "timeout" =>
      isAllowed(this.#world.client, this.#source, to, { port: 0, protocol: "ICMP" }) ? "open" : "timeout";
    const node = this.#addresses.node(ip);
    if (node !== undefined) return this.#isUp(node) ? isAllowedTo({ ip, node }) : "timeout";
    const key = this.#addresses.pod(ip);
    const pod = key === undefined ? undefined : this.#world.client.get(pods, key);
    if (pod !== undefined) return this.#isUp(pod.spec.nodeName ?? "") ? isAllowedTo(partyOf(pod)) : "timeout";
    if (isOutThere(ip) || ip === NODE_DNS || ip === INGRESS_IP) return isAllowedTo({ ip });
    // Addresses of Services exist in rules for their ports alone.
    return inBlock("10.244.0.0/16", ip) ? "unreachable" : "timeout";
  }

  #loopback(port: number): Listener | NetFailure {
    // A pod on its node's network has the node's loopback, and so all that listens there.
    if (this.#pod?.spec.hostNetwork === true) {
      const own = this.#inPod(this.#pod, port, "127.0.0.1");
      return own === "refused" ? this.#onNode(this.#node ?? "", "127.0.0.1", port, "127.0.0.1") : own;
    }
    if (this.#pod !== undefined) return this.#inPod(this.#pod, port, "127.0.0.1");
    return this.#from.kind === "node" ? this.#onNode(this.#from.name ?? "", "", port, "127.0.0.1") : "refused";
  }

  #fromInside(ip: string, port: number): Listener | NetFailure {
    const { client } = this.#world;
    const [service] = client.by(services, "clusterIP", ip);
    if (service !== undefined && isProxied(service)) {
      return this.#toService(service, port, { isLocal: service.spec.internalTrafficPolicy === "Local" });
    }
    if (isApiServer(client, ip, port)) return this.#onApiServer(ip, port);
    const key = this.#addresses.pod(ip);
    const pod = key === undefined ? undefined : client.get(pods, key);
    if (pod !== undefined) return this.#inPod(pod, port, this.#seenBy(pod));
    return this.#fromOutside(ip, port);
  }

  /** The source a pod sees: its own node and itself reach it by the gateway of the node's pods. */
  #seenBy(pod: Pod): string {
    if (this.#pod !== undefined || this.#from.kind !== "node" || this.#node !== pod.spec.nodeName)
      return this.#clientIP;
    return this.#gateway(pod.spec.nodeName ?? "") ?? this.#clientIP;
  }

  /** What is reachable from everywhere: node ports, load balancers, external IPs. */
  #fromOutside(ip: string, port: number): Listener | NetFailure {
    const { client } = this.#world;
    const [balanced] = client.by(services, "loadBalancerIP", ip);
    const external = this.#addresses.external(ip);
    const service = balanced ?? (external === undefined ? undefined : client.get(services, external));
    if (service !== undefined && isProxied(service)) {
      const ranges = balanced?.spec.loadBalancerSourceRanges ?? [];
      if (ranges.length > 0 && !ranges.some((range) => inBlock(range.trim(), this.#clientIP))) return "timeout";
      return this.#toExternal(service, port);
    }
    const node = this.#addresses.node(ip);
    if (node !== undefined) return this.#onNode(node, ip, port, this.#clientIP);
    const gateways = client.registry.views.of(GATEWAYS);
    if (gateways.has(client.registry, ip)) {
      return this.#onGateway(ip, port, gateways.door(client.registry, ip, port, this.#protocol));
    }
    if (ip === INGRESS_IP && this.#addresses.pod(ip) === undefined) return this.#onIngress(port);
    if (isOutThere(ip)) return this.#mayReach({ ip }, port) ? { kind: "internet", ip } : "timeout";
    if (ip === CLUSTER_DNS || ip === NODE_DNS) return this.#mayReach({ ip }, port) ? "refused" : "timeout";
    return this.#addresses.pod(ip) === undefined ? "unreachable" : "timeout";
  }

  /** A balancer hands what comes from outside to some node; with the Local policy to one with endpoints. */
  #toExternal(service: Service, number: number): Listener | NetFailure {
    const port = servicePort(service, number, this.#protocol);
    if (port === undefined) return "timeout";
    const isLocal = service.spec.externalTrafficPolicy === "Local";
    // Whoever is inside meets the rules of its own node, where the policy does not keep it from any endpoint.
    const chosen = pickEndpoint(this.#world, service, port, { clientIP: this.#clientIP, node: this.#node });
    if (typeof chosen === "string") return chosen;
    return this.#toEndpoint(chosen, { isMasked: !isLocal && this.#from.kind === "outside" });
  }

  #onIngress(port: number): Listener | NetFailure {
    const { registry } = this.#world.client;
    if (!registry.views.of(INGRESS_ROUTES).listens(registry)) return "unreachable";
    if (this.#protocol !== "TCP" || (port !== 80 && port !== 443)) return "timeout";
    return this.#mayReach({ ip: INGRESS_IP }, port) ? { kind: "ingress", port, clientIP: this.#clientIP } : "timeout";
  }

  #onGateway(ip: string, port: number, door: Door | undefined): Listener | NetFailure {
    if (door === undefined || !this.#mayReach({ ip }, port)) return "timeout";
    if (door.isStream) {
      const chosen = streamEndpoint(this.#world, door);
      return chosen === undefined ? "refused" : this.#toEndpoint(chosen, { isMasked: true });
    }
    return { kind: "gateway", door, port, clientIP: this.#clientIP };
  }

  #onApiServer(ip: string, port: number): Listener | NetFailure {
    return this.#mayReach({ ip }, port) ? { kind: "api-server" } : "timeout";
  }

  #mayReach(to: Party, port: number): boolean {
    return isAllowed(this.#world.client, this.#source, to, { port, protocol: this.#protocol });
  }

  #toService(service: Service, number: number, { isLocal }: { readonly isLocal: boolean }): Listener | NetFailure {
    const port = servicePort(service, number, this.#protocol);
    // No rule matches a port the Service does not have: the packet is lost.
    if (port === undefined) return "timeout";
    const chosen = pickEndpoint(this.#world, service, port, { clientIP: this.#clientIP, node: this.#node, isLocal });
    return typeof chosen === "string" ? chosen : this.#toEndpoint(chosen, { isMasked: false });
  }

  /** What comes in from outside is masked: the pod sees the address of a node, where the answer must come back. */
  #toEndpoint(
    { ip, port }: Destination,
    { isMasked, by }: { readonly isMasked: boolean; readonly by?: string },
  ): Listener | NetFailure {
    const { client } = this.#world;
    if (isApiServer(client, ip, port)) return this.#onApiServer(ip, port);
    const key = this.#addresses.pod(ip);
    const pod = key === undefined ? undefined : client.get(pods, key);
    if (pod !== undefined) {
      const node = pod.spec.nodeName ?? "";
      // A pod that reaches itself through a Service would drop an answer that comes from itself.
      const isHairpin = this.#pod !== undefined && this.#pod.metadata.uid === pod.metadata.uid;
      if (isHairpin) return this.#inPod(pod, port, this.#gateway(node) ?? this.#clientIP);
      if (!isMasked) return this.#inPod(pod, port, this.#seenBy(pod));
      // The node that took the packet masks it with its own address, or with the pods' gateway if the pod is its own.
      const masking = by ?? node;
      const mask = by === node ? this.#gateway(node) : this.#nodeIP(masking);
      return this.#inPod(pod, port, mask ?? this.#clientIP);
    }
    const node = this.#addresses.node(ip);
    if (node !== undefined) return this.#onHost(node, ip, port, this.#clientIP);
    return isOutThere(ip) && this.#mayReach({ ip }, port) ? { kind: "internet", ip } : "timeout";
  }

  /** A node's address: a NodePort of some Service, or what the node's own network shows. */
  #onNode(node: string, ip: string, port: number, clientIP: string): Listener | NetFailure {
    const { client, cells } = this.#world;
    if (!this.#isPowered(node) || isCutOff(cells, node)) return "timeout";
    const [service] = client.by(services, "nodePort", `${this.#protocol}/${port}`);
    const rule = service?.spec.ports?.find(
      ({ nodePort, protocol = "TCP" }) => nodePort === port && protocol === this.#protocol,
    );
    if (service === undefined || rule === undefined || !isProxied(service))
      return this.#onHost(node, ip, port, clientIP);
    const isOwnPod = this.#node === node && this.#from.kind !== "outside";
    const isLocal = service.spec.externalTrafficPolicy === "Local" && !isOwnPod;
    const chosen = pickEndpoint(this.#world, service, rule, { clientIP: this.#clientIP, node, isLocal });
    if (typeof chosen === "string") return chosen;
    return this.#toEndpoint(chosen, { isMasked: !isLocal, by: node });
  }

  #onHost(node: string, ip: string, port: number, clientIP: string): Listener | NetFailure {
    if (!this.#isPowered(node)) return "timeout";
    const { client } = this.#world;
    for (const pod of client.by(pods, "node", node)) {
      if (pod.spec.hostNetwork === true) {
        const listener = this.#inPod(pod, port, clientIP);
        if (typeof listener !== "string") return listener;
        continue;
      }
      for (const { ports = [] } of pod.spec.containers) {
        const mapped = ports.find(
          ({ hostPort, hostIP = "", protocol = "TCP" }) =>
            hostPort === port && protocol === this.#protocol && (/^(0\.0\.0\.0)?$/.test(hostIP) || hostIP === ip),
        );
        if (mapped !== undefined) return this.#inPod(pod, mapped.containerPort, clientIP);
      }
    }
    if (!this.#mayReach({ ip: this.#nodeIP(node) ?? "", node }, port)) return "timeout";
    if (this.#protocol !== "TCP") return "refused";
    if (port === KUBELET_PORT) return { kind: "kubelet", node };
    if (port === PROXY_HEALTH_PORT || (port === PROXY_METRICS_PORT && ip.startsWith("127."))) {
      return { kind: "kube-proxy", node, port };
    }
    const service = client.by(services, "port", String(port)).find(({ spec }) => spec.healthCheckNodePort === port);
    return service === undefined
      ? "refused"
      : { kind: "health", service, endpoints: localEndpoints(client, service, node) };
  }

  #inPod(pod: Pod, port: number, clientIP: string): Listener | NetFailure {
    this.reached = pod;
    if (!this.#isPowered(pod.spec.nodeName ?? "")) return "timeout";
    if (!clientIP.startsWith("127.") && !this.#mayReach(partyOf(pod), port)) return "timeout";
    const { status } = pod;
    return (
      this.#listenerIn(pod, status?.containerStatuses, port, clientIP) ??
      this.#listenerIn(pod, status?.initContainerStatuses, port, clientIP) ??
      this.#listenerIn(pod, status?.ephemeralContainerStatuses, port, clientIP) ??
      "refused"
    );
  }

  #listenerIn(
    pod: Pod,
    statuses: readonly { readonly containerID?: string }[] | undefined,
    port: number,
    clientIP: string,
  ): Listener | undefined {
    for (const { containerID = "" } of statuses ?? []) {
      const id = containerID.slice(containerID.indexOf("//") + 2);
      const record = id === "" ? undefined : containerRecord(this.#world.cells, id);
      if (record?.[PORTS_OF[this.#protocol]]?.includes(port) === true)
        return { kind: "container", id, port, clientIP, pod };
    }
    return undefined;
  }

  #machine(node: string): Machine | undefined {
    return this.#world.cells.get<Machine>(MACHINES, node);
  }

  #nodeIP(node: string): string | undefined {
    return this.#machine(node)?.internalIP;
  }

  /** A node's own packets reach its pods from the first address of the pods' block. */
  #gateway(node: string): string | undefined {
    return this.#machine(node)?.podCIDR.replace(/\.\d+\/\d+$/, ".1");
  }

  #isPowered(node: string): boolean {
    return this.#machine(node)?.isPowered === true;
  }

  #isUp(node: string): boolean {
    return this.#isPowered(node) && (this.#node === node || !isCutOff(this.#world.cells, node));
  }
}
