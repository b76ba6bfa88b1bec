/**
 * A cluster: the store, the clock, the simulated machines, and everything that keeps them true, advanced in turns.
 *
 * A turn happens at one instant: the work of a request, then every controller, the scheduler and the kubelets until
 * nothing is due. What it changed is handed out to be saved; a turn that cannot be saved never happened.
 */

import { ADMISSION } from "#kernel/admission/index";
import { StatusError } from "#kernel/apimachinery/errors";
import type { Key } from "#kernel/apimachinery/meta";
import { clusterAutoscaler } from "#kernel/cluster/autoscaler";
import { bootstrap } from "#kernel/cluster/bootstrap";
import { componentStatusSource } from "#kernel/cluster/component-statuses";
import { controlPlane } from "#kernel/cluster/control-plane";
import { FAULTY } from "#kernel/cluster/fault-effects";
import { stopComponents } from "#kernel/cluster/faults";
import type { Journal } from "#kernel/cluster/journal";
import { type ClusterOptions, keySeedOf, OPTIONS_CELL } from "#kernel/cluster/options";
import { type Call, PendingCalls } from "#kernel/cluster/pending-calls";
import { trafficController } from "#kernel/cluster/traffic";
import { Watchers } from "#kernel/cluster/watchers";
import { WorkQueue } from "#kernel/cluster/work-queue";
import { CONTROLLERS } from "#kernel/controllers/index";
import { KUBELET } from "#kernel/kubelet/index";
import { METRICS_SOURCES } from "#kernel/kubelet/metrics";
import { callService } from "#kernel/network/service-call";
import { worldOf } from "#kernel/network/world-of";
import type { Client } from "#kernel/registry/client";
import { type Controller, FIELD_MANAGERS } from "#kernel/registry/controller";
import { Answers, NeedsAnswer, type OutsideReply, type OutsideRequest } from "#kernel/registry/outside";
import { Registry } from "#kernel/registry/registry";
import { putSigningKey } from "#kernel/registry/signing-key";
import { CLUSTER_ADMIN, component, type User } from "#kernel/registry/user";
import { CUSTOM_KINDS } from "#kernel/resources/apiextensions/custom/kinds";
import { componentstatuses } from "#kernel/resources/core/componentstatus";
import { RESOURCES } from "#kernel/resources/index";
import { METRICS_RESOURCES } from "#kernel/resources/metrics/usage";
import { SCHEDULER } from "#kernel/scheduler/index";
import { must } from "#kernel/sim/assert";
import { equal } from "#kernel/sim/clone";
import { Entropy, type EntropyState } from "#kernel/sim/entropy";
import { type ClockState, type Instant, realAt, virtualAt } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";
import { Cells } from "#kernel/store/cells";
import type { Change } from "#kernel/store/object";
import { Store } from "#kernel/store/store";

export const CLOCK_CELL = ["cluster", "clock"] as const;
const ENTROPY_CELL = ["cluster", "entropy"] as const;
export const NOW_CELL = ["cluster", "now"] as const;
export const COMPACTED_CELL = ["cluster", "compacted"] as const;

/** In the order they look at a round: what happened on the nodes first, so that a controller sees it all at once. */
const EVERYBODY: readonly Controller[] = [
  controlPlane,
  ...FAULTY,
  trafficController,
  ...KUBELET,
  ...SCHEDULER,
  ...CONTROLLERS,
  clusterAutoscaler,
];

/**
 * The result of a turn: a value, the answer that refused it, or the call to perform before it can be begun again; and
 * what must be saved in any case.
 */
export type Turn<T> = (
  | { readonly value: T }
  | { readonly refused: StatusError }
  | { readonly needs: OutsideRequest }
) & { readonly journal: Journal };

/** A turn is synchronous: work that gives a promise does not compile. */
export type Work<T> = (cluster: Cluster) => T extends PromiseLike<unknown> ? never : T;

/** How far a call of advance came. */
export interface Advance {
  readonly now: Instant;
  /** Virtual milliseconds passed. */
  readonly advanced: number;
  /** Whether nothing but routine is due any more. */
  readonly settled: boolean;
  /** Whether the budget ran out before the target was reached: call again. */
  readonly more: boolean;
}

