/**
 * Views: derived knowledge kept in step with every change (node summaries, address tables). Never stored: a view is
 * built from the present objects when first asked for, and fed each change from then on.
 */
import type { Registry } from "#kernel/registry/registry";
import type { Change } from "#kernel/store/object";

export interface View<V> {
  readonly name: string;
  /** Builds the knowledge from what is there now. */
  create(registry: Registry): V;
  /** Brings it up to date. Must not write to the store. */
  apply(view: V, change: Change): void;
}

export class Views {
  readonly #views = new Map<View<unknown>, unknown>();

  constructor(readonly registry: Registry) {
    registry.store.subscribe((change) => {
      for (const [view, value] of this.#views) view.apply(value, change);
    });
  }

  of<V>(view: View<V>): V {
    const known = this.#views.get(view as View<unknown>);
    if (known !== undefined) return known as V;
    const value = view.create(this.registry);
    this.#views.set(view as View<unknown>, value);
    return value;
  }
}
