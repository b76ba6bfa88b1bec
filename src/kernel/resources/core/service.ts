/**
 * Service: one stable address in front of many pods.
 *
 * Models pkg/registry/core/service and its table printer.
 */

import type { Service } from "#kernel/api/types.gen";
import { formatLabels } from "#kernel/apimachinery/labels";
import { column, defineResource, type Resource, type StrategyContext, wide } from "#kernel/registry/definition";
import { allocate } from "#kernel/resources/core/service.allocate";
import { clusterIpsOf, isHeadless, needsHealthCheck } from "#kernel/resources/core/service.facts";
import {
  alignClusterIps,
  dropTypeDependent,
  keepAllocated,
  keepFamilies,
  setServiceDefaults,
  setStatusDefaults,
} from "#kernel/resources/core/service.prepare";
import { validateService, validateServiceStatus } from "#kernel/resources/core/service.validate";
import { validateClusterIpsUpdate } from "#kernel/resources/core/service.validate.ips";
import { ipaddresses } from "#kernel/resources/networking/ipaddress";
import { servicecidrs } from "#kernel/resources/networking/servicecidr";
import { DEFAULT_CIDR, isReady, type Range, rangesOf } from "#kernel/resources/networking/servicecidr.facts";

export const services: Resource<Service> = defineResource<Service>({
  group: "",
  version: "v1",
  names: { kind: "Service", plural: "services", singular: "service", short: ["svc"], categories: ["all"] },
  scope: "Namespaced",
  nameFormat: "label",
  subresources: {
    status: true,
    others: [{ name: "proxy", verbs: ["create", "delete", "get", "patch", "update"], kind: "ServiceProxyOptions" }],
  },
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  setDefaults: setServiceDefaults,

  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
    alignClusterIps(service);
  },

  prepareForUpdate(service, old) {
    service.status = old.status ?? { loadBalancer: {} };
    keepAllocated(service, old);
    alignClusterIps(service, old);
    keepFamilies(service, old);
    dropTypeDependent(service, old);
  },

  prepareForStatusUpdate: setStatusDefaults,

  validate: validateService,

  validateUpdate(service, old, at) {
    const spec = at.under("spec");
    validateClusterIpsUpdate(service, old, spec);
    if (old.spec.type === "LoadBalancer" && service.spec.type === "LoadBalancer") {
      spec("loadBalancerClass").immutable(
        service.spec.loadBalancerClass,
        old.spec.loadBalancerClass,
        "may not change once set",
      );
    }
    const isKept = needsHealthCheck(service) && needsHealthCheck(old);
    if (isKept && service.spec.healthCheckNodePort !== old.spec.healthCheckNodePort) {
      spec("healthCheckNodePort").forbidden("field is immutable");
    }
  },

  validateStatusUpdate: (service, _old, at) => validateServiceStatus(service, at),

  allocate(service, old, at, context) {
    allocate(service, old, at, {
      entropy: context.entropy,
      ranges: rangesFrom(context),
      isIpTaken: (ip) => context.by(services, "clusterIP", ip).length > 0 || isHeld(context, ip),
      isPortTaken: (port) => context.by(services, "port", String(port)).length > 0,
    });
  },

  warnings: (service) => warningsFor(service),

  columns: [
    column("Type", "string", ({ spec }) => spec.type ?? ""),
    column("Cluster-IP", "string", ({ spec }) => spec.clusterIPs?.[0] ?? "<none>"),
    column("External-IP", "string", (service) => externalIp(service)),
    column("Port(s)", "string", (service) => portsText(service)),
    wide("Selector", "string", ({ spec }) => formatLabels(spec.selector)),
  ],

  selectableFields: {
    "spec.clusterIP": ({ spec }) => spec.clusterIP ?? "",
    "spec.type": ({ spec }) => spec.type ?? "",
  },

  indexes: {
    clusterIP: clusterIpsOf,
    nodePort: ({ spec }) =>
      (spec.ports ?? []).flatMap(({ protocol, nodePort }) => (nodePort ? [`${protocol ?? "TCP"}/${nodePort}`] : [])),
    /** Ports of the node range that are in use, whatever for and in whatever protocol. */
    port: ({ spec }) =>
      [...new Set([...(spec.ports ?? []).map(({ nodePort }) => nodePort), spec.healthCheckNodePort])].flatMap((port) =>
        port ? [String(port)] : [],
      ),
    loadBalancerIP: ({ status }) =>
      (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip])),
  },
});

/** The ranges that are ready, the oldest first; a store that knows none has the usual one. */
function rangesFrom({ by }: StrategyContext): Range[] {
  const all = by(servicecidrs, "all", "");
  if (all.length === 0) return rangesOf([DEFAULT_CIDR.cidr]);
  return rangesOf(all.filter(isReady).flatMap(({ spec }) => spec.cidrs ?? []));
}

const isHeld = ({ read }: StrategyContext, ip: string): boolean =>
  read(ipaddresses, { namespace: "", name: ip }) !== undefined;

function warningsFor(service: Service): readonly string[] {
  const { metadata, spec } = service;
  const { externalIPs = [], externalName = "", loadBalancerIP = "", sessionAffinity, trafficDistribution, type } = spec;
  const isBare = type === "ClusterIP" && isHeadless(service);
  const isNamed = type === "ExternalName";
  const hints = "service.kubernetes.io/topology-aware-hints";
  const texts: readonly (readonly [boolean, string])[] = [
    [
      metadata.annotations?.[hints] !== undefined,
      `annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    ],
    [isBare && loadBalancerIP !== "", "spec.loadBalancerIP is ignored for headless services"],
    [isBare && externalIPs.length > 0, "spec.externalIPs is ignored for headless services"],
    [isBare && sessionAffinity !== "None", "spec.SessionAffinity is ignored for headless services"],
    [
      externalIPs.length > 0 && !isBare && !isNamed,
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    ],
    [isNamed && externalIPs.length > 0, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [!isNamed && externalName !== "", 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [
      trafficDistribution === "PreferClose",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  ];
  return texts.flatMap(([holds, text]) => (holds ? [text] : []));
}

function externalIp({ spec, status }: Service): string {
  const { type, externalIPs = [], externalName = "" } = spec;
  if (type === "ExternalName") return externalName;
  if (type === "ClusterIP" || type === "NodePort") return externalIPs.length > 0 ? externalIPs.join(",") : "<none>";
  if (type !== "LoadBalancer") return "<unknown>";
  const announced = (status?.loadBalancer?.ingress ?? []).map(({ ip = "", hostname = "" }) => ip || hostname);
  const shown = [...[...new Set(announced)].filter((text) => text !== "").sort(), ...externalIPs];
  return shown.length > 0 ? shown.join(",") : "<pending>";
}

function portsText({ spec: { ports = [] } }: Service): string {
  if (ports.length === 0) return "<none>";
  return ports
    .map(({ port, nodePort, protocol }) => (nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`))
    .join(",");
}