/** How much work a turn may still do before it yields; see LIMITS.workPerTurn. */
interface Budget {
  left: number;
}

const newBudget = (): Budget => ({ left: LIMITS.workPerTurn });

export class Cluster {
  readonly registry: Registry;
  readonly store: Store;
  readonly cells: Cells;
  readonly entropy: Entropy;
  /** The instant up to which everything has happened. Tests move it by hand. */
  now: Instant;
  readonly #queue: WorkQueue;
  readonly #watchers: Watchers;
  readonly #clients = new Map<string, Client>();
  #changes: Change[] = [];
  #dead: number[] = [];
  readonly #calls = new PendingCalls();

  private constructor(store: Store, cells: Cells) {
    this.store = store;
    this.cells = cells;
    this.entropy = new Entropy(must(cells.get<EntropyState>(...ENTROPY_CELL), "a cluster has entropy"));
    this.now = must(cells.get<Instant>(...NOW_CELL), "a cluster has a present");
    this.#queue = new WorkQueue(cells);
    const { entropy } = this;
    this.registry = new Registry({
      store,
      cells,
      entropy,
      resources: RESOURCES,
      admission: ADMISSION,
      sources: new Map([...METRICS_SOURCES, [componentstatuses.bucket, componentStatusSource]]),
      authorization: cells.get<ClusterOptions>(...OPTIONS_CELL)?.authorization ?? "RBAC",
      callService: (target, request) => {
        const { admin: client, now, cells } = this;
        return callService(worldOf({ client, now, entropy, cells }), target, request);
      },
      now: () => this.now,
      kinds: CUSTOM_KINDS,
    });
    if (this.options.machines.length > 0) for (const resource of METRICS_RESOURCES) this.registry.add(resource);
    const clientOf = (controller: Controller): Client => this.#clientOf(controller);
    this.#watchers = new Watchers({ everybody: EVERYBODY, clientOf, queue: this.#queue, store, cells });
  }

  /**
   * A new cluster at an instant, running from its first moment. Its tokens are signed with the key that follows from
   * `keySeed`, which whoever serves it to others must draw from true randomness; without one it follows from the seed.
   */
  static create(options: ClusterOptions, real: Instant, keySeed = keySeedOf(options)): Cluster {
    const cells = new Cells();
    const { now = real, rate = 1, paused = false } = options.clock ?? {};
    const clock: ClockState = { real, virtual: now, rate, paused };
    cells.put(...CLOCK_CELL, clock);
    cells.put(...NOW_CELL, now);
    cells.put(...OPTIONS_CELL, options);
    cells.put(...ENTROPY_CELL, Entropy.seeded(options.seed).state);
    putSigningKey(cells, keySeed);
    const cluster = new Cluster(new Store(), cells);
    cluster.#listen();
    bootstrap(cluster.registry, cells, options);
    stopComponents(cells, options.components, now);
    cluster.settle();
    return cluster;
  }

  /** A cluster rebuilt from what was saved: `fill` replays the rows into the store, the cells are whole. */
  static restore(cells: Cells, fill: (store: Store, compacted: number) => void): Cluster {
    const cluster = new Cluster(new Store(0), cells);
    fill(cluster.store, cells.get<number>(...COMPACTED_CELL) ?? 0);
    cluster.#listen();
    return cluster;
  }

  get options(): ClusterOptions {
    return must(this.cells.get<ClusterOptions>(...OPTIONS_CELL), "a cluster has options");
  }

  get clock(): ClockState {
    return must(this.cells.get<ClockState>(...CLOCK_CELL), "a cluster has a clock");
  }

  /** The API as a user. */
  as(user: User, fieldManager = "unknown"): Client {
    return this.registry.as(user, fieldManager);
  }

  /** The API as the cluster's administrator. */
  get admin(): Client {
    return this.#client("kubernetes-admin", CLUSTER_ADMIN);
  }

