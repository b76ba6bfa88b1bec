/**
 * PodTopologySpread: pods that belong together are spread over zones, nodes, or whatever a label divides nodes into.
 *
 * Models pkg/scheduler/framework/plugins/podtopologyspread.
 */
import type { LabelSelector, Pod, ReplicaSet, Service, TopologySpreadConstraint } from "#kernel/api/types.gen";
import { matches, matchesSet } from "#kernel/apimachinery/labels";
import { controllerOf } from "#kernel/apimachinery/meta";
import type { Registry } from "#kernel/registry/registry";
import { NODE_HOSTNAME_LABEL, NODE_ZONE_LABEL } from "#kernel/resources/core/node.facts";
import { untoleratedTaint } from "#kernel/resources/core/pod.facts";
import { services } from "#kernel/resources/core/service";
import type { PluginArgs } from "#kernel/resources/scheduling/configuration";
import { type Plugin, rejects, rejectsForGood, SCORE_MAX, type Scorer } from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { nodeMatcher } from "#kernel/scheduler/node-selector";
import { withLabelKeys } from "#kernel/scheduler/pod-info";
import type { Snapshot } from "#kernel/scheduler/snapshot";

const NAME = "PodTopologySpread";
const UNEVEN = rejects(NAME, "node(s) didn't match pod topology spread constraints");
const UNLABELLED = rejectsForGood(
  NAME,
  "node(s) didn't match pod topology spread constraints (missing required label)",
);

/** A constraint ready to be counted. */
interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: LabelSelector;
  /** Whether a node takes part: node affinity and taints, as the constraint's policies say. */
  readonly concerns: (node: NodeInfo) => boolean;
}

/** The plugin; `args` has the constraints of pods that ask for none. */
export const podTopologySpread = (args: PluginArgs["spread"]): Plugin => ({
  name: NAME,
  weight: 2,
  events: ["NodeAdd", "NodeDelete", "NodeLabel", "NodeTaint", "PodAdd", "PodLabel", "PodDelete"],

  /** A pod whose labels have changed may have been one of them before. */
  helps(event, { namespace, labels }, { pod }, cluster) {
    if (namespace !== pod.metadata.namespace) return false;
    if (event === "PodLabel") return true;
    const constraints = isSpread(pod)
      ? constraintsOf(pod, "DoNotSchedule")
      : defaultConstraints(pod, cluster, args, "DoNotSchedule");
    return constraints.some(({ selector }) => matches(selector, labels));
  },

  filter({ pod }, cluster) {
    const constraints = isSpread(pod)
      ? constraintsOf(pod, "DoNotSchedule")
      : defaultConstraints(pod, cluster, args, "DoNotSchedule");
    if (constraints.length === 0) return undefined;
    const { namespace = "" } = pod.metadata;
    const counted = constraints.map((constraint) => ({
      ...constraint,
      domains: domainsOf(constraint, constraints, cluster, namespace),
      self: matches(constraint.selector, pod.metadata.labels) ? 1 : 0,
    }));
    const checks = counted.map((constraint) => {
      const fewest = constraint.domains.size < constraint.minDomains ? 0 : Math.min(...constraint.domains.values());
      return { ...constraint, fewest: Number.isFinite(fewest) ? fewest : 0 };
    });
    return {
      check(node) {
        for (const { topologyKey, domains, self, fewest, maxSkew } of checks) {
          const domain = node.labels[topologyKey];
          if (domain === undefined) return UNLABELLED;
          if ((domains.get(domain) ?? 0) + self - fewest > maxSkew) return UNEVEN;
        }
        return undefined;
      },
    };
  },

  score(info, cluster, feasible) {
    const { pod } = info;
    const isOwn = isSpread(pod);
    const constraints = isOwn
      ? constraintsOf(pod, "ScheduleAnyway")
      : defaultConstraints(pod, cluster, args, "ScheduleAnyway");
    const needsAllLabels = isOwn || args.type === "List";
    return constraints.length === 0 ? undefined : scorer(pod, constraints, cluster, feasible, needsAllLabels);
  },
});

