/**
 * Whether a Service is well formed.
 *
 * Models ValidateService of pkg/apis/core/validation.
 * Leaves out that a healthCheckNodePort is required: here it is allocated after validation.
 */

import type { LoadBalancerIngress, Service, ServicePort, SessionAffinityConfig } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import {
  dns1123Label,
  dns1123Subdomain,
  type Format,
  portName,
  portNumber,
  qualifiedName,
} from "#kernel/apimachinery/formats";
import { cidr, ipAddress, parseIp } from "#kernel/apimachinery/ip";
import { validateLabels } from "#kernel/apimachinery/labels";
import { PORT_PROTOCOLS, validateNonSpecialIp } from "#kernel/resources/core/address.validate";
import { isExternallyAccessible, isHeadless, needsHealthCheck } from "#kernel/resources/core/service.facts";
import { validateClusterIps } from "#kernel/resources/core/service.validate.ips";

const TYPES: readonly string[] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const AFFINITIES: readonly string[] = ["ClientIP", "None"];
const TRAFFIC_POLICIES: readonly string[] = ["Cluster", "Local"];
const TRAFFIC_DISTRIBUTIONS: readonly string[] = ["PreferClose", "PreferSameNode", "PreferSameZone"];
const IP_MODES: readonly string[] = ["Proxy", "VIP"];

/** Longest time a client may be bound to one endpoint (a day). */
const AFFINITY_MAX_SECONDS = 86_400;

const TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints";
const TOPOLOGY_MODE = "service.kubernetes.io/topology-mode";
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";

const forLoadBalancers = "may only be used when `type` is 'LoadBalancer'";

