/**
 * How many pods a selector finds on each node, kept up to date for the selectors asked for lately: spreading the pods
 * of a ReplicaSet must not count them anew for each of them.
 */
import type { LabelSelector, Pod } from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import type { Snapshot } from "#kernel/scheduler/snapshot";

/** Selectors remembered at a time. */
const SELECTORS_MAX = 64;

interface Counter {
  readonly namespace: string;
  readonly selector: LabelSelector;
  readonly bySlot: number[];
}

export class SelectorCounts {
  /** The one asked for last stands last. */
  readonly #counters = new Map<string, Counter>();

  constructor(readonly snapshot: Snapshot) {}

  /** Pods of a namespace that the selector finds and nobody is deleting, by the slot of their node; absent = none. */
  of(namespace: string, selector: LabelSelector): readonly number[] {
    const id = `${namespace} ${JSON.stringify(selector)}`;
    let counter = this.#counters.get(id);
    if (counter === undefined) {
      counter = { namespace, selector, bySlot: this.#count(namespace, selector) };
      if (this.#counters.size >= SELECTORS_MAX) {
        for (const oldest of this.#counters.keys()) {
          this.#counters.delete(oldest);
          break;
        }
      }
    } else this.#counters.delete(id);
    this.#counters.set(id, counter);
    return counter.bySlot;
  }

  add(pod: Pod, node: NodeInfo): void {
    this.#change(pod, node, 1);
  }

  remove(pod: Pod, node: NodeInfo): void {
    this.#change(pod, node, -1);
  }

  #change(pod: Pod, { slot }: NodeInfo, by: number): void {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    for (const { namespace, selector, bySlot } of this.#counters.values()) {
      if (pod.metadata.namespace !== namespace || !matches(selector, pod.metadata.labels)) continue;
      while (bySlot.length <= slot) bySlot.push(0);
      bySlot[slot] = (bySlot[slot] ?? 0) + by;
    }
  }

  #count(namespace: string, selector: LabelSelector): number[] {
    const bySlot: number[] = [];
    for (const node of this.snapshot.nodes) {
      while (bySlot.length <= node.slot) bySlot.push(0);
      for (const { pod } of node.pods.values()) {
        if (pod.metadata.namespace !== namespace || pod.metadata.deletionTimestamp !== undefined) continue;
        if (matches(selector, pod.metadata.labels)) bySlot[node.slot] = (bySlot[node.slot] ?? 0) + 1;
      }
    }
    return bySlot;
  }
}
