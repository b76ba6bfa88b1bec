/**
 * Warnings about pods and templates that are accepted, and yet are hardly what their author meant.
 *
 * Models pkg/api/pod/warnings.go and pkg/api/node/util.go.
 */

import type {
  Container,
  ContainerPort,
  EphemeralContainer,
  NodeSelectorTerm,
  ObjectMeta,
  Pod,
  PodAffinity,
  PodSpec,
  PodTemplateSpec,
  Volume,
} from "#kernel/api/types.gen";
import { dns1123Label } from "#kernel/apimachinery/formats";
import { goValue, quote } from "#kernel/apimachinery/go-text";
import { canonicalQuantity, milli } from "#kernel/apimachinery/quantity";
import {
  APPARMOR_PREFIX,
  SECCOMP_POD_ANNOTATION,
  SECCOMP_PREFIX,
} from "#kernel/resources/core/pod.validate.annotations";

type Annotations = Readonly<Record<string, string>>;
type AnyContainer = Container | EphemeralContainer;
type Warn = (path: string, text: string) => void;

/** Gives the warnings about a new pod. */
export function warningsForPod({ metadata, spec }: Pod): string[] {
  const warnings = warningsForName(metadata.name, "the Pod's hostname");
  return [...warnings, ...warningsFor(spec, metadata.annotations ?? {}, "")];
}

function warningsForName(name: string | undefined, use: string): string[] {
  const wrong = dns1123Label(name ?? "");
  if (wrong.length === 0) return [];
  const says = `this is used in ${use}, which can result in surprising behavior; a DNS label is recommended`;
  return [`metadata.name: ${says}: ${goValue(wrong)}`];
}

/** A kind that makes pods of the template in its spec. */
interface Templated {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly template?: PodTemplateSpec };
}

/** Gives the warnings about a new workload, and about one whose generation has changed. */
export function warningsForWorkload({ metadata, spec }: Templated, old?: Templated): string[] {
  if (old !== undefined && old.metadata.generation === metadata.generation) return [];
  const warnings = old === undefined ? warningsForName(metadata.name, "Pod names and hostnames") : [];
  return [...warnings, ...warningsForPodTemplate(spec.template, "spec.template")];
}

/** Gives the warnings about a template that stands at `path` (`spec.template`). */
export function warningsForPodTemplate(template: PodTemplateSpec | undefined, path: string): string[] {
  return template === undefined ? [] : warningsFor(template.spec, template.metadata?.annotations ?? {}, `${path}.`);
}

function warningsFor(spec: PodSpec, annotations: Annotations, prefix: string): string[] {
  const warnings: string[] = [];
  const warn: Warn = (path, text) => warnings.push(`${prefix}${path}: ${text}`);
  warnOfLabels(spec, warn);
  warnOfAnnotations(annotations, spec, warn);
  for (const [n, volume] of (spec.volumes ?? []).entries()) warnOfVolume(volume, `spec.volumes[${n}]`, warn);
  warnOfTokenPaths(spec, warn);
  warnOfTwins(
    spec.hostAliases?.map(({ ip }) => ip),
    (n, ip) => {
      warn(`spec.hostAliases[${n}].ip`, `duplicate ip ${quote(ip)}`);
    },
  );
  const secrets = spec.imagePullSecrets?.map(({ name = "" }) => name) ?? [];
  warnOfTwins(secrets, (n, name) => warn(`spec.imagePullSecrets[${n}].name`, `duplicate name ${quote(name)}`));
  for (const [n, name] of secrets.entries()) {
    if (name === "") warn(`spec.imagePullSecrets[${n}].name`, 'invalid empty name ""');
  }
  warnOfFractions(spec.overhead, "spec.overhead", warn);
  const isTemplate = prefix !== "";
  for (const [container, path] of containersOf(spec))
    warnOfContainer(container, path, { annotations, isTemplate, spec, warn });
  warnOfPorts(spec, prefix, warn);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    warn("spec.terminationGracePeriodSeconds", "must be >= 0; negative values are invalid and will be treated as 1");
  }
  warnOfPodAffinity(spec.affinity?.podAffinity, "spec.affinity.podAffinity", warn);
  warnOfPodAffinity(spec.affinity?.podAntiAffinity, "spec.affinity.podAntiAffinity", warn);
  return warnings;
}

