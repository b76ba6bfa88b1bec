/**
 * What the status of a pod may say, and how it may go on.
 *
 * Models pkg/apis/core/validation (ValidatePodStatusUpdate).
 */

import type {
  Container,
  ContainerStatus,
  Pod,
  PodResourceClaimStatus,
  PodSpec,
  PodStatus,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain, qualifiedName, unixId } from "#kernel/apimachinery/formats";
import { parseIp } from "#kernel/apimachinery/ip";
import { ipAddress } from "#kernel/apimachinery/names";
import { isRestartableInit } from "#kernel/resources/core/pod.facts";
import { validateAnnotationsUpdate, validatePodAnnotations } from "#kernel/resources/core/pod.validate.annotations";
import { eachAt, mustBeOneOf, mustFit, numberMustFit } from "#kernel/resources/core/pod.validate.fields";

/** Adds an error for each change that an update of a pod's status must not make. */
export function validatePodStatusUpdate(pod: Pod, old: Pod, at: At): void {
  const { spec } = old;
  const { status = {} } = pod;
  const was = old.status ?? {};
  const own = at.under("status");
  const annotationsAt = at.under("metadata.annotations");
  validateAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, annotationsAt);
  validatePodAnnotations(pod.metadata.annotations, pod.spec, annotationsAt);
  for (const [{ type }, conditionAt] of eachAt(status.conditions, at.under("metadata.conditions"))) {
    if (!SYSTEM_CONDITIONS.has(type)) mustFit(conditionAt("Type"), type, qualifiedName);
  }
  const { nominatedNodeName = "" } = status;
  if (nominatedNodeName !== "" && nominatedNodeName !== was.nominatedNodeName) {
    mustFit(own("nominatedNodeName"), nominatedNodeName, dns1123Subdomain);
  }
  own("qosClass").immutable(status.qosClass, was.qosClass);
  const policy = spec.restartPolicy;
  validateStates(status.containerStatuses, was.containerStatuses, { spec, policy }, own.under("containerStatuses"));
  const inits = own.under("initContainerStatuses");
  validateStates(status.initContainerStatuses, was.initContainerStatuses, { spec, policy }, inits);
  const ephemeral = own.under("ephemeralContainerStatuses");
  // Nothing ever restarts an ephemeral container.
  validateStates(
    status.ephemeralContainerStatuses,
    was.ephemeralContainerStatuses,
    { spec, policy: "Never" },
    ephemeral,
  );
  validateClaimStatuses(status.resourceClaimStatuses, spec, own.under("resourceClaimStatuses"));
  validatePodIps(status, own.under("podIPs"));
  validateHostIps(status, own.under("hostIPs"));
  validateUsers(status.containerStatuses, spec, own.under("containerStatuses"));
  validateUsers(status.initContainerStatuses, spec, inits);
  validateUsers(status.ephemeralContainerStatuses, spec, ephemeral);
  validateAllocated(status.containerStatuses, spec.containers, own.under("containerStatuses"));
  validateAllocated(status.initContainerStatuses, spec.initContainers, inits);
  for (const [{ allocatedResourcesStatus }, ownAt] of eachAt(status.ephemeralContainerStatuses, ephemeral)) {
    if ((allocatedResourcesStatus ?? []).length === 0) continue;
    ownAt("allocatedResourcesStatus").forbidden("must not be specified in container status");
  }
}

const SYSTEM_CONDITIONS = new Set(["PodScheduled", "Ready", "Initialized"]);

interface Restarting {
  readonly spec: PodSpec;
  readonly policy: string | undefined;
}

/** A container that must not be started again stays terminated. */
function validateStates(
  statuses: readonly ContainerStatus[] = [],
  old: readonly ContainerStatus[] = [],
  { spec, policy }: Restarting,
  at: At,
): void {
  if (policy === "Always") return;
  for (const [n, { name, state }] of old.entries()) {
    if (state?.terminated === undefined) continue;
    if (state.terminated.exitCode !== 0 && policy === "OnFailure") continue;
    if (mayRestart(spec, name)) continue;
    const isRevived = statuses.some((now) => now.name === name && now.state?.terminated === undefined);
    if (isRevived) at(`[${n}].state`).forbidden("may not be transitioned to non-terminated state");
  }
}

function mayRestart({ containers, initContainers = [] }: PodSpec, name: string): boolean {
  const container = [...containers, ...initContainers].find((one) => one.name === name);
  if (container === undefined) return false;
  if ((container.restartPolicyRules ?? []).length > 0) return true;
  return isRestartableInit(container) || container.restartPolicy === "OnFailure";
}

