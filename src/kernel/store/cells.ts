/**
 * Cells: the part of a cluster that is not API objects (timers, container states, files, logs, the clock), as
 * small JSON documents by room and id. Only cells that changed are saved with a turn.
 */

/** One saved cell; value undefined = the cell is gone. */
export interface CellChange {
  readonly room: string;
  readonly id: string;
  readonly value: unknown;
}

export class Cells {
  readonly #rooms = new Map<string, Map<string, unknown>>();
  readonly #listeners = new Set<(room: string, id: string, value: unknown) => void>();
  /** The value each touched cell had when the turn began, for rollback. */
  readonly #before = new Map<string, Map<string, unknown>>();

  /** The value of a cell. Shared: build a new one and put it, never change it. */
  get<T>(room: string, id: string): T | undefined {
    return this.#rooms.get(room)?.get(id) as T | undefined;
  }

  put(room: string, id: string, value: unknown): void {
    this.#remember(room, id);
    let cells = this.#rooms.get(room);
    if (cells === undefined) {
      cells = new Map();
      this.#rooms.set(room, cells);
    }
    cells.set(id, value);
    for (const listener of this.#listeners) listener(room, id, value);
  }

  delete(room: string, id: string): void {
    const cells = this.#rooms.get(room);
    if (cells?.has(id) !== true) return;
    this.#remember(room, id);
    const value = cells.get(id);
    cells.delete(id);
    for (const listener of this.#listeners) listener(room, id, value);
  }

  /** Hears of every put (with the new value) and delete (with the last one). Gives the function that ends it. */
  subscribe(listener: (room: string, id: string, value: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every cell of a room, in no promised order. */
  entries<T>(room: string): Iterable<[string, T]> {
    return (this.#rooms.get(room)?.entries() ?? []) as Iterable<[string, T]>;
  }

  count(room: string): number {
    return this.#rooms.get(room)?.size ?? 0;
  }

  /** Puts a cell while a cluster is rebuilt: it counts as saved. */
  restore(room: string, id: string, value: unknown): void {
    let cells = this.#rooms.get(room);
    if (cells === undefined) {
      cells = new Map();
      this.#rooms.set(room, cells);
    }
    cells.set(id, value);
  }

  /** Every cell there is, sorted by room and id: equal clusters give equal lists. */
  all(): CellChange[] {
    const cells: CellChange[] = [];
    for (const room of [...this.#rooms.keys()].sort()) {
      const entries = this.#rooms.get(room) ?? new Map<string, unknown>();
      for (const id of [...entries.keys()].sort()) cells.push({ room, id, value: entries.get(id) });
    }
    return cells;
  }

  /** Whether any cell was touched since changes were last taken. */
  get hasChanges(): boolean {
    return this.#before.size > 0;
  }

  /** The cells changed since the last call, with their present values; forgets that they were changed. */
  takeChanges(): CellChange[] {
    const changes: CellChange[] = [];
    for (const [room, ids] of this.#before) {
      for (const [id, before] of ids) {
        const value = this.#rooms.get(room)?.get(id);
        if (value !== before) changes.push({ room, id, value });
      }
    }
    this.#before.clear();
    return changes;
  }

  /** Puts back what every changed cell was when changes were last taken. */
  rollback(): void {
    for (const [room, ids] of this.#before) {
      for (const [id, before] of ids) {
        if (before === undefined) this.#rooms.get(room)?.delete(id);
        else this.restore(room, id, before);
      }
    }
    this.#before.clear();
  }

  #remember(room: string, id: string): void {
    let ids = this.#before.get(room);
    if (ids === undefined) {
      ids = new Map();
      this.#before.set(room, ids);
    }
    if (!ids.has(id)) ids.set(id, this.#rooms.get(room)?.get(id));
  }
}
