/**
 * What only one Service may have: cluster IPs, node ports, health check ports; and the IP families that follow.
 *
 * Models pkg/registry/core/service/storage/alloc.go with its ipallocator and portallocator, on a single-stack IPv4
 * cluster. Leaves out releasing: what is taken is what the stored Services say, so it is free as soon as they do not.
 */

import type { Service } from "#kernel/api/types.gen";
import { internalError } from "#kernel/apimachinery/errors";
import type { At } from "#kernel/apimachinery/field-errors";
import { parseIp } from "#kernel/apimachinery/ip";
import {
  clusterIpsOf,
  isHeadless,
  NO_CLUSTER_IP,
  needsClusterIp,
  needsHealthCheck,
  needsNodePort,
  nodePortsOf,
} from "#kernel/resources/core/service.facts";
import { familyOf } from "#kernel/resources/core/service.validate.ips";
import { addressAt, isInside, type Range } from "#kernel/resources/networking/servicecidr.facts";
import { equal } from "#kernel/sim/clone";
import type { Entropy } from "#kernel/sim/entropy";

/** What other Services have already, and the dice. */
export interface Pool {
  readonly entropy: Entropy;
  /** Where cluster IPs come from, in the order in which they are tried. */
  readonly ranges: readonly Range[];
  isIpTaken(ip: string): boolean;
  isPortTaken(port: number): boolean;
}

/** The one family of the cluster. */
const FAMILY = "IPv4";

/** 30000-32767, with a lower band of 86 for people likewise. */
const PORTS = { first: 30_000, last: 32_767, dynamicFirst: 30_086 } as const;

/** Takes what the Service needs and has not. May change the Service; says what cannot be had through `at`. */
export function allocate(service: Service, old: Service | undefined, at: At, pool: Pool): void {
  const before = at.errors.length;
  if (needsClusterIp(service)) {
    initFamilies(service, old, at.under("spec"));
    if (at.errors.length > before) return;
    allocateIps(service, old, at.under("spec"), pool);
  }
  if (at.errors.length > before) return;
  const ports = new PortOperation(pool, new Set(old === undefined ? [] : nodePortsOf(old.spec)));
  if (needsNodePort(service)) {
    if (old === undefined) allocatePorts(service, at.under("spec.ports"), ports);
    else updatePorts(service, at.under("spec.ports"), ports);
  }
  if (at.errors.length === before) allocateHealthCheck(service, old, ports);
}

/** Fills in the family policy and the families, or says why the cluster cannot have them. */
function initFamilies({ spec }: Service, old: Service | undefined, at: At): void {
  const isBareAndFree = spec.clusterIP === NO_CLUSTER_IP && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.spec.ipFamilyPolicy ?? (isBareAndFree ? "RequireDualStack" : "SingleStack");
  const { ipFamilyPolicy: policy, clusterIPs: ips = [] } = spec;
  const families = [...(spec.ipFamilies ?? [])];
  const none = at.errors.length;
  if (policy === "SingleStack") {
    // Asking for one stack is asking to give up the second family.
    if (families.length === 2 && equal(families, old?.spec.ipFamilies)) families.pop();
    const many = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
    if (ips.length === 2) at("ipFamilyPolicy").invalid(policy, `${many} cluster IPs are specified`);
    if (families.length === 2) at("ipFamilyPolicy").invalid(policy, `${many} IP families are specified`);
  }
  ips.forEach((ip, i) => {
    if (ip === NO_CLUSTER_IP || i < families.length) return;
    if (familyOf(ip) === FAMILY) families.push(FAMILY);
    else at(`clusterIPs[${i}]`).invalid(ips, `${familyOf(ip)} is not configured on this cluster`);
  });
  if (at.errors.length > none) return;
  // Without a selector the endpoints are somebody else's, of whatever family.
  if (isBareAndFree) {
    if (families.length === 0) families.push(FAMILY);
    if (families.length < 2 && policy !== "SingleStack") families.push(families[0] === "IPv4" ? "IPv6" : "IPv4");
    spec.ipFamilies = families;
    return;
  }
  if (policy === "RequireDualStack") {
    at("ipFamilyPolicy").invalid(policy, "this cluster is not configured for dual-stack services");
  }
  families.forEach((family, i) => {
    if (family !== FAMILY) at(`ipFamilies[${i}]`).invalid(family, "not configured on this cluster");
  });
  spec.ipFamilies = families.length === 0 ? [FAMILY] : families;
}

function allocateIps(service: Service, old: Service | undefined, at: At, pool: Pool): void {
  const { spec } = service;
  if (isHeadless(service)) return;
  const kept = old === undefined ? [] : clusterIpsOf(old);
  const asked = spec.clusterIPs?.[0] ?? "";
  if (asked !== "" && kept.includes(asked)) return;
  if (asked === "") {
    const ip = freeIp(pool);
    // Nothing the user said is wrong, so the answer is an error of the server.
    if (ip === undefined) throw internalError("failed to allocate a serviceIP: range is full");
    spec.clusterIPs = [ip];
    spec.clusterIP = ip;
    return;
  }
  const problem = ipProblem(asked, pool);
  if (problem !== undefined) at("clusterIPs").invalid(spec.clusterIPs, `failed to allocate IP ${asked}: ${problem}`);
}