function validateClaimStatuses(
  statuses: readonly PodResourceClaimStatus[] | undefined,
  { resourceClaims = [] }: PodSpec,
  at: At,
): void {
  const seen = new Set<string>();
  for (const [{ name, resourceClaimName }, ownAt] of eachAt(statuses, at)) {
    if (!resourceClaims.some((claim) => claim.name === name)) {
      ownAt("name").invalid(name, "must match the name of an entry in `spec.resourceClaims`");
    }
    if (seen.has(name)) ownAt("name").duplicate(name);
    seen.add(name);
    if (resourceClaimName !== undefined) mustFit(ownAt("name"), resourceClaimName, dns1123Subdomain);
  }
}

const oneOfEachFamily = "may specify no more than one IP for each IP family";

function isDualStack(ips: readonly string[]): boolean {
  return new Set(ips.map((ip) => parseIp(ip)?.family)).size === 2;
}

function validatePodIps({ podIPs = [] }: PodStatus, at: At): void {
  const ips = podIPs.map(({ ip = "" }) => ip);
  for (const [ip, ipAt] of eachAt(ips, at)) mustFit(ipAt(""), ip, ipAddress);
  if (ips.length <= 1) return;
  if (!isDualStack(ips) || ips.length > 2) at("").invalid(ips.map(printedIp), oneOfEachFamily);
  addDuplicates(ips, at);
}

function validateHostIps({ hostIP = "", hostIPs = [] }: PodStatus, at: At): void {
  const ips = hostIPs.map(({ ip = "" }) => ip);
  if (ips.length === 0) return;
  if (hostIP !== ips[0]) at("[0].ip").invalid(ips[0], "must be equal to `hostIP`");
  for (const [ip, ipAt] of eachAt(ips, at)) mustFit(ipAt(""), ip, ipAddress);
  if (ips.length === 1) return;
  addDuplicates(ips, at);
  if (!isDualStack(ips) || ips.length > 2) at("").invalid(ips.map(printedIp), oneOfEachFamily);
}

function addDuplicates(ips: readonly string[], at: At): void {
  for (const [ip, ipAt, n] of eachAt(ips, at)) if (ips.indexOf(ip) < n) ipAt("").duplicate(printedIp(ip));
}

/** As upstream prints its internal struct. */
const printedIp = (ip: string): object => ({ IP: ip });

function validateUsers(statuses: readonly ContainerStatus[] | undefined, { os }: PodSpec, at: At): void {
  for (const [{ user }, ownAt] of eachAt(statuses, at)) {
    const linux = user?.linux;
    if (linux === undefined) continue;
    const linuxAt = ownAt.under("linux");
    if (os?.name === "windows") {
      linuxAt("").forbidden("cannot be set for a windows pod");
      continue;
    }
    numberMustFit(linuxAt("uid"), linux.uid, unixId);
    numberMustFit(linuxAt("gid"), linux.gid, unixId);
    for (const [group, groupAt] of eachAt(linux.supplementalGroups, linuxAt.under("supplementalGroups"))) {
      numberMustFit(groupAt(""), group, unixId);
    }
  }
}

const HEALTHS = ["Healthy", "Unhealthy", "Unknown"];

const claimPrefix = "claim:";

/** What is reported of devices must be of devices the container asked for. */
function validateAllocated(
  statuses: readonly ContainerStatus[] | undefined,
  containers: readonly Container[] = [],
  at: At,
): void {
  for (const [{ name, allocatedResourcesStatus }, ownAt] of eachAt(statuses, at)) {
    const container = containers.find((one) => one.name === name);
    for (const [allocated, allocatedAt] of eachAt(allocatedResourcesStatus, ownAt.under("allocatedResourcesStatus"))) {
      const problem = container === undefined ? undefined : allocationProblem(allocated.name, container);
      if (problem !== undefined) allocatedAt("name").invalid(allocated.name, problem);
      const ids = new Set<string>();
      for (const [{ resourceID, health = "" }, idAt] of eachAt(allocated.resources, allocatedAt.under("resources"))) {
        mustBeOneOf(idAt("health"), health, HEALTHS);
        if (ids.has(resourceID)) idAt("resourceID").duplicate(resourceID);
        ids.add(resourceID);
      }
    }
  }
}

function allocationProblem(name: string, { resources }: Container): string | undefined {
  if (!name.startsWith(claimPrefix)) {
    const isRequested = resources?.requests?.[name] !== undefined;
    return isRequested ? undefined : "must match one of the container's resource requests";
  }
  const claims = (resources?.claims ?? []).map(({ name: claim, request = "" }) =>
    request === "" ? `${claimPrefix}${claim}` : `${claimPrefix}${claim}/${request}`,
  );
  if (claims.includes(name)) return undefined;
  const forms = "'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
  return `must match one of the container's resource claims in a format ${forms}`;
}
