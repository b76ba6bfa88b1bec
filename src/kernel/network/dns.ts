/**
 * Name servers: what the cluster's DNS, the nodes' own resolver and public ones say.
 *
 * Models CoreDNS as kubeadm installs it and the resolver of the machines.
 */
import type { Pod } from "#kernel/api/types.gen";
import { CLUSTER_DOMAIN, type Looking, reverseRecords, ZONE_TTL, zoneRecords } from "#kernel/network/dns.zone";
import { publicAnswer } from "#kernel/network/internet";
import type { Party } from "#kernel/network/policy";
import type { Client } from "#kernel/registry/client";
import { configmaps } from "#kernel/resources/core/configmap";
import { nodes } from "#kernel/resources/core/node";
import { nodeAddress } from "#kernel/resources/core/node.facts";
import { services } from "#kernel/resources/core/service";
import { coreDnsAnswer, type Means } from "#kernel/runtime/images/coredns/answer";
import { serversOfText } from "#kernel/runtime/images/coredns/coredns";
import type { ResolverConfig } from "#kernel/runtime/resolver";
import type { DnsAnswer, DnsQuestion, DnsRecord, World } from "#kernel/runtime/world";

/** The address of the kube-dns Service, and of the resolver the nodes use themselves. */
export const CLUSTER_DNS = "10.96.0.10";
export const NODE_DNS = "172.18.0.1";
export const DNS_PORT = 53;

/** The cluster's DNS as policies see it where no pod runs it. */
export const DNS_PARTY: Party = {
  ip: CLUSTER_DNS,
  posing: { namespace: "kube-system", labels: { "k8s-app": "kube-dns" } },
};

/** Whether workloads of the cluster itself run its DNS: then it answers only as long as they do. */
export const hasDnsService = (client: Client): boolean =>
  client.get(services, { namespace: "kube-system", name: "kube-dns" }) !== undefined;

/** What CoreDNS is told where nobody has told it otherwise. */
const COREFILE =
  ".:53 {\n  kubernetes cluster.local in-addr.arpa ip6.arpa {\n    pods insecure\n    fallthrough in-addr.arpa ip6.arpa\n" +
  "    ttl 30\n  }\n  forward . /etc/resolv.conf\n  loadbalance\n}\n";

/** Asks a server at an address, for stub domains. */
export type Ask = Means["ask"];

/** What the cluster's DNS says where no pod runs it: as the ConfigMap coredns has it, if there is one. */
export function clusterAnswer(
  client: Client,
  question: DnsQuestion,
  world: Pick<World, "now" | "entropy" | "net">,
  ask: Ask,
): DnsAnswer {
  const text = client.get(configmaps, { namespace: "kube-system", name: "coredns" })?.data?.["Corefile"];
  const servers = (text === undefined ? undefined : serversOfText(text)) ?? serversOfText(COREFILE) ?? [];
  return coreDnsAnswer(
    servers,
    { ...question, port: DNS_PORT, clientIP: CLUSTER_DNS },
    {
      ...world,
      read: (path) => (path === "/etc/resolv.conf" ? `nameserver ${NODE_DNS}\n` : undefined),
      records: (one, view, follow) => world.net.records(one, view, follow),
      ask,
    },
  );
}

/** What the cluster's objects say of a name. */
export function recordsOf(client: Client, question: DnsQuestion, looking: Looking): readonly DnsRecord[] | undefined {
  const { name } = question;
  const isOurs = name === CLUSTER_DOMAIN || name.endsWith(`.${CLUSTER_DOMAIN}`);
  return isOurs ? zoneRecords(client, question, looking) : reverseRecords(client, question);
}

/** What the resolver of the machines says: names of nodes, and what is known out there. */
export function nodeAnswer(client: Client, question: DnsQuestion): DnsAnswer {
  const node = client.get(nodes, { namespace: "", name: question.name });
  const address = node === undefined ? undefined : nodeAddress(node, "InternalIP");
  if (address === undefined) return publicAnswer(question);
  const isWanted = question.type === "A" || question.type === "ANY";
  const record = { name: question.name, type: "A", ttl: ZONE_TTL, data: address };
  return { status: "NOERROR", isAuthoritative: true, answers: isWanted ? [record] : [], authority: [] };
}

/** How a pod's resolver is set up, for whoever asks in its name from outside its containers. */
export function resolverOf({ spec, metadata, status }: Pod): ResolverConfig {
  const { dnsPolicy = "ClusterFirst", hostNetwork, dnsConfig = {}, hostAliases = [] } = spec;
  const usesCluster = dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && hostNetwork !== true);
  const own = usesCluster
    ? [`${metadata.namespace}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN]
    : [];
  const servers = usesCluster ? [CLUSTER_DNS] : dnsPolicy === "None" ? [] : [NODE_DNS];
  const ndots = dnsConfig.options?.find(({ name }) => name === "ndots")?.value ?? (usesCluster ? "5" : "1");
  const hosts = new Map<string, string[]>();
  for (const { ip, hostnames = [] } of hostAliases) for (const name of hostnames) hosts.set(name, [ip]);
  const { podIP } = status ?? {};
  if (podIP !== undefined && hostNetwork !== true) hosts.set(spec.hostname ?? metadata.name, [podIP]);
  return {
    hosts,
    servers: [...servers, ...(dnsConfig.nameservers ?? [])],
    search: [...own, ...(dnsConfig.searches ?? [])],
    ndots: Number(ndots),
  };
}

/** How a machine's own resolver is set up. */
export const NODE_RESOLVER: ResolverConfig = { hosts: new Map(), servers: [NODE_DNS], search: [], ndots: 1 };
