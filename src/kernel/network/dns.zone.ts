/**
 * The cluster's own zone: what names below `cluster.local` and addresses in reverse are, read from the objects.
 *
 * Models CoreDNS's kubernetes plugin as kubeadm configures it (pods insecure, ttl 30) and the specification
 * "Kubernetes DNS-Based Service Discovery" 1.1.0.
 */
import type { EndpointSlice, Service, ServicePort } from "#kernel/api/types.gen";
import { parseIp } from "#kernel/apimachinery/ip";
import { ADDRESSES } from "#kernel/network/addresses";
import { slicesOf } from "#kernel/network/service-proxy";
import type { Client } from "#kernel/registry/client";
import { namespaces } from "#kernel/resources/core/namespace";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import type { DnsQuestion, DnsRecord, ZoneView } from "#kernel/runtime/world";

export const CLUSTER_DOMAIN = "cluster.local";
export const ZONE_TTL = 30;

/** What a name is: records of the type asked for (none: it has others), or undefined if it is not. */
export type Found = readonly DnsRecord[] | undefined;

/** Follows a name outside the zone, for aliases. */
export type Upstream = (question: DnsQuestion) => readonly DnsRecord[];

/** Everything about one name below the cluster's domain, which it must end in. */
export function zoneRecords(client: Client, question: DnsQuestion, { view, upstream }: Looking): Found {
  const { name } = question;
  if (name === CLUSTER_DOMAIN) return apex(question);
  const labels = name.slice(0, -CLUSTER_DOMAIN.length - 1).split(".");
  if (labels.length === 1 && labels[0] === "dns-version") return records(question, "TXT", ['"1.1.0"']);
  if (name === `ns.dns.${CLUSTER_DOMAIN}`) return records(question, "A", ["10.96.0.10"]);
  const type = labels.pop();
  if (type !== "svc" && type !== "pod") return undefined;
  const namespace = labels.pop();
  if (namespace === undefined) return [];
  if (client.get(namespaces, { namespace: "", name: namespace }) === undefined) return undefined;
  if (view.namespaces.length > 0 && !view.namespaces.includes(namespace)) return undefined;
  if (labels.length === 0) return [];
  if (type === "pod") return podRecords(client, question, { namespace, labels, view });
  return serviceRecords(client, question, { namespace, labels, upstream, view });
}

function apex(question: DnsQuestion): Found {
  const soa = records(question, "SOA", [SOA_DATA]);
  return soa.length > 0 ? soa : records(question, "NS", [`ns.dns.${CLUSTER_DOMAIN}.`]);
}

const SOA_DATA = `ns.dns.${CLUSTER_DOMAIN}. hostmaster.${CLUSTER_DOMAIN}. 1795824000 7200 1800 86400 30`;

/** Records of one type, if that is asked for. */
function records({ name, type: wanted }: DnsQuestion, type: string, data: readonly string[]): DnsRecord[] {
  if (wanted !== type && wanted !== "ANY") return [];
  return data.map((one) => ({ name, type, ttl: ZONE_TTL, data: one }));
}

const familyType = (ip: string): string => (ip.includes(":") ? "AAAA" : "A");

/** Addresses as records of their families. */
const addressRecords = (question: DnsQuestion, ips: readonly string[]): DnsRecord[] =>
  ips.flatMap((ip) => records(question, familyType(ip), [ip]));

/** `10-244-1-5` is an address in a name. */
function podRecords(
  client: Client,
  question: DnsQuestion,
  { namespace, labels, view }: Omit<Place, "upstream">,
): Found {
  const [label = ""] = labels;
  if (labels.length > 1 || view.pods === "disabled") return undefined;
  const ip = [label.replaceAll("-", "."), label.replaceAll("-", ":")].find((one) => parseIp(one) !== undefined);
  const isThere = (address: string): boolean =>
    client.registry.views.of(ADDRESSES).pod(address)?.namespace === namespace;
  if (ip !== undefined && view.pods === "verified" && !isThere(ip)) return undefined;
  return ip === undefined ? undefined : addressRecords(question, [ip]);
}

interface Place {
  readonly namespace: string;
  /** What stands before the namespace. */
  readonly labels: string[];
  readonly upstream: Upstream;
  readonly view: ZoneView;
}

/** How names are looked at. */
export type Looking = Pick<Place, "upstream" | "view">;

function serviceRecords(client: Client, question: DnsQuestion, place: Place): Found {
  const { namespace, labels, upstream, view } = place;
  const service = client.get(services, { namespace, name: labels.pop() ?? "" });
  if (service === undefined) return undefined;
  if (service.spec.type === "ExternalName") return labels.length > 0 ? undefined : alias(service, question, upstream);
  if (labels.length === 2 && labels[0]?.startsWith("_") === true)
    return namedPort(client, service, question, { labels, view });
  if (labels.length > 1 || labels[0]?.startsWith("_") === true) return undefined;
  return service.spec.clusterIP === "None"
    ? headlessRecords(client, service, question, { label: labels[0], view })
    : clusterRecords(service, question, labels[0]);
}