/** Adds an error for each thing that is wrong with a Service. */
export function validateService(service: Service, at: At): void {
  const { metadata, spec } = service;
  const { [TOPOLOGY_HINTS]: hints, [TOPOLOGY_MODE]: mode } = metadata.annotations ?? {};
  if (mode !== undefined && hints !== undefined && mode !== hints) {
    const detail = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`;
    at(`metadata.annotations[${TOPOLOGY_MODE}]`).invalid(mode, detail);
  }
  const below = at.under("spec");
  validateType(service, below);
  validatePorts(service, below.under("ports"));
  validateLabels(spec.selector, below.under("selector"));
  validateAffinity(service, below);
  validateClusterIps(service, below);
  spec.externalIPs?.forEach((ip, i) => {
    const ipAt = below.under(`externalIPs[${i}]`);
    if (check(ip, ipAddress, ipAt)) validateNonSpecialIp(ip, ipAt);
  });
  const { type = "" } = spec;
  if (type === "") below("type").required();
  else if (!TYPES.includes(type)) below("type").notSupported(type, TYPES);
  validateNodePorts(service, below.under("ports"));
  validateLoadBalancer(service, at);
  validateTrafficPolicies(service, below);
}

/** Adds what is wrong with one text; true if nothing is. `at` stands at the field. */
function check(value: string, format: Format, at: At): boolean {
  const texts = format(value);
  for (const text of texts) at("").invalid(value, text);
  return texts.length === 0;
}

function validateType(service: Service, at: At): void {
  const { type, ports = [], clusterIPs = [], externalName = "", ipFamilies = [], ipFamilyPolicy } = service.spec;
  if (ports.length === 0 && !isHeadless(service) && type !== "ExternalName") at("ports").required();
  if ((type === "LoadBalancer" || type === "NodePort") && isHeadless(service)) {
    at("clusterIPs[0]").invalid(clusterIPs[0], `may not be set to 'None' for ${type} services`);
  }
  if (type !== "ExternalName") return;
  const notHere = "may not be set for ExternalName services";
  if (clusterIPs.length > 0) at("clusterIPs").forbidden(notHere);
  if (ipFamilies.length > 0) at("ipFamilies").forbidden(notHere);
  if (ipFamilyPolicy !== undefined) at("ipFamilyPolicy").forbidden(notHere);
  // A trailing dot says that the name is fully qualified.
  const name = externalName.replace(/\.$/, "");
  if (name === "") at("externalName").required();
  else check(name, dns1123Subdomain, at.under("externalName"));
}

function validatePorts({ spec: { ports = [] } }: Service, at: At): void {
  const names = new Set<string>();
  ports.forEach((port, i) => {
    const { name = "" } = port;
    const below = at.under(`[${i}]`);
    if (name === "") {
      if (ports.length > 1) below("name").required();
    } else {
      check(name, dns1123Label, below.under("name"));
      if (names.has(name)) below("name").duplicate(name);
      names.add(name);
    }
    validatePort(port, below);
  });
}

function validatePort({ port, protocol = "", targetPort = "", appProtocol }: ServicePort, at: At): void {
  for (const text of portNumber(port)) at("port").invalid(port, text);
  if (protocol === "") at("protocol").required();
  else if (!PORT_PROTOCOLS.includes(protocol)) at("protocol").notSupported(protocol, PORT_PROTOCOLS);
  const texts = typeof targetPort === "number" ? portNumber(targetPort) : portName(targetPort);
  for (const text of texts) at("targetPort").invalid(targetPort, text);
  if (appProtocol !== undefined) check(appProtocol, qualifiedName, at.under("appProtocol"));
}

function validateAffinity({ spec: { sessionAffinity = "", sessionAffinityConfig } }: Service, at: At): void {
  if (sessionAffinity === "") at("sessionAffinity").required();
  else if (!AFFINITIES.includes(sessionAffinity)) at("sessionAffinity").notSupported(sessionAffinity, AFFINITIES);
  if (sessionAffinity === "ClientIP") validateClientIp(sessionAffinityConfig, at.under("sessionAffinityConfig"));
  else if (sessionAffinity === "None" && sessionAffinityConfig !== undefined) {
    at("sessionAffinityConfig").forbidden("must not be set when session affinity is None");
  }
}

function validateClientIp(config: SessionAffinityConfig | undefined, at: At): void {
  const when = "when session affinity type is ClientIP";
  const seconds = config?.clientIP?.timeoutSeconds;
  if (config === undefined) at("").required(when);
  else if (config.clientIP === undefined) at("clientIP").required(when);
  else if (seconds === undefined) at("clientIP.timeoutSeconds").required(when);
  else if (seconds <= 0 || seconds > AFFINITY_MAX_SECONDS) {
    at("clientIP.timeoutSeconds").invalid(seconds, `must be greater than 0 and less than ${AFFINITY_MAX_SECONDS}`);
  }
}

function validateNodePorts({ spec: { type, ports = [] } }: Service, at: At): void {
  ports.forEach(({ nodePort = 0 }, i) => {
    if (type === "ClusterIP" && nodePort !== 0) {
      at(`[${i}].nodePort`).forbidden("may not be used when `type` is 'ClusterIP'");
    }
  });
  const nodePorts = new Set<string>();
  ports.forEach(({ protocol, nodePort = 0 }, i) => {
    if (nodePort === 0) return;
    const key = `${protocol} ${nodePort}`;
    if (nodePorts.has(key)) at(`[${i}].nodePort`).duplicate(nodePort);
    nodePorts.add(key);
  });
  const numbers = new Set<string>();
  ports.forEach(({ protocol, port }, i) => {
    const key = `${protocol} ${port}`;
    // The message shows Go's struct with nothing but these two set.
    const shown = { Name: "", Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    if (numbers.has(key)) at(`[${i}]`).duplicate(shown);
    numbers.add(key);
  });
}

function validateLoadBalancer({ metadata, spec }: Service, at: At): void {
  const { type, loadBalancerSourceRanges: ranges = [], loadBalancerClass, allocateLoadBalancerNodePorts } = spec;
  const isBalanced = type === "LoadBalancer";
  const annotation = metadata.annotations?.[SOURCE_RANGES];
  if (ranges.length > 0) {
    const below = at.under("spec.LoadBalancerSourceRanges");
    if (!isBalanced) below("").forbidden(forLoadBalancers);
    ranges.forEach((range, i) => {
      check(range.trim(), cidr, below.under(`[${i}]`));
    });
  } else if (annotation !== undefined) {
    const below = at.under(`metadata.annotations[${SOURCE_RANGES}]`);
    if (!isBalanced) below("").forbidden(forLoadBalancers);
    for (const range of annotation.trim() === "" ? [] : annotation.split(",")) check(range.trim(), cidr, below);
  }
  if (allocateLoadBalancerNodePorts !== undefined && !isBalanced) {
    at("spec.allocateLoadBalancerNodePorts").forbidden(forLoadBalancers);
  }
  if (loadBalancerClass === undefined) return;
  if (isBalanced) check(loadBalancerClass, qualifiedName, at.under("spec.loadBalancerClass"));
  else at("spec.loadBalancerClass").forbidden(forLoadBalancers);
}

function validateTrafficPolicies(service: Service, at: At): void {
  const {
    externalTrafficPolicy = "",
    internalTrafficPolicy,
    healthCheckNodePort = 0,
    trafficDistribution,
  } = service.spec;
  if (!isExternallyAccessible(service)) {
    if (externalTrafficPolicy !== "") {
      at("externalTrafficPolicy").invalid(externalTrafficPolicy, "may only be set for externally-accessible services");
    }
  } else if (externalTrafficPolicy === "") at("externalTrafficPolicy").required();
  else if (!TRAFFIC_POLICIES.includes(externalTrafficPolicy)) {
    at("externalTrafficPolicy").notSupported(externalTrafficPolicy, TRAFFIC_POLICIES);
  }
  if (healthCheckNodePort !== 0) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    const texts = needsHealthCheck(service) ? portNumber(healthCheckNodePort) : [detail];
    for (const text of texts) at("healthCheckNodePort").invalid(healthCheckNodePort, text);
  }
  if (internalTrafficPolicy !== undefined && !TRAFFIC_POLICIES.includes(internalTrafficPolicy)) {
    at("internalTrafficPolicy").notSupported(internalTrafficPolicy, TRAFFIC_POLICIES);
  }
  if (trafficDistribution !== undefined && !TRAFFIC_DISTRIBUTIONS.includes(trafficDistribution)) {
    at("trafficDistribution").notSupported(trafficDistribution, TRAFFIC_DISTRIBUTIONS);
  }
}

/** Adds an error for each thing that is wrong with what a load balancer reports. */
export function validateServiceStatus({ spec, status }: Service, at: At): void {
  const { ingress = [] } = status?.loadBalancer ?? {};
  const below = at.under("status.loadBalancer.ingress");
  if (spec.type !== "LoadBalancer" && ingress.length > 0) {
    below("").forbidden("may only be used when `spec.type` is 'LoadBalancer'");
    return;
  }
  ingress.forEach((one, i) => {
    validateIngress(one, below.under(`[${i}]`));
  });
}

function validateIngress({ ip = "", ipMode, hostname = "" }: LoadBalancerIngress, at: At): void {
  if (ip !== "") check(ip, ipAddress, at.under("ip"));
  if (ipMode === undefined) {
    if (ip !== "") at("ipMode").required("must be specified when `ip` is set");
  } else if (ip === "") at("ipMode").forbidden("may not be specified when `ip` is not set");
  else if (!IP_MODES.includes(ipMode)) at("ipMode").notSupported(ipMode, IP_MODES);
  if (hostname === "") return;
  check(hostname, dns1123Subdomain, at.under("hostname"));
  if (parseIp(hostname) !== undefined) at("hostname").invalid(hostname, "must be a DNS name, not an IP address");
}
