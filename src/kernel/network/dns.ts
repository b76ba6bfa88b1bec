/**
 * Names: what the cluster's DNS answers, and how a pod's resolver asks.
 *
 * Models CoreDNS's kubernetes plugin as kubeadm configures it (pods insecure) and the search list of resolv.conf.
 * Leaves out names of the internet: there is none around the cluster, so they do not exist.
 */
import type { Pod, Service } from "#kernel/api/types.gen";
import { parseIp } from "#kernel/apimachinery/ip";
import { isAllowed, type Party } from "#kernel/network/policy";
import { slicesOf } from "#kernel/network/service-proxy";
import { isDnsDown } from "#kernel/network/trouble";
import type { Client } from "#kernel/registry/client";
import { nodes } from "#kernel/resources/core/node";
import { nodeAddress } from "#kernel/resources/core/node.facts";
import { services } from "#kernel/resources/core/service";

const CLUSTER_DOMAIN = "cluster.local";
/** A name with fewer dots is tried with the search list first (options ndots:5). */
const NDOTS = 5;
/** How many aliases (ExternalName) one answer may follow. */
const ALIASES_MAX = 8;

/** The cluster's DNS as policies see it. */
export const DNS_PARTY: Party = {
  ip: "10.96.0.10",
  posing: { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
};
const DNS_PORT = 53;

/** Addresses of a name as a pod resolves it, empty = NXDOMAIN. A node (no pod) knows no cluster names. */
export function resolveName(client: Client, pod: Pod | undefined, name: string): readonly string[] {
  if (parseIp(name) !== undefined) return [name];
  const wanted = name.toLowerCase();
  if (wanted === "localhost" || wanted === "localhost.") return ["127.0.0.1"];
  const known = pod === undefined ? undefined : inHostsFile(pod, wanted);
  if (known !== undefined) return [known];
  const usesCluster = pod !== undefined && usesClusterDns(pod);
  if (usesCluster && !reachesDns(client, pod)) return [];
  if (usesCluster && isDnsDown(client.registry.cells, pod)) return [];
  const search = pod === undefined ? [] : searchList(pod, usesCluster);
  for (const candidate of candidates(wanted, search)) {
    const found = usesCluster ? lookUp(client, candidate, 0) : [];
    if (found.length > 0) return found;
  }
  const node = client.get(nodes, { namespace: "", name: wanted });
  const address = node === undefined ? undefined : nodeAddress(node, "InternalIP");
  return address === undefined ? [] : [address];
}

/** Whether the pod's policies let it ask; over UDP, or else over TCP. */
function reachesDns(client: Client, pod: Pod): boolean {
  if (pod.spec.hostNetwork === true) return true;
  const from = { ip: pod.status?.podIP ?? "", pod };
  return (["UDP", "TCP"] as const).some((protocol) => isAllowed(client, from, DNS_PARTY, { port: DNS_PORT, protocol }));
}

function inHostsFile({ spec, metadata, status }: Pod, name: string): string | undefined {
  for (const { ip, hostnames = [] } of spec.hostAliases ?? []) if (hostnames.includes(name)) return ip;
  const own = spec.hostname ?? metadata.name;
  return name === own && spec.hostNetwork !== true ? status?.podIP : undefined;
}

function usesClusterDns({ spec: { dnsPolicy = "ClusterFirst", hostNetwork } }: Pod): boolean {
  return dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && hostNetwork !== true);
}

function searchList({ spec, metadata }: Pod, usesCluster: boolean): string[] {
  const own = usesCluster
    ? [`${metadata.namespace}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN]
    : [];
  return [...own, ...(spec.dnsConfig?.searches ?? [])];
}

/** Full names to ask for, in order, without the last dot. */
function candidates(name: string, search: readonly string[]): string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain}`);
  return name.split(".").length - 1 >= NDOTS ? [name, ...searched] : [...searched, name];
}

function lookUp(client: Client, name: string, aliases: number): readonly string[] {
  if (!name.endsWith(`.${CLUSTER_DOMAIN}`) || aliases > ALIASES_MAX) return [];
  const labels = name.slice(0, -CLUSTER_DOMAIN.length - 1).split(".");
  const type = labels.pop();
  const namespace = labels.pop() ?? "";
  if (type === "pod") return labels.length === 1 ? dashed(labels[0] ?? "") : [];
  if (type !== "svc" || labels.length === 0) return [];
  const service = client.get(services, { namespace, name: labels.pop() ?? "" });
  if (service === undefined || labels.length > 1) return [];
  if (service.spec.type === "ExternalName") {
    const alias = (service.spec.externalName ?? "").replace(/\.$/, "");
    return labels.length === 0 ? lookUp(client, alias, aliases + 1) : [];
  }
  const { clusterIP = "" } = service.spec;
  if (clusterIP !== "" && clusterIP !== "None") return labels.length === 0 ? [clusterIP] : [];
  return headless(client, service, labels[0]);
}

/** `10-244-1-5` is an address in a name. */
function dashed(label: string): readonly string[] {
  const ip = label.replaceAll("-", ".");
  return parseIp(ip) === undefined ? [] : [ip];
}

/** Addresses behind a Service without one of its own: all that are ready, or those of one host name. */
function headless(client: Client, service: Service, hostname: string | undefined): readonly string[] {
  const found = new Set<string>();
  for (const { endpoints = [] } of slicesOf(client, service)) {
    for (const endpoint of endpoints) {
      const [address] = endpoint.addresses;
      if (address === undefined || endpoint.conditions?.ready === false) continue;
      const name = endpoint.hostname ?? address.replaceAll(".", "-");
      if (hostname === undefined || hostname === name) found.add(address);
    }
  }
  return [...found];
}
