/**
 * The objects under one value of an index, by uid, in the order in which they came. Most values have a handful: those
 * are kept in a list, which takes a fraction of what a table takes.
 */

/** Beyond so many a table is faster. */
const LIST_MAX = 12;

export class Posting<T> {
  #ids: string[] | undefined = [];
  #items: T[] = [];
  #table: Map<string, T> | undefined;

  get size(): number {
    return this.#table?.size ?? this.#items.length;
  }

  /** A list of its own, or a copy of it. */
  all(): readonly T[] {
    return this.#table === undefined ? [...this.#items] : [...this.#table.values()];
  }

  /** Adds an object, or puts it in place of its former state. */
  set(id: string, item: T): void {
    if (this.#ids === undefined) {
      this.#table?.set(id, item);
      return;
    }
    const index = this.#ids.indexOf(id);
    if (index >= 0) this.#items[index] = item;
    else if (this.#ids.length < LIST_MAX) {
      this.#ids.push(id);
      this.#items.push(item);
    } else {
      this.#table = new Map(this.#ids.map((one, n) => [one, this.#items[n] as T]));
      this.#table.set(id, item);
      this.#ids = undefined;
      this.#items = [];
    }
  }

  delete(id: string): void {
    this.#table?.delete(id);
    const index = this.#ids?.indexOf(id) ?? -1;
    if (index < 0) return;
    this.#ids?.splice(index, 1);
    this.#items.splice(index, 1);
  }
}
