/**
 * InterPodAffinity: pods that want to be near, or not near, other pods.
 *
 * Models pkg/scheduler/framework/plugins/interpodaffinity.
 */
import type { Namespace, Pod } from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import { namespaces } from "#kernel/resources/core/namespace";
import type { PluginArgs } from "#kernel/resources/scheduling/configuration";
import { type Filter, type Plugin, rejects, rejectsForGood, SCORE_MAX } from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import type { AffinityTerm, PodInfo } from "#kernel/scheduler/pod-info";
import type { Snapshot } from "#kernel/scheduler/snapshot";

const NAME = "InterPodAffinity";
const NOT_NEAR = rejectsForGood(NAME, "node(s) didn't match pod affinity rules");
const TOO_NEAR = rejects(NAME, "node(s) didn't match pod anti-affinity rules");
const UNWELCOME = rejects(NAME, "node(s) didn't satisfy existing pods anti-affinity rules");

/** Sums by topology key and value. */
type Sums = Map<string, Map<string, number>>;

/** The plugin; `hardWeight` is that of an existing pod's required affinity when a new pod is scored. */
export const interPodAffinity = (args: PluginArgs["interPodAffinity"]): Plugin => ({
  name: NAME,
  weight: 2,
  events: ["NodeAdd", "NodeLabel", "PodAdd", "PodLabel", "PodDelete"],

  /** Whoever comes may be one to be near; whoever goes, one to be away from, or one who kept others away. */
  helps(event, { namespace, labels, isApart }, { affinity, antiAffinity }, cluster) {
    const other = { metadata: { namespace, labels } };
    const isMeant = (term: AffinityTerm): boolean => means(term, other, cluster);
    if (event === "PodDelete") return isApart || antiAffinity.some(isMeant);
    if (event === "PodLabel" && (antiAffinity.length > 0 || isApart)) return true;
    return affinity.length > 0 && affinity.every(isMeant);
  },

  filter(info, cluster) {
    const { affinity, antiAffinity } = info;
    const refused = refusedBy(info, cluster);
    if (affinity.length + antiAffinity.length === 0 && refused.size === 0) return undefined;
    return filterFor(info, cluster, refused);
  },

  score(info, cluster) {
    const sums = preferences(info, cluster, args);
    if (sums.size === 0) return undefined;
    return {
      score(node) {
        let score = 0;
        for (const [key, weights] of sums) {
          const value = node.labels[key];
          if (value !== undefined) score += weights.get(value) ?? 0;
        }
        return score;
      },
      normalize: stretch,
    };
  },
});

function add(sums: Sums, key: string, value: string, weight: number): void {
  let weights = sums.get(key);
  if (weights === undefined) {
    weights = new Map();
    sums.set(key, weights);
  }
  weights.set(value, (weights.get(value) ?? 0) + weight);
}

const namespaceLabels = ({ registry }: Snapshot, name: string): Readonly<Record<string, string>> | undefined =>
  (registry.store.get(namespaces.bucket, { namespace: "", name }) as Namespace | undefined)?.metadata.labels;

/** True if a term of some pod means this pod. */
function means(term: AffinityTerm, pod: { metadata: Partial<Pod["metadata"]> }, cluster: Snapshot): boolean {
  const { namespace = "", labels } = pod.metadata;
  if (!matches(term.selector, labels)) return false;
  if (term.namespaces.has(namespace)) return true;
  if (term.namespaceSelector === undefined) return false;
  return matches(term.namespaceSelector, namespaceLabels(cluster, namespace));
}

/** The namespaces a term looks into. */
function namespacesOf({ namespaces: named, namespaceSelector }: AffinityTerm, { registry }: Snapshot): Set<string> {
  const found = new Set(named);
  if (namespaceSelector === undefined) return found;
  for (const { metadata } of registry.store.list(namespaces.bucket)) {
    if (matches(namespaceSelector, metadata.labels)) found.add(metadata.name);
  }
  return found;
}

/** How many pods a term of the pod to be placed means, by topology value. */
function meantBy(term: AffinityTerm, cluster: Snapshot): Map<string, number> {
  const sums = new Map<string, number>();
  const { selector, topologyKey } = term;
  if (selector === undefined) return sums;
  for (const namespace of namespacesOf(term, cluster)) {
    const counts = cluster.counts.allOf(namespace, selector);
    for (const { slot, labels } of cluster.nodes) {
      const count = counts[slot] ?? 0;
      const value = count === 0 ? undefined : labels[topologyKey];
      if (value !== undefined) sums.set(value, (sums.get(value) ?? 0) + count);
    }
  }
  return sums;
}

