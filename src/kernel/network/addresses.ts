/**
 * Who has an address: pods, nodes and the external IPs of Services, kept in step with every change.
 *
 * Models the routes a CNI plugin keeps.
 */
import type { Node, Pod, Service } from "#kernel/api/types.gen";
import { type Key, keyOf } from "#kernel/apimachinery/meta";
import type { View } from "#kernel/registry/view";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { isPodTerminal } from "#kernel/resources/core/pod.facts";
import { services } from "#kernel/resources/core/service";
import type { Bucket, KubeObject } from "#kernel/store/object";

export class Addresses {
  readonly #pods = new Map<string, Key>();
  readonly #nodes = new Map<string, string>();
  readonly #external = new Map<string, Key>();

  /** The pod that has the address for itself (not its node's). */
  pod(ip: string): Key | undefined {
    return this.#pods.get(ip);
  }

  /** The name of the node with this internal or external address. */
  node(ip: string): string | undefined {
    return this.#nodes.get(ip);
  }

  /** The Service that lists this address among its external IPs. */
  external(ip: string): Key | undefined {
    return this.#external.get(ip);
  }

  change(bucket: Bucket, before: KubeObject | undefined, after: KubeObject | undefined): void {
    if (bucket === pods.bucket)
      replace(this.#pods, podIPs(before as Pod | undefined), podIPs(after as Pod | undefined));
    else if (bucket === nodes.bucket)
      replace(this.#nodes, nodeIPs(before as Node | undefined), nodeIPs(after as Node | undefined));
    else if (bucket === services.bucket) {
      replace(this.#external, externalIPs(before as Service | undefined), externalIPs(after as Service | undefined));
    }
  }
}

type Entries<V> = readonly (readonly [string, V])[];

function replace<V>(map: Map<string, V>, before: Entries<V>, after: Entries<V>): void {
  for (const [ip] of before) map.delete(ip);
  for (const [ip, value] of after) map.set(ip, value);
}

function podIPs(pod: Pod | undefined): Entries<Key> {
  const ip = pod?.status?.podIP;
  if (pod === undefined || ip === undefined || pod.spec.hostNetwork === true || isPodTerminal(pod)) return [];
  return [[ip, keyOf(pod)]];
}

function nodeIPs(node: Node | undefined): Entries<string> {
  const found = node?.status?.addresses?.filter(({ type }) => type === "InternalIP" || type === "ExternalIP") ?? [];
  return found.map(({ address }) => [address, node?.metadata.name ?? ""]);
}

const externalIPs = (service: Service | undefined): Entries<Key> =>
  (service?.spec.externalIPs ?? []).map((ip) => [ip, keyOf(service ?? {})]);

export const ADDRESSES: View<Addresses> = {
  name: "network/addresses",
  create({ store }) {
    const addresses = new Addresses();
    for (const { bucket } of [pods, nodes, services]) {
      for (const object of store.list(bucket, undefined)) addresses.change(bucket, undefined, object);
    }
    return addresses;
  },
  apply(addresses, { bucket, type, object, previous }) {
    addresses.change(bucket, previous, type === "DELETED" ? undefined : object);
  },
};
