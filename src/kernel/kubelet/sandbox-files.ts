/**
 * The files every container of a pod finds: /etc/hosts, /etc/hostname, /etc/resolv.conf.
 *
 * Models managedHostsFileContent of pkg/kubelet/kubelet_pods.go and pkg/kubelet/network/dns.
 */
import type { HostAlias } from "#kernel/api/types.gen";
import type { PodWork } from "#kernel/kubelet/pod-work";
import type { Machine } from "#kernel/runtime/machine";
import { share } from "#kernel/sim/share";

const CLUSTER_DOMAIN = "cluster.local";
/** The kube-dns Service has the tenth address of the service block. */
const CLUSTER_DNS = "10.96.0.10";
const HOSTNAME_MAX = 63;

/** The name a container sees itself under. */
export function hostnameOf({ pod, key, machine }: PodWork): string {
  const { hostname, hostnameOverride, subdomain, setHostnameAsFQDN, hostNetwork } = pod.spec;
  if (hostnameOverride !== undefined) return hostnameOverride;
  if (hostNetwork === true) return machine.name;
  const short = hostname || key.name.slice(0, HOSTNAME_MAX).replace(/[-.]+$/, "");
  if (setHostnameAsFQDN !== true || !subdomain) return short;
  return `${short}.${subdomain}.${key.namespace}.svc.${CLUSTER_DOMAIN}`;
}

/** The files by path. */
export function sandboxFiles(work: PodWork): Readonly<Record<string, string>> {
  return {
    "/etc/hosts": hostsFile(work),
    "/etc/hostname": `${hostnameOf(work)}\n`,
    "/etc/resolv.conf": share(resolverFile(work)),
  };
}

/** The hosts file of the node itself. */
export function nodeHosts({ name, internalIP }: Machine): string {
  const lines = [
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::\tip6-localnet",
    "ff00::\tip6-mcastprefix",
    "ff02::1\tip6-allnodes",
    "ff02::2\tip6-allrouters",
    `${internalIP}\t${name}`,
  ];
  return `${lines.join("\n")}\n`;
}

function hostsFile(work: PodWork): string {
  const { pod, key, cell } = work;
  const { hostAliases = [], subdomain, hostNetwork } = pod.spec;
  const name = hostnameOf(work);
  if (hostNetwork === true) {
    const own = `# Kubernetes-managed hosts file (host network).\n${nodeHosts(work.machine)}`;
    return own + aliasLines(hostAliases);
  }
  const lines = [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
  ];
  const full = subdomain ? `${name}.${subdomain}.${key.namespace}.svc.${CLUSTER_DOMAIN}\t` : "";
  lines.push(`${cell.podIP ?? ""}\t${full}${name}`);
  return `${lines.join("\n")}\n${aliasLines(hostAliases)}`;
}

function aliasLines(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return "";
  const lines = aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join("")}`;
}

function resolverFile({ pod, key }: PodWork): string {
  const { dnsPolicy = "ClusterFirst", dnsConfig = {}, hostNetwork } = pod.spec;
  const usesCluster = dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && hostNetwork !== true);
  const isEmpty = dnsPolicy === "None";
  const search = usesCluster ? [`${key.namespace}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN] : [];
  const servers = usesCluster ? [CLUSTER_DNS] : isEmpty ? [] : ["172.18.0.1"];
  const options = new Map(usesCluster ? [["ndots", "5"]] : []);
  for (const { name = "", value } of dnsConfig.options ?? []) options.set(name, value ?? "");
  const allSearch = [...new Set([...search, ...(dnsConfig.searches ?? [])])];
  const lines = [
    ...(allSearch.length > 0 ? [`search ${allSearch.join(" ")}`] : []),
    ...new Set([...servers, ...(dnsConfig.nameservers ?? [])].map((server) => `nameserver ${server}`)),
    ...(options.size > 0
      ? [`options ${[...options].map(([name, value]) => (value === "" ? name : `${name}:${value}`)).join(" ")}`]
      : []),
  ];
  return `${lines.join("\n")}\n`;
}
