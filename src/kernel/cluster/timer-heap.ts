/**
 * A binary heap of timers, the earliest first.
 */
import type { Instant } from "#kernel/sim/instant";

export interface HeapEntry {
  readonly due: Instant;
  readonly id: string;
}

export class TimerHeap {
  readonly #heap: HeapEntry[] = [];

  get first(): HeapEntry | undefined {
    return this.#heap[0];
  }

  push(entry: HeapEntry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(entry, heap[parent] as HeapEntry)) break;
      heap[at] = heap[parent] as HeapEntry;
      at = parent;
    }
    heap[at] = entry;
  }

  pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as HeapEntry, heap[child] as HeapEntry)) child += 1;
      if (!isBefore(heap[child] as HeapEntry, last)) break;
      heap[at] = heap[child] as HeapEntry;
      at = child;
    }
    heap[at] = last;
  }
}

/** By instant, then by id, so that one history has one order. */
function isBefore(a: HeapEntry, b: HeapEntry): boolean {
  return a.due === b.due ? a.id < b.id : a.due < b.due;
}
