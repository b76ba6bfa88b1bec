/**
 * Clusters for simulations: the production kernel on a virtual clock, and a journal that remembers every saved turn.
 */

import type { Deployment } from "#kernel/api/types.gen";
import { Cluster, type Work } from "#kernel/cluster/cluster";
import { type Journal, type Row, rowOf, storeFrom } from "#kernel/cluster/journal";
import type { ClusterOptions } from "#kernel/cluster/options";
import { exportCluster } from "#kernel/cluster/snapshot";
import type { Draft } from "#kernel/registry/definition";
import { Cells } from "#kernel/store/cells";
import { frozen } from "#test/support/scene";

/** The instant every simulation begins at. */
export const START = Date.parse("2026-01-01T00:00:00Z");

/** Options of a small cluster. */
export const options = (seed: string | number, nodes = 3): ClusterOptions => ({
  seed: String(seed),
  machines: Array.from({ length: nodes }, (_, n) => ({ name: `node-${n + 1}` })),
  components: { scheduler: true, controllerManager: true, kubelet: true },
  authorization: "RBAC",
  latency: "realistic",
});

/** What a Durable Object's SQLite would hold: rows by revision, and cells. */
export class Disk {
  readonly #rows = new Map<number, Row>();
  readonly #cells = new Map<string, { room: string; id: string; json: string }>();

  save({ changes, cells, dead }: Journal): void {
    for (const change of changes) this.#rows.set(change.revision, rowOf(change));
    for (const revision of dead) this.#rows.delete(revision);
    for (const { room, id, value } of cells) {
      if (value === undefined) this.#cells.delete(`${room} ${id}`);
      else this.#cells.set(`${room} ${id}`, { room, id, json: JSON.stringify(value) });
    }
  }

  /** The cluster as a fresh process finds it. */
  load(): Cluster {
    const cells = new Cells();
    for (const { room, id, json } of this.#cells.values()) cells.restore(room, id, JSON.parse(json));
    const rows = [...this.#rows.values()].sort((a, b) => a.revision - b.revision);
    return frozen(Cluster.restore(cells, (store, compacted) => storeFrom(store, rows, compacted)));
  }
}

/** A cluster that is saved after every turn and can be thrown out of memory at any moment. */
export class Simulation {
  readonly disk = new Disk();
  cluster: Cluster;

  constructor(seed: string | number, nodes: number | ClusterOptions["machines"] = 3) {
    const made = typeof nodes === "number" ? options(seed, nodes) : { ...options(seed, 0), machines: nodes };
    this.cluster = frozen(Cluster.create(made, START));
    this.disk.save(this.cluster.take());
  }

  /** One saved turn. @throws StatusError if it is refused */
  turn<T>(work: Work<T>): T {
    const turn = this.cluster.turn(work);
    this.disk.save(turn.journal);
    if ("refused" in turn) throw turn.refused;
    if ("needs" in turn) throw new Error(`nobody answers ${turn.needs.url}`);
    return turn.value;
  }

  /** Passes virtual time, saving after every slice. */
  advance(ms: number): void {
    for (let left = ms, more = true; more; ) {
      const step = this.cluster.advance(START, left);
      this.disk.save(this.cluster.take());
      left -= step.advanced;
      more = step.more;
    }
  }

  /** Until nothing but routine is due, an hour at most. */
  settle(): void {
    for (let more = true; more; ) {
      more = this.cluster.advance(START, 3_600_000, true).more;
      this.disk.save(this.cluster.take());
    }
  }

  /** The memory is lost; what was saved is loaded again. */
  evict(): void {
    this.cluster = this.disk.load();
  }

  /** The bytes of the cluster. */
  get bytes(): string {
    return JSON.stringify(exportCluster(this.cluster));
  }
}

/** A Deployment draft with one container. */
export function deployment(name: string, replicas: number, image = "nginx:1.27"): Draft<Deployment> {
  return {
    metadata: { name, namespace: "default", labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image }] } },
    },
  };
}