function* containersOf(spec: PodSpec): Generator<readonly [AnyContainer, string]> {
  for (const field of ["initContainers", "containers", "ephemeralContainers"] as const) {
    for (const [n, container] of (spec[field] ?? []).entries()) yield [container, `spec.${field}[${n}]`];
  }
}

function warnOfTwins(items: readonly string[] | undefined, report: (n: number, item: string) => void): void {
  const seen = new Set<string>();
  for (const [n, item] of (items ?? []).entries()) {
    if (seen.has(item)) report(n, item);
    seen.add(item);
  }
}

const NULL_SELECTOR = "a null labelSelector results in matching no pod";

const OLD_NODE_LABELS: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

function warnOfLabels({ nodeSelector = {}, affinity, topologySpreadConstraints = [] }: PodSpec, warn: Warn): void {
  for (const key in nodeSelector) {
    const text = OLD_NODE_LABELS[key];
    if (text !== undefined) warn(`spec.nodeSelector[${key}]`, text);
  }
  const base = "spec.affinity.nodeAffinity";
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const [n, term] of required.entries()) {
    const path = `${base}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${n}]`;
    warnOfTerm(term, path, warn);
  }
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const [n, { preference }] of preferred.entries()) {
    warnOfTerm(preference, `${base}.preferredDuringSchedulingIgnoredDuringExecution[${n}].preference`, warn);
  }
  for (const [n, { topologyKey, labelSelector }] of topologySpreadConstraints.entries()) {
    const path = `spec.topologySpreadConstraints[${n}]`;
    const text = OLD_NODE_LABELS[topologyKey];
    if (text !== undefined) warn(`${path}.topologyKey`, `${topologyKey} is ${text}`);
    if (labelSelector === undefined) warn(`${path}.labelSelector`, NULL_SELECTOR);
  }
}

function warnOfTerm({ matchExpressions = [] }: NodeSelectorTerm, path: string, warn: Warn): void {
  for (const [n, { key }] of matchExpressions.entries()) {
    const text = OLD_NODE_LABELS[key];
    if (text !== undefined) warn(`${path}.matchExpressions[${n}].key`, `${key} is ${text}`);
  }
}

const OLD_ANNOTATIONS: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
};

const SECCOMP_TEXT = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const APPARMOR_TEXT = 'deprecated since v1.30; use the "appArmorProfile" field instead';

function warnOfAnnotations(annotations: Annotations, { securityContext }: PodSpec, warn: Warn): void {
  for (const [key, text] of Object.entries(OLD_ANNOTATIONS)) {
    if (annotations[key] !== undefined) warn(`metadata.annotations[${key}]`, text);
  }
  if (securityContext?.seccompProfile === undefined && annotations[SECCOMP_POD_ANNOTATION] !== undefined) {
    warn(`metadata.annotations[${SECCOMP_POD_ANNOTATION}]`, SECCOMP_TEXT);
  }
}

