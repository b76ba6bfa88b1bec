/**
 * InterPodAffinity: pods that want to be near, or not near, other pods.
 *
 * Models pkg/scheduler/framework/plugins/interpodaffinity.
 */
import type { Namespace, Pod } from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import { namespaces } from "#kernel/resources/core/namespace";
import { type Filter, type Plugin, rejects, rejectsForGood, SCORE_MAX } from "#kernel/scheduler/framework";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import type { AffinityTerm, PodInfo } from "#kernel/scheduler/pod-info";
import type { Snapshot } from "#kernel/scheduler/snapshot";

const NAME = "InterPodAffinity";
const NOT_NEAR = rejectsForGood(NAME, "node(s) didn't match pod affinity rules");
const TOO_NEAR = rejects(NAME, "node(s) didn't match pod anti-affinity rules");
const UNWELCOME = rejects(NAME, "node(s) didn't satisfy existing pods anti-affinity rules");

/** Weight of an existing pod's required affinity when a new pod is scored (HardPodAffinityWeight). */
const HARD_WEIGHT = 1;

/** Sums by topology: `zone=a` -> 3. */
type Sums = Map<string, number>;

export const interPodAffinity: Plugin = {
  name: NAME,
  weight: 2,
  events: ["NodeAdd", "NodeLabel", "PodAdd", "PodLabel", "PodDelete"],

  filter(info, cluster) {
    const { affinity, antiAffinity } = info;
    if (affinity.length + antiAffinity.length === 0 && cluster.affineNodes.size === 0) return undefined;
    const refused = refusedBy(info, cluster);
    if (affinity.length + antiAffinity.length === 0 && refused.size === 0) return undefined;
    return filterFor(info, cluster, refused);
  },

  score(info, cluster) {
    const { preferredAffinity, preferredAntiAffinity } = info;
    const hasOwn = preferredAffinity.length + preferredAntiAffinity.length > 0;
    if (!hasOwn && cluster.affineNodes.size === 0) return undefined;
    const sums = preferences(info, cluster, hasOwn);
    if (sums.size === 0) return undefined;
    return {
      score(node) {
        let score = 0;
        for (const [topology, weight] of sums) {
          const equals = topology.indexOf("=");
          if (node.labels[topology.slice(0, equals)] === topology.slice(equals + 1)) score += weight;
        }
        return score;
      },
      normalize: stretch,
    };
  },
};

const topologyOf = (node: NodeInfo, key: string): string | undefined => {
  const value = node.labels[key];
  return value === undefined ? undefined : `${key}=${value}`;
};

const add = (sums: Sums, topology: string | undefined, weight: number): void => {
  if (topology !== undefined) sums.set(topology, (sums.get(topology) ?? 0) + weight);
};

/** True if a term of some pod means this pod. */
function means(term: AffinityTerm, pod: Pod, { registry }: Snapshot): boolean {
  const { namespace = "", labels } = pod.metadata;
  if (!matches(term.selector, labels)) return false;
  if (term.namespaces.has(namespace)) return true;
  if (term.namespaceSelector === undefined) return false;
  const room = registry.store.get(namespaces.bucket, { namespace: "", name: namespace }) as Namespace | undefined;
  return matches(term.namespaceSelector, room?.metadata.labels);
}

/** Topologies where a pod stands that does not want this one near. */
function refusedBy({ pod }: PodInfo, cluster: Snapshot): Sums {
  const refused: Sums = new Map();
  for (const node of cluster.affineNodes) {
    for (const { antiAffinity } of node.affine.values()) {
      for (const term of antiAffinity)
        if (means(term, pod, cluster)) add(refused, topologyOf(node, term.topologyKey), 1);
    }
  }
  return refused;
}

function filterFor(info: PodInfo, cluster: Snapshot, refused: Sums): Filter {
  const { affinity, antiAffinity, pod } = info;
  const near: Sums = new Map();
  const avoided: Sums = new Map();
  if (affinity.length + antiAffinity.length > 0) {
    for (const node of cluster.nodes) {
      for (const { pod: other } of node.pods.values()) {
        // A pod counts as near only if it is what every term asks for.
        if (affinity.length > 0 && affinity.every((term) => means(term, other, cluster))) {
          for (const term of affinity) add(near, topologyOf(node, term.topologyKey), 1);
        }
        for (const term of antiAffinity) {
          if (means(term, other, cluster)) add(avoided, topologyOf(node, term.topologyKey), 1);
        }
      }
    }
  }
  // The first pod of a group that wants to be together has nobody to join yet.
  const isFirst = near.size === 0 && affinity.every((term) => means(term, pod, cluster));
  const isOn = (sums: Sums, node: NodeInfo, key: string): boolean => {
    const topology = topologyOf(node, key);
    return topology !== undefined && (sums.get(topology) ?? 0) > 0;
  };
  return {
    check(node) {
      const hasLabels = affinity.every(({ topologyKey }) => node.labels[topologyKey] !== undefined);
      const isNear = hasLabels && (isFirst || affinity.every(({ topologyKey }) => isOn(near, node, topologyKey)));
      if (!isNear) return NOT_NEAR;
      if (antiAffinity.some(({ topologyKey }) => isOn(avoided, node, topologyKey))) return TOO_NEAR;
      for (const topology of refused.keys()) {
        const equals = topology.indexOf("=");
        if (node.labels[topology.slice(0, equals)] === topology.slice(equals + 1)) return UNWELCOME;
      }
      return undefined;
    },
  };
}

/** What speaks for and against each topology: the pod's own wishes, and those of the pods that are there. */
function preferences(info: PodInfo, cluster: Snapshot, hasOwn: boolean): Sums {
  const { pod, preferredAffinity, preferredAntiAffinity } = info;
  const sums: Sums = new Map();
  const addAll = (
    terms: readonly AffinityTerm[],
    of: Pod,
    node: NodeInfo,
    weightOf: (term: AffinityTerm) => number,
  ) => {
    for (const term of terms) {
      if (means(term, of, cluster)) add(sums, topologyOf(node, term.topologyKey), weightOf(term));
    }
  };
  for (const node of hasOwn ? cluster.nodes : cluster.affineNodes) {
    for (const other of (hasOwn ? node.pods : node.affine).values()) {
      addAll(preferredAffinity, other.pod, node, ({ weight }) => weight);
      addAll(preferredAntiAffinity, other.pod, node, ({ weight }) => -weight);
      addAll(other.affinity, pod, node, () => HARD_WEIGHT);
      addAll(other.preferredAffinity, pod, node, ({ weight }) => weight);
      addAll(other.preferredAntiAffinity, pod, node, ({ weight }) => -weight);
    }
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
