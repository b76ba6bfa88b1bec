/**
 * What the scheduler computes once for each pod: its requests, ports and affinity terms.
 *
 * Models PodInfo of pkg/scheduler/framework/types.go.
 */
import type { LabelSelector, Pod, PodAffinityTerm, PodSpec, WeightedPodAffinityTerm } from "#kernel/api/types.gen";
import { hostPorts, podRequests, type ResourceAmounts } from "#kernel/resources/core/pod.facts";

/** Requests counted for scoring where a container says nothing: 100 thousandths of a core, 200 MiB. */
const USUAL_REQUESTS = { cpu: "100m", memory: "200Mi" };

/** Amounts of one pod or of all pods of a node. */
export interface Amounts {
  cpuMillis: number;
  memoryBytes: number;
  storageBytes: number;
  /** Devices, huge pages and whatever else nodes offer. */
  scalars: Map<string, number> | undefined;
}

/** One port taken on a node's own address. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** A term of pod affinity, with what it inherits from its pod filled in. */
export interface AffinityTerm {
  /** Equal terms have equal ids. */
  readonly id: string;
  /** Namespaces by name; empty and no selector means the pod's own, which is filled in here. */
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: LabelSelector | undefined;
  readonly selector: LabelSelector | undefined;
  readonly topologyKey: string;
  readonly weight: number;
}

export interface PodInfo {
  /** The pod as it is stored now. */
  pod: Pod;
  readonly requests: Amounts;
  /** Requests as scoring counts them. */
  readonly usual: { readonly cpuMillis: number; readonly memoryBytes: number };
  readonly ports: readonly HostPort[];
  readonly priority: number;
  readonly affinity: readonly AffinityTerm[];
  readonly antiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly AffinityTerm[];
  readonly preferredAntiAffinity: readonly AffinityTerm[];
}

const known = new WeakMap<PodSpec, Pick<PodInfo, "requests" | "usual" | "ports">>();

/** The scheduler's view of a pod. What follows from the spec alone is computed once per spec. */
export function podInfoOf(pod: Pod): PodInfo {
  const { spec } = pod;
  let fixed = known.get(spec);
  if (fixed === undefined) {
    fixed = { requests: amountsFrom(podRequests(pod)), usual: usualRequests(pod), ports: portsOf(pod) };
    known.set(spec, fixed);
  }
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  return {
    pod,
    ...fixed,
    priority: spec.priority ?? 0,
    affinity: termsOf(pod, podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    antiAffinity: termsOf(pod, podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: weightedOf(pod, podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: weightedOf(pod, podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  };
}

/** Amounts of a resource list in the scheduler's units. */
export function amountsFrom(list: ResourceAmounts): Amounts {
  let scalars: Map<string, number> | undefined;
  for (const name in list) {
    if (name === "cpu" || name === "memory" || name === "ephemeral-storage" || name === "pods") continue;
    scalars ??= new Map();
    scalars.set(name, list[name] ?? 0);
  }
  const { cpu = 0, memory = 0, "ephemeral-storage": storageBytes = 0 } = list;
  return { cpuMillis: cpu, memoryBytes: memory, storageBytes, scalars };
}

function usualRequests(pod: Pod): { cpuMillis: number; memoryBytes: number } {
  const filled = <C extends PodSpec["containers"][number]>(container: C): C => {
    const { requests } = container.resources ?? {};
    if (requests?.cpu !== undefined && requests.memory !== undefined) return container;
    return { ...container, resources: { ...container.resources, requests: { ...USUAL_REQUESTS, ...requests } } };
  };
  const { containers, initContainers } = pod.spec;
  const sidecars = initContainers?.map((one) => (one.restartPolicy === "Always" ? filled(one) : one));
  const spec = { ...pod.spec, containers: containers.map(filled), ...(sidecars && { initContainers: sidecars }) };
  const { cpu = 0, memory = 0 } = podRequests({ ...pod, spec });
  return { cpuMillis: cpu, memoryBytes: memory };
}

const ANY_ADDRESS = "0.0.0.0";
const NO_PORTS: readonly HostPort[] = [];

function portsOf(pod: Pod): readonly HostPort[] {
  const ports = hostPorts(pod);
  if (ports.length === 0) return NO_PORTS;
  return ports.map(({ hostIP, protocol, hostPort }) => ({
    ip: hostIP === undefined || hostIP === "" ? ANY_ADDRESS : hostIP,
    protocol: protocol ?? "TCP",
    port: hostPort ?? 0,
  }));
}

/** True if both want the same port of the same address, or of all addresses. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === ANY_ADDRESS || b.ip === ANY_ADDRESS;
}

const NO_TERMS: readonly AffinityTerm[] = [];

const termsOf = (pod: Pod, terms: readonly PodAffinityTerm[] | undefined): readonly AffinityTerm[] =>
  terms === undefined || terms.length === 0 ? NO_TERMS : terms.map((term) => termOf(pod, term, 0));

const weightedOf = (pod: Pod, terms: readonly WeightedPodAffinityTerm[] | undefined): readonly AffinityTerm[] =>
  terms === undefined || terms.length === 0
    ? NO_TERMS
    : terms.map(({ podAffinityTerm, weight }) => termOf(pod, podAffinityTerm, weight));

function termOf(pod: Pod, term: PodAffinityTerm, weight: number): AffinityTerm {
  const { namespaces = [], namespaceSelector, labelSelector, matchLabelKeys, mismatchLabelKeys, topologyKey } = term;
  const isOwn = namespaces.length === 0 && namespaceSelector === undefined;
  const names = isOwn ? [pod.metadata.namespace ?? ""] : namespaces;
  const selector = withLabelKeys(pod, labelSelector, matchLabelKeys, mismatchLabelKeys);
  return {
    id: JSON.stringify([names, namespaceSelector, selector, topologyKey, weight]),
    namespaces: new Set(names),
    namespaceSelector,
    selector,
    topologyKey,
    weight,
  };
}

/** A selector narrowed by the pod's own values of some labels. */
export function withLabelKeys(
  { metadata: { labels = {} } }: Pod,
  selector: LabelSelector | undefined,
  matching: readonly string[] = [],
  differing: readonly string[] = [],
): LabelSelector | undefined {
  if (selector === undefined || (matching.length === 0 && differing.length === 0)) return selector;
  const matchExpressions = [...(selector.matchExpressions ?? [])];
  const add = (keys: readonly string[], operator: string): void => {
    for (const key of keys) {
      const value = labels[key];
      if (value !== undefined) matchExpressions.push({ key, operator, values: [value] });
    }
  };
  add(matching, "In");
  add(differing, "NotIn");
  return { ...selector, matchExpressions };
}