const OLD_VOLUMES: readonly (readonly [keyof Volume, path: string, text: string])[] = [
  ["photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

function warnOfVolume(volume: Volume, path: string, warn: Warn): void {
  for (const [field, name, text] of OLD_VOLUMES) if (volume[field] !== undefined) warn(`${path}.${name}`, text);
  const resources = volume.ephemeral?.volumeClaimTemplate?.spec.resources;
  const claim = `${path}.ephemeral.volumeClaimTemplate.spec.resources`;
  for (const which of ["limits", "requests"] as const) {
    const storage = resources?.[which]?.["storage"];
    if (storage !== undefined) warnOfFraction(storage, `${claim}.${which}[storage]`, warn);
  }
}

function warnOfTokenPaths({ volumes = [] }: PodSpec, warn: Warn): void {
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const paths = new Set(sources.flatMap(({ serviceAccountToken: token }) => (token === undefined ? [] : [token.path])));
  for (const [n, { projected }] of volumes.entries()) {
    const base = `spec.volumes[${n}].projected.sources`;
    const check = (path: string, where: string): void => {
      if (paths.has(path)) warn(where, `has duplicated path with ServiceAccountToken ${quote(path)}`);
    };
    for (const { configMap, secret, downwardAPI, clusterTrustBundle } of projected?.sources ?? []) {
      for (const [m, { path }] of (configMap?.items ?? []).entries()) check(path, `${base}.configMap[${m}]`);
      for (const [m, { path }] of (secret?.items ?? []).entries()) check(path, `${base}.secrets[${m}]`);
      for (const [m, { path }] of (downwardAPI?.items ?? []).entries()) check(path, `${base}.downwardAPI[${m}]`);
      if (clusterTrustBundle !== undefined) check(clusterTrustBundle.path, `${base}.ClusterTrustBundle`);
    }
  }
}

function warnOfFractions(list: Readonly<Record<string, string>> | undefined, path: string, warn: Warn): void {
  for (const name of ["memory", "ephemeral-storage"]) {
    const quantity = list?.[name];
    if (quantity !== undefined) warnOfFraction(quantity, `${path}[${name}]`, warn);
  }
}

function warnOfFraction(quantity: string, path: string, warn: Warn): void {
  if (milli(quantity) % 1000 === 0) return;
  warn(path, `fractional byte value ${quote(canonicalQuantity(quantity))} is invalid, must be an integer`);
}

interface Around {
  readonly annotations: Annotations;
  readonly isTemplate: boolean;
  readonly spec: PodSpec;
  readonly warn: Warn;
}

function warnOfContainer(container: AnyContainer, path: string, { annotations, isTemplate, spec, warn }: Around): void {
  const { name, securityContext, resources, env = [] } = container;
  const seccomp = SECCOMP_PREFIX + name;
  if (securityContext?.seccompProfile === undefined && annotations[seccomp] !== undefined) {
    warn(`metadata.annotations[${seccomp}]`, SECCOMP_TEXT);
  }
  const appArmor = APPARMOR_PREFIX + name;
  const profile = securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
  const isOldWay = isTemplate ? profile === undefined : securityContext?.appArmorProfile === undefined;
  if (isOldWay && annotations[appArmor] !== undefined) warn(`metadata.annotations[${appArmor}]`, APPARMOR_TEXT);
  for (const which of ["limits", "requests"] as const) {
    warnOfFractions(resources?.[which], `${path}.resources.${which}`, warn);
  }
  const seen = new Set<string>();
  for (const [n, { name: key, value = "", valueFrom }] of env.entries()) {
    const reference = `$(${key})`;
    const hides = valueFrom !== undefined || value === reference || !value.includes(reference);
    if (seen.has(key) && hides) {
      const rule = "which may be dropped when using apply";
      warn(`${path}.env[${n}]`, `hides previous definition of ${quote(key)}, ${rule}`);
    }
    seen.add(key);
  }
}

interface PlacedPort extends ContainerPort {
  readonly path: string;
}

function warnOfPorts(spec: PodSpec, prefix: string, warn: Warn): void {
  const known = new Map<string, PlacedPort[]>();
  for (const [{ ports = [] }, base] of containersOf(spec)) {
    for (const [n, port] of ports.entries()) {
      const { hostIP = "", hostPort = 0, protocol = "" } = port;
      const path = `${base}.ports[${n}]`;
      if (hostIP !== "" && hostPort === 0) warn(path, `hostIP set without hostPort: ${goPort(port)}`);
      const key = `${port.containerPort}/${protocol}`;
      const others = known.get(key) ?? [];
      for (const other of others) {
        const clash = clashOf(port, other);
        if (clash !== undefined) warn(path, `${clash} port definition with ${prefix}${other.path}`);
      }
      known.set(key, [...others, { ...port, path }]);
    }
  }
}

const goPort = ({ name = "", hostPort = 0, containerPort, protocol = "", hostIP = "" }: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;

function clashOf(port: ContainerPort, other: ContainerPort): string | undefined {
  const [ip, otherIp] = [port.hostIP ?? "", other.hostIP ?? ""];
  const [number, otherNumber] = [port.hostPort ?? 0, other.hostPort ?? 0];
  if (ip === otherIp && number === otherNumber) return "duplicate";
  if (number === 0 || otherNumber === 0) return "overlapping";
  const isOneOpen = (ip === "") !== (otherIp === "");
  return number === otherNumber && isOneOpen ? "dangerously ambiguous" : undefined;
}

function warnOfPodAffinity(affinity: PodAffinity | undefined, path: string, warn: Warn): void {
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const [n, { labelSelector }] of required.entries()) {
    const where = `${path}.requiredDuringSchedulingIgnoredDuringExecution[${n}].labelSelector`;
    if (labelSelector === undefined) warn(where, NULL_SELECTOR);
  }
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const [n, { podAffinityTerm }] of preferred.entries()) {
    const where = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${n}].podAffinityTerm.labelSelector`;
    if (podAffinityTerm.labelSelector === undefined) warn(where, NULL_SELECTOR);
  }
}
