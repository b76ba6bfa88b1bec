/**
 * What the pods that are there want near or away, by term: a thousand pods of one template have one and the same term,
 * so a pod that is to be placed is held against each term once and not against each pod.
 *
 * Models topologyToMatchedTermCount of pkg/scheduler/framework/plugins/interpodaffinity, kept instead of counted anew.
 */
import type { AffinityTerm, PodInfo } from "#kernel/scheduler/pod-info";

/** How a term is meant: required or preferred, near or away. */
type Sort = "affinity" | "antiAffinity" | "preferredAffinity" | "preferredAntiAffinity";

const SORTS: readonly Sort[] = ["affinity", "antiAffinity", "preferredAffinity", "preferredAntiAffinity"];

/** One term and the topology values of the nodes where pods have it, with how many. */
export interface TermGroup {
  readonly sort: Sort;
  readonly term: AffinityTerm;
  readonly counts: Map<string, number>;
}

/** The labels of a node. */
type Labels = Readonly<Record<string, string>>;

export class AffinityTerms {
  readonly #groups = new Map<string, TermGroup>();

  /** All terms of the pods there are. */
  get groups(): Iterable<TermGroup> {
    return this.#groups.values();
  }

  /** Counts a pod that is on a node with these labels. */
  add(info: PodInfo, labels: Labels): void {
    this.#count(info, labels, 1);
  }

  /** Takes a pod back that was counted with these labels. */
  remove(info: PodInfo, labels: Labels): void {
    this.#count(info, labels, -1);
  }

  #count(info: PodInfo, labels: Labels, by: 1 | -1): void {
    for (const sort of SORTS) {
      for (const term of info[sort]) {
        const value = labels[term.topologyKey];
        if (value === undefined) continue;
        const id = `${sort} ${term.id}`;
        let group = this.#groups.get(id);
        if (group === undefined) {
          group = { sort, term, counts: new Map() };
          this.#groups.set(id, group);
        }
        const count = (group.counts.get(value) ?? 0) + by;
        if (count > 0) group.counts.set(value, count);
        else group.counts.delete(value);
        if (group.counts.size === 0) this.#groups.delete(id);
      }
    }
  }
}
