/**
 * Name servers: what the cluster's DNS, the nodes' own resolver and public ones say.
 *
 * Models CoreDNS as kubeadm installs it and the resolver of the machines.
 */
import type { Pod } from "#kernel/api/types.gen";
import { blockFor, corefileOf, rewritten, type ServerBlock } from "#kernel/network/dns.corefile";
import { CLUSTER_DOMAIN, reverseRecords, ZONE_SOA, ZONE_TTL, zoneRecords } from "#kernel/network/dns.zone";
import { publicAnswer } from "#kernel/network/internet";
import type { Party } from "#kernel/network/policy";
import type { Client } from "#kernel/registry/client";
import { nodes } from "#kernel/resources/core/node";
import { nodeAddress } from "#kernel/resources/core/node.facts";
import { services } from "#kernel/resources/core/service";
import type { ResolverConfig } from "#kernel/runtime/resolver";
import type { DnsAnswer, DnsQuestion, DnsRecord } from "#kernel/runtime/world";

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

/** Whether a pod runs the cluster's DNS. */
export const isDnsPod = ({ metadata }: Pod): boolean =>
  metadata.namespace === "kube-system" && metadata.labels?.["k8s-app"] === "kube-dns";

/** Asks a server at an address, for stub domains. */
export type Forward = (server: string, question: DnsQuestion) => DnsAnswer | undefined;

/** What the cluster's DNS says. */
export function clusterAnswer(client: Client, asked: DnsQuestion, forward: Forward): DnsAnswer {
  const question = { ...asked, name: asked.name.toLowerCase() };
  const blocks = corefileOf(client);
  const block = blocks && blockFor(blocks, question.name);
  if (blocks !== undefined && block === undefined) {
    return { status: "REFUSED", isAuthoritative: false, answers: [], authority: [] };
  }
  const name = block === undefined ? question.name : rewritten(block, question.name);
  const answer = answerIn(client, { ...question, name }, { block, forward });
  if (name === question.name) return answer;
  const back = (one: DnsRecord): DnsRecord => (one.name === name ? { ...one, name: question.name } : one);
  return { ...answer, answers: answer.answers.map(back) };
}

interface Means {
  readonly block: ServerBlock | undefined;
  readonly forward: Forward;
}

function answerIn(client: Client, question: DnsQuestion, means: Means): DnsAnswer {
  const { name, type } = question;
  const { block, forward } = means;
  const known = block?.hosts.get(name);
  if (known !== undefined) {
    const isWanted = type === "A" || type === "ANY";
    return authoritative(isWanted ? [{ name, type: "A", ttl: 3_600, data: known }] : []);
  }
  if (block?.hasKubernetes !== false) {
    const isOurs = name === CLUSTER_DOMAIN || name.endsWith(`.${CLUSTER_DOMAIN}`);
    const upstream = (one: DnsQuestion): readonly DnsRecord[] =>
      clusterAnswer(client, one, forward).answers.slice(0, 16);
    const found = isOurs ? zoneRecords(client, question, upstream) : reverseRecords(client, question);
    if (found !== undefined) return authoritative(shuffled(client, found));
    if (isOurs) return { status: "NXDOMAIN", isAuthoritative: true, answers: [], authority: [ZONE_SOA] };
  }
  const servers = block === undefined ? "upstream" : block.forward;
  if (servers === undefined) return { status: "REFUSED", isAuthoritative: false, answers: [], authority: [] };
  if (servers === "upstream") return nodeAnswer(client, question);
  for (const server of servers) {
    const answer = forward(server, question);
    if (answer !== undefined) return answer;
  }
  return { status: "SERVFAIL", isAuthoritative: false, answers: [], authority: [] };
}

function authoritative(answers: readonly DnsRecord[]): DnsAnswer {
  return { status: "NOERROR", isAuthoritative: true, answers, authority: answers.length > 0 ? [] : [ZONE_SOA] };
}

/** Aliases come first, several addresses in another order each time (loadbalance); one costs no dice. */
function shuffled({ registry }: Client, found: readonly DnsRecord[]): readonly DnsRecord[] {
  const addresses = found.filter(({ type }) => type !== "CNAME");
  if (addresses.length < 2) return found;
  const first = registry.entropy.int(addresses.length);
  const aliases = found.filter(({ type }) => type === "CNAME");
  return [...aliases, ...addresses.slice(first), ...addresses.slice(0, first)];
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
