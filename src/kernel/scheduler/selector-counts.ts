/**
 * How many pods a selector finds on each node, kept up to date for the selectors asked for lately: spreading the pods
 * of a ReplicaSet must not count them anew for each of them.
 */
import type { LabelSelector, Pod } from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import type { Snapshot } from "#kernel/scheduler/snapshot";

/** Selectors remembered at a time. */
const SELECTORS_MAX = 64;

interface Counter {
  readonly namespace: string;
  readonly selector: LabelSelector;
  readonly byNode: Map<string, number>;
}

export class SelectorCounts {
  /** The one asked for last stands last. */
  readonly #counters = new Map<string, Counter>();

  constructor(readonly snapshot: Snapshot) {}

  /** Pods of a namespace on each node that the selector finds and nobody is deleting. */
  of(namespace: string, selector: LabelSelector): ReadonlyMap<string, number> {
    const id = `${namespace} ${JSON.stringify(selector)}`;
    let counter = this.#counters.get(id);
    if (counter === undefined) {
      counter = { namespace, selector, byNode: this.#count(namespace, selector) };
      if (this.#counters.size >= SELECTORS_MAX) {
        for (const oldest of this.#counters.keys()) {
          this.#counters.delete(oldest);
          break;
        }
      }
    } else this.#counters.delete(id);
    this.#counters.set(id, counter);
    return counter.byNode;
  }

  add(pod: Pod): void {
    this.#change(pod, 1);
  }

  remove(pod: Pod): void {
    this.#change(pod, -1);
  }

  #change(pod: Pod, by: number): void {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    for (const { namespace, selector, byNode } of this.#counters.values()) {
      if (pod.metadata.namespace !== namespace || !matches(selector, pod.metadata.labels)) continue;
      const node = pod.spec.nodeName ?? "";
      const count = (byNode.get(node) ?? 0) + by;
      if (count === 0) byNode.delete(node);
      else byNode.set(node, count);
    }
  }

  #count(namespace: string, selector: LabelSelector): Map<string, number> {
    const byNode = new Map<string, number>();
    for (const node of this.snapshot.nodes) {
      for (const { pod } of node.pods.values()) {
        if (pod.metadata.namespace !== namespace || pod.metadata.deletionTimestamp !== undefined) continue;
        if (matches(selector, pod.metadata.labels)) byNode.set(node.name, (byNode.get(node.name) ?? 0) + 1);
      }
    }
    return byNode;
  }
}