  /**
   * One turn at the cluster's present: the work, then whatever follows from it at this instant.
   * A StatusError refuses the turn and leaves nothing of the work behind; anything else is a bug and passes through.
   * Work that needs an answer from outside is taken back too: it is begun again with `answers` that hold it.
   */
  turn<T>(work: Work<T>, answers = new Answers()): Turn<T> {
    const revision = this.store.revision;
    const entropy = this.entropy.state;
    try {
      this.#workWith(answers, false);
      const value = work(this) as T;
      this.#settle(newBudget());
      return { value, journal: this.take() };
    } catch (error) {
      if (!(error instanceof StatusError || error instanceof NeedsAnswer)) throw error;
      this.store.rollback(revision);
      this.cells.rollback();
      this.#changes = [];
      if (error instanceof StatusError) return { refused: error, journal: this.take() };
      // The same is drawn again, so that the same is asked.
      this.entropy.restore(entropy);
      return { needs: error.request, journal: this.take() };
    }
  }

  /** The calls controllers have begun to wait for since the last time somebody asked. */
  takeCalls(): readonly Call[] {
    return this.#calls.take();
  }

  /** An answer has come for a controller: it looks at its key again. Belongs into a turn. */
  answerCall(call: Call, reply: OutsideReply): void {
    this.#calls.answer(call, reply);
    this.#queue.add(call.controller, call.key);
  }