/** The name stands for another one, which is followed. */
function alias(service: Service, question: DnsQuestion, upstream: Upstream): Found {
  const target = (service.spec.externalName ?? "").replace(/\.$/, "").toLowerCase();
  if (parseIp(target) !== undefined) return addressRecords(question, [target]);
  const cname = { name: question.name, type: "CNAME", ttl: ZONE_TTL, data: `${target}.` };
  if (question.type === "CNAME") return [cname];
  return [cname, ...upstream({ name: target, type: question.type })];
}

function clusterRecords(service: Service, question: DnsQuestion, label: string | undefined): Found {
  const { clusterIP = "", clusterIPs = [], ports = [] } = service.spec;
  if (label !== undefined || clusterIP === "") return undefined;
  const own = addressRecords(question, clusterIPs.length > 0 ? clusterIPs : [clusterIP]);
  return question.type === "SRV"
    ? srv(
        question,
        ports.map(({ port }) => ({ port, target: question.name })),
      )
    : own;
}

/** An endpoint of a Service that DNS names. */
interface Named {
  readonly ip: string;
  readonly label: string;
  readonly slice: EndpointSlice;
}

function namedEndpoints(client: Client, service: Service, view: ZoneView): Named[] {
  const found = new Map<string, Named>();
  for (const slice of slicesOf(client, service)) {
    for (const { addresses, conditions, hostname, targetRef } of slice.endpoints ?? []) {
      if (conditions?.ready === false) continue;
      const podName = view.hasPodNames && targetRef?.kind === "Pod" ? targetRef.name : undefined;
      for (const ip of addresses) {
        const label = hostname ?? podName ?? ip.replaceAll(/[.:]/g, "-");
        found.set(`${label} ${ip}`, { ip, label, slice });
      }
    }
  }
  return [...found.values()];
}

function headlessRecords(
  client: Client,
  service: Service,
  question: DnsQuestion,
  { label, view }: { readonly label: string | undefined; readonly view: ZoneView },
): Found {
  const all = view.hasEndpoints ? namedEndpoints(client, service, view) : [];
  const wanted = label === undefined ? all : all.filter((one) => one.label === label);
  if (wanted.length === 0) return label === undefined && !view.ignoresEmpty ? [] : undefined;
  if (question.type !== "SRV") return addressRecords(question, [...new Set(wanted.map(({ ip }) => ip))]);
  const zone = label === undefined ? question.name : question.name.slice(label.length + 1);
  return srv(
    question,
    wanted.flatMap((one) =>
      (one.slice.ports ?? []).flatMap(({ port }) =>
        port === undefined ? [] : [{ port, target: `${one.label}.${zone}` }],
      ),
    ),
  );
}

/** `_http._tcp.web.default.svc.cluster.local` */
function namedPort(
  client: Client,
  service: Service,
  question: DnsQuestion,
  { labels, view }: { readonly labels: readonly string[]; readonly view: ZoneView },
): Found {
  const [name = "", protocol = ""] = labels.map((label) => label.slice(1));
  const zone = question.name.split(".").slice(2).join(".");
  const fits = (port: Pick<ServicePort, "name" | "protocol">): boolean =>
    (port.name ?? "").toLowerCase() === name && (port.protocol ?? "TCP").toLowerCase() === protocol;
  if (service.spec.clusterIP !== "None") {
    const ports = (service.spec.ports ?? []).filter(fits);
    return ports.length === 0
      ? undefined
      : srv(
          question,
          ports.map(({ port }) => ({ port, target: zone })),
        );
  }
  const targets = namedEndpoints(client, service, view).flatMap((one) =>
    (one.slice.ports ?? []).flatMap((port) =>
      fits(port as ServicePort) && port.port !== undefined ? [{ port: port.port, target: `${one.label}.${zone}` }] : [],
    ),
  );
  return targets.length === 0 ? undefined : srv(question, targets);
}

function srv(question: DnsQuestion, targets: readonly { readonly port: number; readonly target: string }[]): Found {
  const weight = Math.max(1, Math.floor(100 / Math.max(1, targets.length)));
  const data = targets.map(({ port, target }) => `0 ${weight} ${port} ${target}.`);
  return records(question, "SRV", [...new Set(data)].sort());
}

/** Names of an address, for `d.c.b.a.in-addr.arpa`; undefined if none of ours has it. */
export function reverseRecords(client: Client, question: DnsQuestion): Found {
  const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(question.name);
  if (parts === null) return undefined;
  const ip = parts.slice(1).reverse().join(".");
  const zoneOf = ({ metadata }: Service): string => `${metadata.name}.${metadata.namespace}.svc.${CLUSTER_DOMAIN}.`;
  const own = client.by(services, "clusterIP", ip).map(zoneOf);
  if (own.length > 0) return records(question, "PTR", own);
  const key = client.registry.views.of(ADDRESSES).pod(ip);
  if (key === undefined) return undefined;
  const names: string[] = [];
  for (const service of client.list(services, { namespace: key.namespace })) {
    for (const slice of client.by(endpointslices, "service", `${key.namespace}/${service.metadata.name}`)) {
      for (const { addresses, hostname } of slice.endpoints ?? []) {
        if (!addresses.includes(ip)) continue;
        names.push(`${hostname ?? ip.replaceAll(".", "-")}.${zoneOf(service)}`);
      }
    }
  }
  return names.length === 0 ? undefined : records(question, "PTR", [...new Set(names)].sort());
}
