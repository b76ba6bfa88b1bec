/**
 * How many pods a selector finds on each node, kept up to date for the selectors asked for lately: spreading the pods
 * of a ReplicaSet must not count them anew for each of them.
 */
import type { LabelSelector, Pod } from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import type { Snapshot } from "#kernel/scheduler/snapshot";

/** Selectors remembered at a time. */
const SELECTORS_MAX = 256;

/** Pods by the slot of their node; absent = none. */
export type CountsBySlot = readonly number[];

interface Counter {
  readonly namespace: string;
  readonly selector: LabelSelector;
  /** Those that nobody is deleting. */
  readonly staying: number[];
  readonly all: number[];
}

export class SelectorCounts {
  /** The one asked for last stands last. */
  readonly #counters = new Map<string, Counter>();

  constructor(readonly snapshot: Snapshot) {}

  /** Pods of a namespace that the selector finds and nobody is deleting. */
  of(namespace: string, selector: LabelSelector): CountsBySlot {
    return this.#counter(namespace, selector).staying;
  }

  /** Pods of a namespace that the selector finds, those that are being deleted too. */
  allOf(namespace: string, selector: LabelSelector): CountsBySlot {
    return this.#counter(namespace, selector).all;
  }

  add(pod: Pod, node: NodeInfo): void {
    this.#change(pod, node, 1);
  }

  remove(pod: Pod, node: NodeInfo): void {
    this.#change(pod, node, -1);
  }

  #counter(namespace: string, selector: LabelSelector): Counter {
    const id = `${namespace} ${JSON.stringify(selector)}`;
    let counter = this.#counters.get(id);
    if (counter === undefined) {
      counter = this.#count(namespace, selector);
      if (this.#counters.size >= SELECTORS_MAX) {
        for (const oldest of this.#counters.keys()) {
          this.#counters.delete(oldest);
          break;
        }
      }
    } else this.#counters.delete(id);
    this.#counters.set(id, counter);
    return counter;
  }

  #change(pod: Pod, { slot }: NodeInfo, by: number): void {
    const { namespace, labels } = pod.metadata;
    for (const counter of this.#counters.values()) {
      if (namespace === counter.namespace && matches(counter.selector, labels)) count(counter, pod, slot, by);
    }
  }

  #count(namespace: string, selector: LabelSelector): Counter {
    const counter: Counter = { namespace, selector, staying: [], all: [] };
    for (const node of this.snapshot.nodes) {
      for (const { pod } of node.pods.values()) {
        if (pod.metadata.namespace !== namespace || !matches(selector, pod.metadata.labels)) continue;
        count(counter, pod, node.slot, 1);
      }
    }
    return counter;
  }
}

function count({ staying, all }: Counter, pod: Pod, slot: number, by: number): void {
  while (all.length <= slot) {
    all.push(0);
    staying.push(0);
  }
  all[slot] = (all[slot] ?? 0) + by;
  if (pod.metadata.deletionTimestamp === undefined) staying[slot] = (staying[slot] ?? 0) + by;
}
