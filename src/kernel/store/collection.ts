/**
 * A collection: the present objects of one bucket, by namespace and name, listed in the order of etcd's keys.
 */
import type { Key } from "#kernel/apimachinery/meta";
import type { Change, KubeObject } from "#kernel/store/object";

/** Objects of one namespace; the sorted list is made when somebody asks and kept until a change. */
interface Shelf {
  readonly byName: Map<string, KubeObject>;
  sorted: readonly KubeObject[] | undefined;
}

const byName = (a: KubeObject, b: KubeObject): number => (a.metadata.name < b.metadata.name ? -1 : 1);

/** A namespace is followed by a slash in etcd's keys: `a-b/` comes before `a/`. */
const byPrefix = (a: string, b: string): number => (`${a}/` < `${b}/` ? -1 : 1);

export class Collection {
  readonly #shelves = new Map<string, Shelf>();
  #all: readonly KubeObject[] | undefined;
  #size = 0;

  get(key: Key): KubeObject | undefined {
    return this.#shelves.get(key.namespace)?.byName.get(key.name);
  }

  count(namespace?: string): number {
    return namespace === undefined ? this.#size : (this.#shelves.get(namespace)?.byName.size ?? 0);
  }

  list(namespace?: string): readonly KubeObject[] {
    if (namespace !== undefined) return this.#shelf(namespace);
    this.#all ??= [...this.#shelves.keys()].sort(byPrefix).flatMap((name) => this.#shelf(name));
    return this.#all;
  }

  apply({ type, key, object }: Change): void {
    this.#all = undefined;
    let shelf = this.#shelves.get(key.namespace);
    if (type === "DELETED") {
      if (shelf?.byName.delete(key.name) === true) this.#size -= 1;
      if (shelf !== undefined) shelf.sorted = undefined;
      if (shelf?.byName.size === 0) this.#shelves.delete(key.namespace);
      return;
    }
    if (shelf === undefined) {
      shelf = { byName: new Map(), sorted: undefined };
      this.#shelves.set(key.namespace, shelf);
    }
    if (!shelf.byName.has(key.name)) this.#size += 1;
    shelf.byName.set(key.name, object);
    shelf.sorted = undefined;
  }

  #shelf(namespace: string): readonly KubeObject[] {
    const shelf = this.#shelves.get(namespace);
    if (shelf === undefined) return [];
    shelf.sorted ??= [...shelf.byName.values()].sort(byName);
    return shelf.sorted;
  }
}