/** Topology values where pods are that every term means, for each term. */
function meantByAll(terms: readonly AffinityTerm[], cluster: Snapshot): Map<string, number>[] {
  const [only] = terms;
  if (terms.length === 1 && only !== undefined) return [meantBy(only, cluster)];
  const sums = terms.map(() => new Map<string, number>());
  if (terms.length === 0) return sums;
  for (const node of cluster.nodes) {
    for (const { pod } of node.pods.values()) {
      if (!terms.every((term) => means(term, pod, cluster))) continue;
      terms.forEach(({ topologyKey }, n) => {
        const value = node.labels[topologyKey];
        if (value !== undefined) sums[n]?.set(value, (sums[n]?.get(value) ?? 0) + 1);
      });
    }
  }
  return sums;
}

/** Topologies where a pod stands that does not want this one near. */
function refusedBy({ pod }: PodInfo, cluster: Snapshot): Map<string, Set<string>> {
  const refused = new Map<string, Set<string>>();
  for (const { sort, term, counts } of cluster.terms.groups) {
    if (sort !== "antiAffinity" || !means(term, pod, cluster)) continue;
    let values = refused.get(term.topologyKey);
    if (values === undefined) {
      values = new Set();
      refused.set(term.topologyKey, values);
    }
    for (const value of counts.keys()) values.add(value);
  }
  return refused;
}

function filterFor(info: PodInfo, cluster: Snapshot, refused: ReadonlyMap<string, ReadonlySet<string>>): Filter {
  const { affinity, antiAffinity, pod } = info;
  const near = meantByAll(affinity, cluster);
  const avoided = antiAffinity.map((term) => meantBy(term, cluster));
  // The first pod of a group that wants to be together has nobody to join yet.
  const isFirst = near.every(({ size }) => size === 0) && affinity.every((term) => means(term, pod, cluster));
  const isNear = ({ labels }: NodeInfo): boolean =>
    affinity.every(({ topologyKey }, n) => {
      const value = labels[topologyKey];
      return value !== undefined && (isFirst || near[n]?.has(value) === true);
    });
  const isAvoided = ({ labels }: NodeInfo): boolean =>
    antiAffinity.some(({ topologyKey }, n) => {
      const value = labels[topologyKey];
      return value !== undefined && avoided[n]?.has(value) === true;
    });
  return {
    check(node) {
      if (!isNear(node)) return NOT_NEAR;
      if (isAvoided(node)) return TOO_NEAR;
      for (const [key, values] of refused) {
        const value = node.labels[key];
        if (value !== undefined && values.has(value)) return UNWELCOME;
      }
      return undefined;
    },
  };
}

/** What speaks for and against each topology: the pod's own wishes, and those of the pods that are there. */
function preferences(
  info: PodInfo,
  cluster: Snapshot,
  { hardWeight, ignoresOthersPreferences }: PluginArgs["interPodAffinity"],
): Sums {
  const { pod, preferredAffinity, preferredAntiAffinity } = info;
  const hasOwn = preferredAffinity.length + preferredAntiAffinity.length > 0;
  const sums: Sums = new Map();
  const wish = (term: AffinityTerm, weight: number): void => {
    for (const [value, count] of meantBy(term, cluster)) add(sums, term.topologyKey, value, weight * count);
  };
  for (const term of preferredAffinity) wish(term, term.weight);
  for (const term of preferredAntiAffinity) wish(term, -term.weight);
  if (ignoresOthersPreferences && !hasOwn) return sums;
  for (const { sort, term, counts } of cluster.terms.groups) {
    if (sort === "antiAffinity" || (sort !== "affinity" && ignoresOthersPreferences)) continue;
    if ((sort === "affinity" && hardWeight === 0) || !means(term, pod, cluster)) continue;
    const weight = sort === "affinity" ? hardWeight : sort === "preferredAffinity" ? term.weight : -term.weight;
    for (const [value, count] of counts) add(sums, term.topologyKey, value, weight * count);
  }
  return sums;
}

/** The lowest score becomes 0, the highest 100. */
function stretch(scores: Float64Array): void {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of scores) {
    if (score < least) least = score;
    if (score > most) most = score;
  }
  for (let n = 0; n < scores.length; n += 1) {
    scores[n] = most === least ? 0 : Math.floor((SCORE_MAX * ((scores[n] ?? 0) - least)) / (most - least));
  }
}