  #workWith(answers: Answers, isKept: boolean): void {
    answers.begin();
    this.registry.outside.answers = answers;
    this.registry.outside.isKept = isKept;
  }

  /** The virtual instant it is by the clock; the cluster may still be behind it. */
  present(real: Instant): Instant {
    return Math.max(this.now, virtualAt(this.clock, real));
  }

  /** Lets everything happen, in order, up to the present. False = the budget ran out first; save and call again. */
  catchUp(real: Instant): boolean {
    return this.#runUntil(this.present(real), newBudget());
  }

  /** The real instant of the next thing that is due; undefined if nothing is, or the clock stands still. */
  nextWake(): Instant | undefined {
    const due = this.#queue.nextDue();
    return due === undefined ? undefined : realAt(this.clock, due);
  }

  /** Changes the clock's rate or stops it, from a real instant on. */
  setClock(real: Instant, { rate, paused }: { rate?: number; paused?: boolean }): void {
    const { clock } = this;
    this.cells.put(...CLOCK_CELL, {
      real,
      virtual: this.present(real),
      rate: rate ?? clock.rate,
      paused: paused ?? clock.paused,
    } satisfies ClockState);
  }

  /** The clock stood still between two real instants: nobody was there. */
  sleptThrough(from: Instant, until: Instant): void {
    const { clock } = this;
    if (clock.paused || until <= from) return;
    this.cells.put(...CLOCK_CELL, { ...clock, real: until, virtual: virtualAt(clock, from) } satisfies ClockState);
  }

  /** Passes virtual time at once: by so many milliseconds, or until nothing but routine is due within them. */
  advance(real: Instant, by: number, untilIdle = false): Advance {
    const start = this.now;
    const limit = start + by;
    const budget = newBudget();
    let next = this.#queue.nextDue(true);
    let finished = true;
    if (untilIdle) {
      for (; finished && next !== undefined && next <= limit; next = this.#queue.nextDue(true)) {
        finished = this.#runUntil(next, budget);
      }
    } else {
      finished = this.#runUntil(limit, budget);
      next = this.#queue.nextDue(true);
    }
    const settled = finished && (next === undefined || next > (untilIdle ? limit : this.now));
    this.cells.put(...CLOCK_CELL, { ...this.clock, real, virtual: this.now } satisfies ClockState);
    return { now: this.now, advanced: this.now - start, settled, more: !finished };
  }

  /** Runs everybody until nothing is due at this instant, however long it takes. */
  settle(): void {
    this.#settle({ left: Number.POSITIVE_INFINITY });
  }

  /** What has changed since the last call, to be saved. */
  take(): Journal {
    if (!equal(this.cells.get(...ENTROPY_CELL), this.entropy.state)) {
      this.cells.put(...ENTROPY_CELL, this.entropy.state);
    }
    // Only time has passed: that needs no saving.
    if (this.#changes.length === 0 && !this.cells.hasChanges) return { changes: [], cells: [], dead: [] };
    this.cells.put(...NOW_CELL, this.now);
    this.#compact();
    const journal = { changes: this.#changes, cells: this.cells.takeChanges(), dead: this.#dead };
    this.#changes = [];
    this.#dead = [];
    return journal;
  }

  /** Everything at or before an instant happens, in order; then that instant is the present. False = budget spent. */
  #runUntil(target: Instant, budget: Budget): boolean {
    if (!this.#settle(budget)) return false;
    for (let due = this.#queue.nextDue(); due !== undefined && due <= target; due = this.#queue.nextDue()) {
      this.now = Math.max(this.now, due);
      if (!this.#settle(budget)) return false;
    }
    this.now = Math.max(this.now, target);
    return true;
  }

  /** Runs everybody until nothing is due at this instant. False = the budget is spent; the rest is due at once. */
  #settle(budget: Budget): boolean {
    this.#watchers.shift();
    this.#queue.addDue(this.now);
    while (!this.#queue.isEmpty) {
      for (const controller of EVERYBODY) {
        for (const key of this.#queue.take(controller.name)) {
          if (budget.left <= 0) this.#queue.add(controller.name, key);
          else if (this.#queue.mayLook(controller.name, key, this.now)) this.#charge(budget, controller, key);
        }
      }
      if (budget.left <= 0) {
        this.#queue.keepWaiting();
        return false;
      }
      this.#watchers.shift();
      this.#queue.addDue(this.now);
    }
    this.#queue.keepWaiting();
    return true;
  }

  /** One reconcile, paid for by what it did. */
  #charge(budget: Budget, controller: Controller, key: Key): void {
    const before = this.store.revision;
    this.#reconcile(controller, key);
    budget.left -= 1 + LIMITS.workPerWrite * (this.store.revision - before);
  }

  #reconcile(controller: Controller, key: Key): void {
    const client = this.#clientOf(controller);
    const { now, entropy, cells } = this;
    const answers = this.#calls.answersFor(controller.name, key);
    this.#workWith(answers, true);
    try {
      const { wakeAt, isRoutine = false } = controller.reconcile({ client, now, entropy, cells }, key);
      this.#queue.forget(controller.name, key);
      this.#calls.forget(controller.name, key);
      this.#queue.set(controller.name, key, wakeAt === undefined ? undefined : { due: wakeAt, isRoutine });
    } catch (error) {
      if (error instanceof NeedsAnswer) {
        // In the case that no answer comes: its own time has run out by then.
        this.#queue.set(controller.name, key, { due: now + error.request.timeoutMs + 1_000, isRoutine: true });
        this.#calls.wait({ request: error.request, controller: controller.name, key }, answers);
        return;
      }
      if (!(error instanceof StatusError)) throw error;
      this.#calls.forget(controller.name, key);
      this.#queue.retry(controller.name, key, now);
    }
  }

  #clientOf({ name, component: part }: Pick<Controller, "name" | "component">): Client {
    return this.#client(name, component(name), FIELD_MANAGERS[part]);
  }

  #client(name: string, user: User, fieldManager = name): Client {
    let client = this.#clients.get(name);
    if (client === undefined) {
      client = this.registry.as(user, fieldManager);
      this.#clients.set(name, client);
    }
    return client;
  }

  /** From now on changes are collected for the journal and wake those who watch them. */
  #listen(): void {
    this.store.subscribe((change) => {
      this.#changes.push(change);
      this.#watchers.changed(change);
    });
    this.cells.subscribe((room, id, value) => this.#watchers.touched(room, id, value));
  }

  /** Forgets old changes once there are too many, a tenth at a time. */
  #compact(): void {
    const { log, size } = this.store;
    const kept = size > LIMITS.largeCluster ? LIMITS.changesKeptIfLarge : LIMITS.changesKept;
    if (log.length <= kept * 1.1) return;
    const last = log[log.length - kept - 1];
    if (last === undefined) return;
    this.#dead.push(...this.store.compact(last.revision));
    this.cells.put(...COMPACTED_CELL, this.store.compactedRevision);
  }
}