/** True if the pod says itself how it is to be spread. */
const isSpread = ({ spec }: Pod): boolean => (spec.topologySpreadConstraints ?? []).length > 0;

function constraintsOf(pod: Pod, whenUnsatisfiable: string): Constraint[] {
  const asked = pod.spec.topologySpreadConstraints ?? [];
  if (asked.length === 0) return [];
  return asked.filter((one) => one.whenUnsatisfiable === whenUnsatisfiable).map((one) => constraintFrom(pod, one));
}

function constraintFrom(pod: Pod, asked: TopologySpreadConstraint): Constraint {
  const { topologyKey, maxSkew, minDomains, labelSelector, matchLabelKeys } = asked;
  const isMatch = asked.nodeAffinityPolicy === "Ignore" ? undefined : nodeMatcher(pod);
  const honoursTaints = asked.nodeTaintsPolicy === "Honor";
  const isOpen = (node: NodeInfo): boolean =>
    untoleratedTaint(pod, node.taints, ({ effect }) => effect !== "PreferNoSchedule") === undefined;
  return {
    topologyKey,
    maxSkew,
    minDomains: minDomains ?? 1,
    // A constraint without a selector finds no pod at all.
    selector: withLabelKeys(pod, labelSelector, matchLabelKeys) ?? NOTHING,
    concerns: (node) => (isMatch === undefined || isMatch(node)) && (!honoursTaints || isOpen(node)),
  };
}

const NOTHING: LabelSelector = { matchExpressions: [{ key: "drydock.dev/none", operator: "In", values: [] }] };

/** Pods per domain, zero included, over the nodes that have all the labels asked for. */
function domainsOf(
  constraint: Constraint,
  all: readonly Constraint[],
  cluster: Snapshot,
  namespace: string,
): ReadonlyMap<string, number> {
  const { topologyKey, selector, concerns } = constraint;
  const counts = cluster.counts.of(namespace, selector);
  const domains = new Map<string, number>();
  for (const node of cluster.nodes) {
    if (!concerns(node) || !all.every((one) => node.labels[one.topologyKey] !== undefined)) continue;
    const domain = node.labels[topologyKey] ?? "";
    domains.set(domain, (domains.get(domain) ?? 0) + (counts[node.slot] ?? 0));
  }
  return domains;
}

/** Pods of one Service or ReplicaSet spread over nodes and zones even if they do not ask for it. */
const DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: NODE_HOSTNAME_LABEL, maxSkew: 3, whenUnsatisfiable: "ScheduleAnyway" },
  { topologyKey: NODE_ZONE_LABEL, maxSkew: 5, whenUnsatisfiable: "ScheduleAnyway" },
];

function defaultConstraints(
  pod: Pod,
  { registry }: Snapshot,
  { type, constraints }: PluginArgs["spread"],
  whenUnsatisfiable: string,
): Constraint[] {
  const wanted = (type === "System" ? DEFAULTS : constraints).filter(
    (one) => one.whenUnsatisfiable === whenUnsatisfiable,
  );
  const labelSelector = wanted.length === 0 ? undefined : selectorOf(pod, registry);
  if (labelSelector === undefined) return [];
  return wanted.map((one) => constraintFrom(pod, { ...one, labelSelector }));
}

/** What the pod's Services and its ReplicaSet select it by; undefined if nobody does. */
function selectorOf(pod: Pod, registry: Registry): LabelSelector | undefined {
  const { store } = registry;
  const { namespace = "", labels } = pod.metadata;
  let matchLabels: Record<string, string> | undefined;
  for (const { spec } of store.list(services.bucket, namespace) as readonly Service[]) {
    const { selector } = spec;
    if (selector === undefined || Object.keys(selector).length === 0 || !matchesSet(selector, labels)) continue;
    matchLabels = { ...matchLabels, ...selector };
  }
  const own = ownerSelector(pod, registry);
  if (own === undefined) return matchLabels === undefined ? undefined : { matchLabels };
  const { matchExpressions } = own;
  return { matchLabels: { ...matchLabels, ...own.matchLabels }, ...(matchExpressions && { matchExpressions }) };
}

