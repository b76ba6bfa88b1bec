/**
 * Whether a pod's spec is well formed, in a Pod or in a template.
 *
 * Models pkg/apis/core/validation (ValidatePodSpec).
 */

import type { HostAlias, PodDNSConfig, PodSchedulingGate, PodSpec, Toleration } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import {
  dns1123Label,
  dns1123Subdomain,
  type Format,
  inRange,
  labelValue,
  qualifiedName,
} from "#kernel/apimachinery/formats";
import { validateLabels } from "#kernel/apimachinery/labels";
import { ipAddress } from "#kernel/apimachinery/names";
import { TAINT_EFFECTS } from "#kernel/resources/core/pod.facts.tolerations";
import { validateAffinity, validateTopologySpread } from "#kernel/resources/core/pod.validate.affinity";
import {
  type ContainerContext,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from "#kernel/resources/core/pod.validate.container";
import {
  eachAt,
  mustBeOneOf,
  mustChoose,
  mustFit,
  numberMustFit,
  subdomainWithUnderscore,
} from "#kernel/resources/core/pod.validate.fields";
import {
  validateOverhead,
  validatePodClaims,
  validatePodResources,
} from "#kernel/resources/core/pod.validate.resources";
import { validateHostUsers, validatePodSecurity } from "#kernel/resources/core/pod.validate.security";
import { validateVolumes } from "#kernel/resources/core/pod.validate.volume";
import { validateHostProcess, validateOs } from "#kernel/resources/core/pod.validate.windows";

const INT32_MAX = 2147483647;

export interface PodSpecOptions {
  /** The spec stands in a Pod, not in a template. */
  readonly isPod: boolean;
  /** metadata.name of the pod, where it is known: it begins the names of claims made for it. */
  readonly podName: string;
}

/** Adds an error for each wrong part of the spec; `at` stands at it. */
export function validatePodSpec(spec: PodSpec, { isPod, podName }: PodSpecOptions, at: At): void {
  if (spec.terminationGracePeriodSeconds === undefined) at("terminationGracePeriodSeconds").required();
  const volumes = validateVolumes(spec.volumes, podName, at.under("volumes"));
  validatePodClaims(spec.resourceClaims, at.under("resourceClaims"));
  const claimNames = new Set((spec.resourceClaims ?? []).map(({ name }) => name).filter((name) => name !== ""));
  const context: ContainerContext = { spec, volumes, claimNames, isPod };
  validateContainers(context, at.under("containers"));
  validateInitContainers(context, at.under("initContainers"));
  validateEphemeralContainers(context, at.under("ephemeralContainers"));
  validatePodResources(spec, claimNames, at.under("resources"));
  validateHostNetworkPorts(spec, isPod, at);
  mustChoose(at("restartPolicy"), spec.restartPolicy, ["Always", "OnFailure", "Never"]);
  mustChoose(at("dnsPolicy"), spec.dnsPolicy, ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
  validateLabels(spec.nodeSelector, at.under("nodeSelector"));
  validatePodSecurity(spec, at);
  if (spec.affinity !== undefined) validateAffinity(spec.affinity, at.under("affinity"));
  validateDns(spec, at.under("dnsConfig"));
  for (const [{ conditionType }, gateAt] of eachAt(spec.readinessGates, at.under("readinessGates"))) {
    mustFit(gateAt("conditionType"), conditionType, qualifiedName);
  }
  validateSchedulingGates(spec.schedulingGates, at.under("schedulingGates"));
  validateTopologySpread(spec.topologySpreadConstraints, at.under("topologySpreadConstraints"));
  validateHostProcess(spec, at);
  validateHostUsers(spec, at);
  validateName(spec, "serviceAccountName", dns1123Subdomain, at);
  validateName(spec, "nodeName", dns1123Subdomain, at);
  numberMustFit(at("activeDeadlineSeconds"), spec.activeDeadlineSeconds, (value) => inRange(value, 1, INT32_MAX));
  validateHostnames(spec, at);
  validateTolerations(spec.tolerations, at.under("tolerations"));
  validateHostAliases(spec.hostAliases, at.under("hostAliases"));
  validateName(spec, "priorityClassName", dns1123Subdomain, at);
  // A pointer that is set is checked, even if it points to nothing.
  if (spec.runtimeClassName !== undefined) mustFit(at("runtimeClassName"), spec.runtimeClassName, dns1123Subdomain);
  if (spec.preemptionPolicy !== undefined) {
    mustChoose(at("preemptionPolicy"), spec.preemptionPolicy, ["PreemptLowerPriority", "Never"]);
  }
  if (spec.overhead !== undefined) validateOverhead(spec.overhead, at.under("overhead"));
  validateOs(spec, at);
}

type NamedField =
  | "serviceAccountName"
  | "nodeName"
  | "hostname"
  | "subdomain"
  | "priorityClassName"
  | "runtimeClassName";

function validateName(spec: PodSpec, field: NamedField, format: Format, at: At): void {
  const { [field]: name = "" } = spec;
  if (name !== "") mustFit(at(field), name, format);
}

const HOSTNAME_LENGTH_MAX = 64;

function validateHostnames(spec: PodSpec, at: At): void {
  validateName(spec, "hostname", dns1123Label, at);
  validateName(spec, "subdomain", dns1123Label, at);
  const { hostnameOverride } = spec;
  if (hostnameOverride === undefined) return;
  const problem = at("hostnameOverride");
  if (hostnameOverride === "") problem.required("must not be empty");
  else mustFit(problem, hostnameOverride, dns1123Subdomain);
  if (hostnameOverride.length > HOSTNAME_LENGTH_MAX) problem.tooLong(hostnameOverride, HOSTNAME_LENGTH_MAX);
  if (spec.setHostnameAsFQDN === true) problem.forbidden("may not be set when `setHostnameAsFQDN` is true");
  if (spec.hostNetwork === true) problem.forbidden("may not be set when `hostNetwork` is true");
}

/** A template may leave the host port open: it is filled in when the pod is made. */
function validateHostNetworkPorts({ hostNetwork, containers }: PodSpec, isPod: boolean, at: At): void {
  if (hostNetwork !== true) return;
  for (const [{ ports }, ownAt] of eachAt(containers, at.under("containers"))) {
    for (const [{ hostPort = 0, containerPort }, portAt] of eachAt(ports, ownAt.under("ports"))) {
      if ((!isPod && hostPort === 0) || hostPort === containerPort) continue;
      portAt("hostPort").invalid(hostPort, "must match `containerPort` when `hostNetwork` is true");
    }
  }
}

const NAMESERVERS_MAX = 3;
const SEARCHES_MAX = 32;
const SEARCH_CHARS_MAX = 2048;

function validateDns({ dnsPolicy, dnsConfig }: PodSpec, at: At): void {
  if (dnsPolicy === "None") {
    if (dnsConfig === undefined) {
      at("").required("must provide `dnsConfig` when `dnsPolicy` is None");
      return;
    }
    if ((dnsConfig.nameservers ?? []).length === 0) {
      at("nameservers").required("must provide at least one DNS nameserver when `dnsPolicy` is None");
      return;
    }
  }
  if (dnsConfig !== undefined) validateDnsConfig(dnsConfig, at);
}

function validateDnsConfig({ nameservers = [], searches = [], options }: PodDNSConfig, at: At): void {
  if (nameservers.length > NAMESERVERS_MAX) {
    at("nameservers").invalid(nameservers, `must not have more than ${NAMESERVERS_MAX} nameservers`);
  }
  for (const [server, serverAt] of eachAt(nameservers, at.under("nameservers")))
    mustFit(serverAt(""), server, ipAddress);
  if (searches.length > SEARCHES_MAX) {
    at("searches").invalid(searches, `must not have more than ${SEARCHES_MAX} search paths`);
  }
  if (searches.join(" ").length > SEARCH_CHARS_MAX) {
    const rule = `must not have more than ${SEARCH_CHARS_MAX} characters (including spaces) in the search list`;
    at("searches").invalid(searches, rule);
  }
  for (const [search, searchAt] of eachAt(searches, at.under("searches"))) {
    if (search !== ".") mustFit(searchAt(""), search.replace(/\.$/, ""), subdomainWithUnderscore);
  }
  for (const [{ name = "" }, optionAt] of eachAt(options, at.under("options"))) {
    if (name === "") optionAt("").required("must not be empty");
  }
}

function validateSchedulingGates(gates: readonly PodSchedulingGate[] | undefined, at: At): void {
  const seen = new Set<string>();
  for (const [{ name }, gateAt] of eachAt(gates, at)) {
    mustFit(gateAt(""), name, qualifiedName);
    if (seen.has(name)) gateAt("").duplicate(name);
    seen.add(name);
  }
}

function validateHostAliases(aliases: readonly HostAlias[] | undefined, at: At): void {
  for (const [{ ip, hostnames }, aliasAt] of eachAt(aliases, at)) {
    mustFit(aliasAt("ip"), ip, ipAddress);
    for (const [name, nameAt] of eachAt(hostnames, aliasAt.under("hostnames")))
      mustFit(nameAt(""), name, dns1123Subdomain);
  }
}

/** Adds an error for each wrong part of spec.tolerations. */
export function validateTolerations(tolerations: readonly Toleration[] | undefined, at: At): void {
  for (const [toleration, ownAt] of eachAt(tolerations, at)) {
    const { key = "", operator = "", effect = "", tolerationSeconds } = toleration;
    if (key !== "") mustFit(ownAt("key"), key, qualifiedName);
    else if (operator !== "Exists") {
      const rule = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      ownAt("operator").invalid(operator, rule);
    }
    if (tolerationSeconds !== undefined && effect !== "NoExecute") {
      ownAt("effect").invalid(effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    validateToleratedValue(toleration, ownAt);
    if (effect !== "") mustBeOneOf(ownAt("effect"), effect, TAINT_EFFECTS);
  }
}

/** Lt and Gt are behind a gate (TaintTolerationComparisonOperators) that is off. */
function validateToleratedValue({ operator = "", value = "" }: Toleration, at: At): void {
  switch (operator) {
    case "":
    case "Equal": {
      const texts = labelValue(value);
      if (texts.length > 0) at("operator").invalid(value, texts.join(";"));
      break;
    }
    case "Exists":
      if (value !== "") at("operator").invalid(value, "value must be empty when `operator` is 'Exists'");
      break;
    default:
      at("operator").notSupported(operator, ["Equal", "Exists"]);
  }
}