function ipProblem(ip: string, pool: Pool): string | undefined {
  const value = Number(parseIp(ip)?.value ?? 0n);
  const range = pool.ranges.find((one) => isInside([one], value));
  if (range === undefined) return "the provided network does not match the current range";
  const offset = value - range.base;
  if (offset < range.first || offset > range.last) {
    return `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${range.cidr}`;
  }
  return pool.isIpTaken(ip) ? "provided IP is already allocated" : undefined;
}

function freeIp({ ranges, entropy, isIpTaken }: Pool): string | undefined {
  for (const range of ranges) {
    const isTaken = (n: number): boolean => isIpTaken(addressAt(range, n));
    const offset =
      freeIn(range.dynamicFirst, range.last, entropy, isTaken) ??
      freeIn(range.first, range.dynamicFirst - 1, entropy, isTaken);
    if (offset !== undefined) return addressAt(range, offset);
  }
  return undefined;
}

/** The first free number from a random one on, round the range. */
function freeIn(first: number, last: number, entropy: Entropy, isTaken: (n: number) => boolean): number | undefined {
  const size = last - first + 1;
  if (size <= 0) return undefined;
  const start = entropy.int(size);
  for (let step = 0; step < size; step += 1) {
    const candidate = first + ((start + step) % size);
    if (!isTaken(candidate)) return candidate;
  }
  return undefined;
}

/** The ports one write takes: what it took itself is taken, what the Service had before is its own. */
class PortOperation {
  readonly #pool: Pool;
  readonly #own: ReadonlySet<number>;
  readonly #taken = new Set<number>();

  constructor(pool: Pool, own: ReadonlySet<number>) {
    this.#pool = pool;
    this.#own = own;
  }

  has(port: number): boolean {
    return this.#own.has(port);
  }

  /** Gives why a port cannot be had; undefined if it is had now. */
  take(port: number): string | undefined {
    if (port < PORTS.first || port > PORTS.last) {
      return `provided port is not in the valid range. The range of valid ports is ${PORTS.first}-${PORTS.last}`;
    }
    if (this.#isTaken(port)) return "provided port is already allocated";
    this.#taken.add(port);
    return undefined;
  }

  /** Takes any free port. @throws InternalError if there is none. */
  next(what = "nodePort"): number {
    const isTaken = (port: number): boolean => this.#isTaken(port);
    const port =
      freeIn(PORTS.dynamicFirst, PORTS.last, this.#pool.entropy, isTaken) ??
      freeIn(PORTS.first, PORTS.dynamicFirst - 1, this.#pool.entropy, isTaken);
    if (port === undefined) throw internalError(`failed to allocate a ${what}: range is full`);
    this.#taken.add(port);
    return port;
  }

  #isTaken(port: number): boolean {
    return this.#taken.has(port) || this.#own.has(port) || this.#pool.isPortTaken(port);
  }
}

const mayAllocate = ({ spec }: Service): boolean =>
  spec.type === "NodePort" || spec.allocateLoadBalancerNodePorts !== false;

/** One port number spoken in several protocols gets one node port. */
function allocatePorts(service: Service, at: At, operation: PortOperation): void {
  const { ports = [] } = service.spec;
  const byPort = new Map<number, number>();
  for (const [i, port] of ports.entries()) {
    const { nodePort = 0 } = port;
    if (nodePort === 0 && !mayAllocate(service)) continue;
    const shared = byPort.get(port.port);
    const asked = ports.find((other) => other.port === port.port && (other.nodePort ?? 0) !== 0)?.nodePort;
    const wanted = shared === undefined ? asked : nodePort;
    if (shared !== undefined && (nodePort === 0 || nodePort === shared)) {
      port.nodePort = shared;
      continue;
    }
    const problem = wanted === undefined ? undefined : operation.take(wanted);
    if (problem !== undefined) {
      at(`[${i}].nodePort`).invalid(wanted, problem);
      return;
    }
    port.nodePort = wanted ?? operation.next();
    if (shared === undefined) byPort.set(port.port, port.nodePort);
  }
}

function updatePorts(service: Service, at: At, operation: PortOperation): void {
  const { ports = [] } = service.spec;
  const seen = new Set<number>();
  for (const [i, port] of ports.entries()) {
    const { nodePort = 0 } = port;
    if (nodePort === 0) {
      if (mayAllocate(service)) port.nodePort = operation.next();
      continue;
    }
    const problem = operation.has(nodePort) || seen.has(nodePort) ? undefined : operation.take(nodePort);
    if (problem !== undefined) {
      at(`[${i}].nodePort`).invalid(nodePort, problem);
      return;
    }
    seen.add(nodePort);
  }
}

function allocateHealthCheck(service: Service, old: Service | undefined, operation: PortOperation): void {
  const { spec } = service;
  if (!needsHealthCheck(service) || (old !== undefined && needsHealthCheck(old))) return;
  const { healthCheckNodePort: asked = 0 } = spec;
  if (asked === 0) {
    spec.healthCheckNodePort = operation.next("HealthCheck NodePort");
    return;
  }
  const problem = operation.take(asked);
  if (problem !== undefined) {
    throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${problem}`);
  }
}