const SPREADING_OWNERS: readonly string[] = ["ReplicaSet", "StatefulSet"];

/** The selector of the workload a pod belongs to, if it is of a kind that spreads. */
function ownerSelector(pod: Pod, registry: Registry): LabelSelector | undefined {
  const owner = controllerOf(pod);
  if (owner === undefined || !SPREADING_OWNERS.includes(owner.kind)) return undefined;
  const resource = registry.resourceOfKind({ group: "apps", version: "v1", kind: owner.kind });
  const { namespace = "" } = pod.metadata;
  const found = resource && registry.store.get(resource.bucket, { namespace, name: owner.name });
  return (found as ReplicaSet | undefined)?.spec.selector;
}

/** One constraint, with the pods already in each domain and how much a pod there weighs. */
interface Weighed extends Constraint {
  readonly isHostname: boolean;
  readonly counts: readonly number[];
  readonly domains: ReadonlyMap<string, number>;
  readonly weight: number;
}

function scorer(
  pod: Pod,
  constraints: readonly Constraint[],
  cluster: Snapshot,
  feasible: readonly NodeInfo[],
  needsAllLabels: boolean,
): Scorer {
  const { namespace = "" } = pod.metadata;
  const isIgnored = (node: NodeInfo): boolean =>
    needsAllLabels && constraints.some(({ topologyKey }) => node.labels[topologyKey] === undefined);
  let taking = 0;
  for (const node of feasible) if (!isIgnored(node)) taking += 1;

  const weighed = constraints.map((constraint): Weighed => {
    const { topologyKey, selector, concerns } = constraint;
    const isHostname = topologyKey === NODE_HOSTNAME_LABEL;
    const counts = cluster.counts.of(namespace, selector);
    const domains = new Map<string, number>();
    if (!isHostname) {
      for (const node of feasible) {
        const domain = node.labels[topologyKey];
        if (domain !== undefined && !isIgnored(node)) domains.set(domain, 0);
      }
      if (domains.size > 0) {
        for (const node of cluster.nodes) {
          const count = counts[node.slot] ?? 0;
          const domain = count === 0 ? undefined : node.labels[topologyKey];
          if (domain === undefined || !domains.has(domain)) continue;
          if (concerns(node) && !isIgnored(node)) domains.set(domain, (domains.get(domain) ?? 0) + count);
        }
      }
    }
    return { ...constraint, isHostname, counts, domains, weight: Math.log((isHostname ? taking : domains.size) + 2) };
  });

  // Where no node has the label nothing can be spread.
  const counted = weighed.filter(({ isHostname, domains }) => isHostname || domains.size > 0);
  return {
    score(node) {
      if (needsAllLabels && isIgnored(node)) return -1;
      let sum = 0;
      for (const { topologyKey, isHostname, counts, domains, weight, maxSkew } of counted) {
        const domain = isHostname ? node.hostname : node.labels[topologyKey];
        if (domain === undefined) continue;
        const count = isHostname ? counts[node.slot] : domains.get(domain);
        sum += (count ?? 0) * weight + (maxSkew - 1);
      }
      return Math.round(sum);
    },
    normalize: spreadOut,
  };
}

/** The emptiest domain is best; nodes outside of all domains (scored -1) are worst. */
function spreadOut(scores: Float64Array): void {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const score of scores) {
    if (score < 0) continue;
    if (score < least) least = score;
    if (score > most) most = score;
  }
  for (let n = 0; n < scores.length; n += 1) {
    const score = scores[n] ?? 0;
    if (score < 0) scores[n] = 0;
    else scores[n] = most === 0 ? SCORE_MAX : Math.floor((SCORE_MAX * (most + least - score)) / most);
  }
}
