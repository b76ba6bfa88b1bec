/**
 * What becomes of a Service before it is validated: allocated values the client left out come back, linked fields are
 * brought into step, and fields the new type has no use for are dropped.
 *
 * Models pkg/registry/core/service/strategy.go and the update half of its storage.
 */
import type { Service, ServiceSpec } from "#kernel/api/types.gen";
import {
  isExternallyAccessible,
  needsClusterIp,
  needsHealthCheck,
  needsNodePort,
  nodePortsOf,
} from "#kernel/resources/core/service.facts";
import { equal } from "#kernel/sim/clone";

/** Fills in what every Service has. May change the draft. */
export function setServiceDefaults(service: Service): void {
  const { spec } = service;
  // What is empty is not there at all: no client ever sees it.
  for (const field of ["clusterIP", "externalName"] as const) if (spec[field] === "") delete spec[field];
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP" && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10_800 } };
  }
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    port.targetPort ||= port.port;
  }
  if (isExternallyAccessible(service)) spec.externalTrafficPolicy ||= "Cluster";
  if (needsNodePort(service) || spec.type === "ClusterIP") spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
}

/** A load balancer's IP is announced as its own unless it says otherwise. */
export function setStatusDefaults({ spec, status }: Service): void {
  if (spec.type !== "LoadBalancer") return;
  for (const ingress of status?.loadBalancer?.ingress ?? []) {
    if ((ingress.ip ?? "") !== "") ingress.ipMode ??= "VIP";
  }
}

/** Sets one field, or takes it away where there is no value. */
function assign<K extends keyof ServiceSpec>(spec: ServiceSpec, field: K, value: ServiceSpec[K] | undefined): void {
  if (value === undefined) delete spec[field];
  else spec[field] = value;
}

/** Old clients know clusterIP alone, so the plural follows it. May change the draft. */
export function alignClusterIps({ spec }: Service, old?: Service): void {
  const { clusterIP = "", clusterIPs = [] } = spec;
  if (old === undefined) {
    if (clusterIP !== "" && clusterIPs.length === 0) spec.clusterIPs = [clusterIP];
    return;
  }
  if (old.spec.clusterIP === clusterIP) {
    if (clusterIPs.length === 0) assign(spec, "clusterIPs", old.spec.clusterIPs);
  } else if (equal(old.spec.clusterIPs ?? [], clusterIPs)) {
    // The singular alone was changed.
    assign(spec, "clusterIPs", clusterIP === "" ? undefined : [clusterIP]);
  }
}

/** A manifest applied again does not know what was allocated meanwhile; it stays. May change the draft. */
export function keepAllocated(service: Service, old: Service): void {
  const { spec } = service;
  if (needsClusterIp(old) && needsClusterIp(service)) {
    if ((spec.clusterIP ?? "") === "") assign(spec, "clusterIP", old.spec.clusterIP);
    if ((spec.clusterIPs?.length ?? 0) === 0 && spec.clusterIP === old.spec.clusterIP) {
      assign(spec, "clusterIPs", old.spec.clusterIPs);
    }
  }
  if (needsNodePort(old) && needsNodePort(service)) keepNodePorts(spec, old.spec);
  if (needsHealthCheck(old) && needsHealthCheck(service) && (spec.healthCheckNodePort ?? 0) === 0) {
    assign(spec, "healthCheckNodePort", old.spec.healthCheckNodePort);
  }
}

/** While the addresses stay what they are, so do the families nobody mentions. May change the draft. */
export function keepFamilies(service: Service, old: Service): void {
  const { spec } = service;
  if (!needsClusterIp(old) || !needsClusterIp(service)) return;
  if (spec.ipFamilyPolicy === undefined) assign(spec, "ipFamilyPolicy", old.spec.ipFamilyPolicy);
  const areSameIps = equal(spec.clusterIPs ?? [], old.spec.clusterIPs ?? []);
  if (areSameIps && (spec.ipFamilies ?? []).length === 0) assign(spec, "ipFamilies", old.spec.ipFamilies);
}

/** A port keeps the node port its namesake had, unless another port has it now. */
function keepNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const mentioned = nodePortsOf(spec);
  const used = new Set(nodePortsOf(old).filter((port) => mentioned.includes(port)));
  const byName = new Map((old.ports ?? []).map(({ name = "", nodePort = 0 }) => [name, nodePort]));
  for (const port of spec.ports ?? []) {
    const before = byName.get(port.name ?? "") ?? 0;
    if ((port.nodePort ?? 0) !== 0 || before === 0 || used.has(before)) continue;
    port.nodePort = before;
    used.add(before);
  }
}

/** Drops what the new type has no use for, unless the client tried to change just that. May change the draft. */
export function dropTypeDependent(service: Service, old: Service): void {
  const { spec } = service;
  if (needsClusterIp(old) && !needsClusterIp(service)) {
    const areSameIps = spec.clusterIP === old.spec.clusterIP && equal(spec.clusterIPs ?? [], old.spec.clusterIPs ?? []);
    if (areSameIps) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    dropIfSame("ipFamilies", spec, old.spec);
    dropIfSame("ipFamilyPolicy", spec, old.spec);
  }
  if (needsNodePort(old) && !needsNodePort(service)) {
    const before = nodePortsOf(old.spec);
    if (nodePortsOf(spec).every((port) => before.includes(port)))
      for (const port of spec.ports ?? []) delete port.nodePort;
  }
  if (needsHealthCheck(old) && !needsHealthCheck(service)) dropIfSame("healthCheckNodePort", spec, old.spec);
  if (old.spec.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    dropIfSame("allocateLoadBalancerNodePorts", spec, old.spec);
    dropIfSame("loadBalancerClass", spec, old.spec);
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(service)) {
    dropIfSame("externalTrafficPolicy", spec, old.spec);
  }
  // Nobody need see how a load balancer is taken down.
  if (spec.type !== "LoadBalancer") service.status = { ...service.status, loadBalancer: {} };
}

function dropIfSame(field: keyof ServiceSpec, spec: ServiceSpec, old: ServiceSpec): void {
  if (equal(spec[field], old[field])) delete spec[field];
}
