/**
 * NetworkPolicies: whether one party may connect to another.
 *
 * Models what a CNI plugin makes of them: a pod that no policy selects is open; one that is selected is open to what
 * some rule allows; its own node always reaches it. Addresses count as they are before masquerading.
 */
import type {
  NetworkPolicy,
  NetworkPolicyEgressRule,
  NetworkPolicyIngressRule,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  Pod,
} from "#kernel/api/types.gen";
import { parseCidr, parseIp } from "#kernel/apimachinery/ip";
import { type Labels, matches } from "#kernel/apimachinery/labels";
import type { Client } from "#kernel/registry/client";
import type { View } from "#kernel/registry/view";
import { namespaces } from "#kernel/resources/core/namespace";
import { resolvePort } from "#kernel/resources/core/pod.facts";
import { networkpolicies } from "#kernel/resources/networking/networkpolicy";
import type { Transport } from "#kernel/runtime/world";

/** One end of a connection. */
export interface Party {
  readonly ip: string;
  /** A pod with an address of its own: selectors see it, policies bind it. */
  readonly pod?: Pod;
  /** The node itself, if that is what connects or is connected to. */
  readonly node?: string;
  /** What selectors see of a party that is no object: the cluster's DNS. */
  readonly posing?: { readonly namespace: string; readonly labels: Labels };
}

interface Wanted {
  readonly port: number;
  /** ICMP has no ports: only rules without a list of ports let it through. */
  readonly protocol: Transport | "ICMP";
}

/** The policies that bind a pod. */
interface Binding {
  readonly ingress: readonly NetworkPolicy[];
  readonly egress: readonly NetworkPolicy[];
}

const FREE: Binding = { ingress: [], egress: [] };

export class Policies {
  readonly #byNamespace = new Map<string, Map<string, NetworkPolicy>>();
  /** Pods never change as objects, so what binds one is found once until the policies change. */
  #bindings = new WeakMap<Pod, Binding>();

  set(policy: NetworkPolicy, isThere: boolean): void {
    const { namespace = "", name } = policy.metadata;
    const mine = this.#byNamespace.get(namespace) ?? new Map<string, NetworkPolicy>();
    if (isThere) mine.set(name, policy);
    else mine.delete(name);
    if (mine.size > 0) this.#byNamespace.set(namespace, mine);
    else this.#byNamespace.delete(namespace);
    this.#bindings = new WeakMap();
  }

  /** What binds a pod. */
  of(pod: Pod): Binding {
    const mine = this.#byNamespace.get(pod.metadata.namespace ?? "");
    if (mine === undefined) return FREE;
    let binding = this.#bindings.get(pod);
    if (binding === undefined) {
      const selecting = [...mine.values()].filter(({ spec }) => matches(spec.podSelector ?? {}, pod.metadata.labels));
      const of = (type: string) => selecting.filter(({ spec }) => spec.policyTypes?.includes(type) === true);
      binding = { ingress: of("Ingress"), egress: of("Egress") };
      this.#bindings.set(pod, binding);
    }
    return binding;
  }
}

export const POLICIES: View<Policies> = {
  name: "network/policies",
  create({ store }) {
    const policies = new Policies();
    for (const policy of store.list(networkpolicies.bucket, undefined)) policies.set(policy as NetworkPolicy, true);
    return policies;
  },
  apply(policies, { bucket, type, object }) {
    if (bucket === networkpolicies.bucket) policies.set(object as NetworkPolicy, type !== "DELETED");
  },
};

/** Whether the policies of both ends let a connection through. */
export function isAllowed(client: Client, from: Party, to: Party, wanted: Wanted): boolean {
  const policies = client.registry.views.of(POLICIES);
  if (from.pod !== undefined && from.pod.metadata.uid === to.pod?.metadata.uid) return true;
  return mayLeave(client, policies, from, { to, wanted }) && mayEnter(client, policies, from, { to, wanted });
}

interface Call {
  readonly to: Party;
  readonly wanted: Wanted;
}

function mayLeave(client: Client, policies: Policies, { pod }: Party, { to, wanted }: Call): boolean {
  if (pod === undefined) return true;
  const { egress } = policies.of(pod);
  if (egress.length === 0 || (to.node !== undefined && to.node === pod.spec.nodeName)) return true;
  const allows = (policy: NetworkPolicy, { to: peers, ports }: NetworkPolicyEgressRule): boolean =>
    fitsPorts(ports, to.pod, wanted) && fitsPeers(client, policy, peers, to);
  return egress.some((policy) => policy.spec.egress?.some((rule) => allows(policy, rule)) === true);
}

function mayEnter(client: Client, policies: Policies, from: Party, { to: { pod }, wanted }: Call): boolean {
  if (pod === undefined) return true;
  const { ingress } = policies.of(pod);
  if (ingress.length === 0 || (from.node !== undefined && from.node === pod.spec.nodeName)) return true;
  const allows = (policy: NetworkPolicy, { from: peers, ports }: NetworkPolicyIngressRule): boolean =>
    fitsPorts(ports, pod, wanted) && fitsPeers(client, policy, peers, from);
  return ingress.some((policy) => policy.spec.ingress?.some((rule) => allows(policy, rule)) === true);
}

/** No list of ports means all of them; a name is one of the pod that is connected to. */
function fitsPorts(ports: readonly NetworkPolicyPort[] | undefined, pod: Pod | undefined, wanted: Wanted): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some(({ port, endPort, protocol = "TCP" }) => {
    if (protocol !== wanted.protocol) return false;
    if (port === undefined) return true;
    const first = typeof port === "number" ? port : pod && resolvePort(pod, port, protocol);
    return first !== undefined && wanted.port >= first && wanted.port <= (endPort ?? first);
  });
}

/** No list of peers means everybody. */
function fitsPeers(
  client: Client,
  { metadata }: NetworkPolicy,
  peers: readonly NetworkPolicyPeer[] | undefined,
  party: Party,
): boolean {
  if (peers === undefined || peers.length === 0) return true;
  const seen =
    party.posing ?? (party.pod && { namespace: party.pod.metadata.namespace ?? "", labels: party.pod.metadata.labels });
  return peers.some(({ ipBlock, namespaceSelector, podSelector }) => {
    if (ipBlock !== undefined) {
      return inBlock(ipBlock.cidr, party.ip) && !(ipBlock.except ?? []).some((block) => inBlock(block, party.ip));
    }
    if (seen === undefined) return false;
    if (namespaceSelector === undefined && seen.namespace !== metadata.namespace) return false;
    if (namespaceSelector !== undefined) {
      const room = client.get(namespaces, { namespace: "", name: seen.namespace });
      if (!matches(namespaceSelector, room?.metadata.labels)) return false;
    }
    return podSelector === undefined || matches(podSelector, seen.labels);
  });
}

/** Whether an address is in a block. */
export function inBlock(cidr: string, ip: string): boolean {
  const block = parseCidr(cidr);
  const address = parseIp(ip);
  if (block === undefined || address === undefined || block.family !== address.family) return false;
  const bits = BigInt((block.family === 4 ? 32 : 128) - block.prefix);
  return address.value >> bits === block.value >> bits;
}
