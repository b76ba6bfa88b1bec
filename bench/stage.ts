/**
 * Where a scenario of the kernel plays: one cluster, its clock, and what they cost.
 */
import { Cluster } from "#kernel/cluster/cluster";
import { rowOf } from "#kernel/cluster/journal";
import type { ClusterOptions } from "#kernel/cluster/options";
import { exportCluster } from "#kernel/cluster/snapshot";
import type { Client } from "#kernel/registry/client";

const START = Date.parse("2026-01-01T00:00:00Z");
const HOUR = 3_600_000;

/** What a scenario cost. */
export interface Measured {
  readonly cpuMs: number;
  /** The longest time in which nobody else could be served. */
  readonly stallMs: number;
  readonly heapMB: number;
  /** CPU by phase, in ms. */
  readonly phases: Readonly<Record<string, number>>;
  /** What else was counted. */
  readonly figures: Readonly<Record<string, number>>;
}

const gc = (globalThis as { gc?: () => void }).gc ?? (() => {});

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

export class Stage {
  #cluster: Cluster | undefined;
  readonly #phases: Record<string, number> = {};
  readonly #figures: Record<string, number> = {};
  readonly #heapBefore: number;
  #heapMB = 0;
  #stallMs = 0;

  constructor() {
    gc();
    this.#heapBefore = process.memoryUsage().heapUsed;
  }

  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new Error("the scenario has no cluster yet");
    return this.#cluster;
  }

  get client(): Client {
    return this.cluster.admin;
  }

  /** Makes the cluster. */
  open(nodes: number, options: Partial<ClusterOptions> = {}): void {
    const machines = Array.from({ length: nodes }, (_, n) => ({
      name: `node-${n + 1}`,
      labels: { "topology.kubernetes.io/zone": `zone-${n % 10}` },
    }));
    this.#cluster = this.#slice(() =>
      Cluster.create(
        {
          seed: "bench",
          machines,
          components: { scheduler: true, controllerManager: true, kubelet: true },
          authorization: "RBAC",
          latency: "realistic",
          ...options,
        },
        START,
      ),
    );
    this.#keep();
  }

  /** A part of the scenario whose CPU is counted under a name; the heap is what is left after the last one. */
  phase(name: string, work: () => void): void {
    const before = cpuMs();
    work();
    this.#phases[name] = cpuMs() - before;
  }

  /** One request. */
  act(work: (client: Client) => void): void {
    this.#slice(() => {
      const turn = this.cluster.turn((it) => work(it.admin));
      if ("refused" in turn) throw turn.refused;
      for (const change of turn.journal.changes) rowOf(change);
    });
  }

  /** Passes time until nothing but routine is due. */
  settle(): void {
    this.#advance(() => this.cluster.advance(START, HOUR, true).more);
  }

  /** Passes time. */
  pass(ms: number): void {
    let left = ms;
    this.#advance(() => {
      const { advanced, more } = this.cluster.advance(START, left);
      left -= advanced;
      return more;
    });
  }

  /** Notes a figure beside the costs. */
  figure(name: string, value: number): void {
    this.#figures[name] = value;
  }

  /** How large the cluster is as a value. */
  get bytes(): number {
    return JSON.stringify(exportCluster(this.cluster)).length;
  }

  /** Notes what is on the heap now; the highest counts. */
  weigh(name = "heap"): void {
    gc();
    const heapMB = (process.memoryUsage().heapUsed - this.#heapBefore) / 1_048_576;
    this.#heapMB = Math.max(this.#heapMB, heapMB);
    this.#figures[name] = heapMB;
  }

  measured(): Measured {
    const all = Object.values(this.#phases).reduce((sum, one) => sum + one, 0);
    return {
      cpuMs: all,
      stallMs: this.#stallMs,
      heapMB: this.#heapMB,
      phases: this.#phases,
      figures: this.#figures,
    };
  }

  #advance(step: () => boolean): void {
    for (let more = true; more; ) {
      more = this.#slice(() => {
        const isMore = step();
        this.#keep();
        return isMore;
      });
    }
  }

  /** What happens between two moments at which others could be served. */
  #slice<T>(work: () => T): T {
    const before = performance.now();
    const result = work();
    this.#stallMs = Math.max(this.#stallMs, performance.now() - before);
    return result;
  }

  /** What saving costs before SQLite: the text of every change and cell. */
  #keep(): void {
    const { changes, cells } = this.cluster.take();
    for (const change of changes) rowOf(change);
    for (const { value } of cells) JSON.stringify(value);
  }
}
