/**
 * Watchers: which changes concern whom, and which components are there to notice.
 *
 * Models the informers of each component: while it is stopped it hears of nothing; when it starts it lists everything
 * it watches.
 */
import type { Key } from "#kernel/apimachinery/meta";
import type { WorkQueue } from "#kernel/cluster/work-queue";
import type { Client } from "#kernel/registry/client";
import type { Controller, EverythingWatch, Part, ResourceWatch, RoomWatch } from "#kernel/registry/controller";
import { faultsOf } from "#kernel/runtime/fault";
import { leaderlessComponents } from "#kernel/runtime/quorum";
import { equal } from "#kernel/sim/clone";
import type { Cells } from "#kernel/store/cells";
import type { Change, KubeObject } from "#kernel/store/object";
import type { Store } from "#kernel/store/store";

/** The components that stand still, as the watchers last knew it. */
const STOPPED_CELL = ["cluster", "stopped"] as const;

interface Listener<W> {
  readonly controller: Controller;
  readonly watch: W;
  readonly client: Client;
}

export interface WatchersParts {
  readonly everybody: readonly Controller[];
  readonly clientOf: (controller: Controller) => Client;
  readonly queue: WorkQueue;
  readonly store: Store;
  readonly cells: Cells;
}

export class Watchers {
  readonly #parts: WatchersParts;
  readonly #byBucket = new Map<string, Listener<ResourceWatch>[]>();
  readonly #everything: Listener<EverythingWatch>[] = [];
  readonly #byRoom = new Map<string, Listener<RoomWatch>[]>();

  constructor(parts: WatchersParts) {
    this.#parts = parts;
    for (const controller of parts.everybody) {
      const client = parts.clientOf(controller);
      for (const watch of controller.watches) {
        if ("everything" in watch) this.#everything.push({ controller, watch, client });
        else if ("resource" in watch) append(this.#byBucket, watch.resource.bucket, { controller, watch, client });
        else append(this.#byRoom, watch.room, { controller, watch, client });
      }
    }
  }

  /** An object was written. */
  changed(change: Change): void {
    const stopped = this.#stopped;
    const listeners = this.#byBucket.get(change.bucket) ?? [];
    for (const { controller, watch, client } of listeners) {
      if (!stopped.includes(controller.component)) this.#add(controller, watch.keys(change, client));
    }
    for (const { controller, watch, client } of this.#everything) {
      if (!stopped.includes(controller.component)) this.#add(controller, watch.keys(change, client));
    }
  }

  /** A cell was put or deleted. */
  touched(room: string, id: string, value: unknown): void {
    const stopped = this.#stopped;
    for (const { controller, watch, client } of this.#byRoom.get(room) ?? []) {
      if (!stopped.includes(controller.component)) this.#add(controller, watch.keys(id, value, client));
    }
  }

  /** Stops and starts the components that faults have stopped or let go since the last call. */
  shift(): void {
    const { cells, everybody } = this.#parts;
    const before = this.#stopped;
    const faults = faultsOf(cells, "component-stop");
    const leaderless = leaderlessComponents(cells);
    if (before.length === 0 && faults.length === 0 && leaderless.length === 0) return;
    // Kubelets are silent rather than gone: their machines say so, and everybody sees it there.
    const stopped = faults.map(({ target }) => target.component).filter((one) => one !== "kubelet");
    const named = [...stopped, ...leaderless];
    const now = [...new Set(named)].filter((one) => one !== undefined).sort();
    if (equal(now, before)) return;
    cells.put(...STOPPED_CELL, now);
    for (const controller of everybody) {
      const { component } = controller;
      const [is, was] = [(now as readonly Part[]).includes(component), before.includes(component)];
      if (is && !was) this.#stop(controller);
      else if (was && !is) this.#start(controller);
    }
  }

  get #stopped(): readonly Part[] {
    return this.#parts.cells.get<readonly Part[]>(...STOPPED_CELL) ?? NOBODY;
  }

  #stop({ name, memory = [] }: Controller): void {
    const { queue, cells } = this.#parts;
    queue.drop(name);
    for (const room of memory) for (const [id] of [...cells.entries(room)]) cells.delete(room, id);
  }

  /** Whatever is there is new to a controller that starts. */
  #start(controller: Controller): void {
    const { store, cells, clientOf } = this.#parts;
    const client = clientOf(controller);
    for (const watch of controller.watches) {
      if ("everything" in watch || "resource" in watch) {
        const buckets = "everything" in watch ? [...store.buckets()].sort() : [watch.resource.bucket];
        for (const bucket of buckets) {
          for (const object of store.list(bucket)) this.#add(controller, watch.keys(addition(bucket, object), client));
        }
      } else {
        const found = [...cells.entries(watch.room)].sort(([a], [b]) => (a < b ? -1 : 1));
        for (const [id, value] of found) this.#add(controller, watch.keys(id, value, client));
      }
    }
  }

  #add({ name }: Controller, keys: readonly Key[]): void {
    for (const key of keys) this.#parts.queue.add(name, key);
  }
}

const NOBODY: readonly Part[] = [];

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** An object as one that has just come. */
function addition(bucket: string, object: KubeObject): Change {
  const { namespace = "", name, resourceVersion } = object.metadata;
  return { revision: Number(resourceVersion), bucket, key: { namespace, name }, type: "ADDED", object };
}
