/**
 * The work queue: which keys each controller must look at now, and which at a later instant.
 *
 * Models k8s.io/client-go/util/workqueue: a key waits once however often it is added, retries back off
 * exponentially. Timers are cells, so they sleep with the cluster.
 */
import { type Key, keyText, parseKey } from "#kernel/apimachinery/meta";
import { Pace } from "#kernel/cluster/pace";
import { type HeapEntry, TimerHeap } from "#kernel/cluster/timer-heap";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

interface Timer {
  readonly due: Instant;
  readonly isRoutine: boolean;
}

const TIMERS = "timers";
/** Keys a turn had no time for; the next one begins with them. */
const WAITING = "waiting";
const RETRIES = "retries";

/** First and longest wait of a retry (workqueue.DefaultTypedControllerRateLimiter). */
const RETRY_MIN_MS = 5;
const RETRY_MAX_MS = 1_000_000;

const idOf = (controller: string, key: Key): string => `${controller} ${keyText(key)}`;

export class WorkQueue {
  /** Keys to look at now, by controller. */
  readonly #ready = new Map<string, Map<string, Key>>();
  /** Timers by due instant; entries whose cell says otherwise are stale and skipped. */
  readonly #all = new TimerHeap();
  readonly #serious = new TimerHeap();

  readonly #pace: Pace;

  constructor(readonly cells: Cells) {
    this.#pace = new Pace(cells);
    for (const [id, timer] of cells.entries<Timer>(TIMERS)) this.#push(id, timer);
    const ids = [...cells.entries<true>(WAITING)].map(([id]) => id).sort();
    for (const id of ids) this.#addId(id);
  }

  /** Look at a key in this turn. */
  add(controller: string, key: Key): void {
    let keys = this.#ready.get(controller);
    if (keys === undefined) {
      keys = new Map();
      this.#ready.set(controller, keys);
    }
    keys.set(keyText(key), key);
  }

  /** The keys a controller must look at now; they are no longer queued. */
  take(controller: string): Iterable<Key> {
    const keys = this.#ready.get(controller);
    if (keys === undefined || keys.size === 0) return [];
    this.#ready.delete(controller);
    return keys.values();
  }

  /** True if a key may be looked at now; one that comes too often within one instant is put off instead. */
  mayLook(controller: string, key: Key, now: Instant): boolean {
    const until = this.#pace.holdsUntil(idOf(controller, key), now);
    if (until !== undefined) this.set(controller, key, { due: until, isRoutine: false });
    return until === undefined;
  }

  get isEmpty(): boolean {
    for (const keys of this.#ready.values()) if (keys.size > 0) return false;
    return true;
  }

  /**
   * What is still queued waits for the next turn, in the order of its names: so it is the same whether that turn comes
   * in this memory or in another.
   */
  keepWaiting(): void {
    this.#pace.rest(this.isEmpty);
    const waiting = new Set<string>();
    for (const [controller, keys] of this.#ready) {
      const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
      this.#ready.set(controller, new Map(sorted));
      for (const [, key] of sorted) waiting.add(idOf(controller, key));
    }
    for (const id of waiting) if (this.cells.get(WAITING, id) === undefined) this.cells.put(WAITING, id, true);
    for (const [id] of [...this.cells.entries<true>(WAITING)]) if (!waiting.has(id)) this.cells.delete(WAITING, id);
  }

  /** Sets or replaces the timer of a key; undefined removes it. */
  set(controller: string, key: Key, timer: Timer | undefined): void {
    const id = idOf(controller, key);
    const known = this.cells.get<Timer>(TIMERS, id);
    if (timer === undefined) {
      if (known !== undefined) this.cells.delete(TIMERS, id);
      return;
    }
    if (known !== undefined && known.due === timer.due && known.isRoutine === timer.isRoutine) return;
    this.cells.put(TIMERS, id, timer);
    this.#push(id, timer);
  }

  /** Sets the timer of a key's next try after a failure: 5 ms, 10 ms, 20 ms ... 1000 s. */
  retry(controller: string, key: Key, now: Instant): void {
    const id = idOf(controller, key);
    const failures = this.cells.get<number>(RETRIES, id) ?? 0;
    this.cells.put(RETRIES, id, failures + 1);
    const delay = Math.min(RETRY_MIN_MS * 2 ** failures, RETRY_MAX_MS);
    this.set(controller, key, { due: now + delay, isRoutine: false });
  }

  /** Forgets the failures of a key. */
  forget(controller: string, key: Key): void {
    this.cells.delete(RETRIES, idOf(controller, key));
  }

  /** Forgets everything a controller has to do, now and later. */
  drop(controller: string): void {
    this.#ready.delete(controller);
    for (const room of [TIMERS, WAITING, RETRIES]) {
      for (const [id] of [...this.cells.entries(room)]) {
        if (id.startsWith(`${controller} `)) this.cells.delete(room, id);
      }
    }
  }

  /** The instant of the next timer, 0 if keys wait already; with `seriousOnly`, of the next that is not routine. */
  nextDue(seriousOnly = false): Instant | undefined {
    if (!this.isEmpty) return 0;
    return this.#live(seriousOnly ? this.#serious : this.#all, seriousOnly)?.due;
  }

  /** Queues every key whose timer is due. */
  addDue(now: Instant): void {
    for (let first = this.#live(this.#all, false); first !== undefined; first = this.#live(this.#all, false)) {
      if (first.due > now) return;
      this.#all.pop();
      this.cells.delete(TIMERS, first.id);
      this.#addId(first.id);
    }
  }

  #addId(id: string): void {
    const space = id.indexOf(" ");
    this.add(id.slice(0, space), parseKey(id.slice(space + 1)));
  }

  #push(id: string, timer: Timer): void {
    this.#all.push({ due: timer.due, id });
    if (!timer.isRoutine) this.#serious.push({ due: timer.due, id });
  }

  /** The first entry of a heap that is still what its cell says. */
  #live(heap: TimerHeap, seriousOnly: boolean): HeapEntry | undefined {
    for (let first = heap.first; first !== undefined; first = heap.first) {
      const timer = this.cells.get<Timer>(TIMERS, first.id);
      if (timer !== undefined && timer.due === first.due && !(seriousOnly && timer.isRoutine)) return first;
      heap.pop();
    }
    return undefined;
  }
}
