/**
 * Merging an applied configuration into an object: nothing is taken away, leaves are the configuration's.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/typed/merge.go.
 */
import type { ObjectShape } from "#kernel/api/shapes";
import {
  type Atom,
  FREE,
  isObject,
  itemElement,
  type JsonObject,
  type ListAtom,
  resolve,
  structOf,
} from "#kernel/apimachinery/managedfields/schema";

/** The object with the configuration in it; what the configuration does not touch is shared. */
export function merge(live: JsonObject, config: JsonObject, shape: ObjectShape): JsonObject {
  return mergeObject(structOf(shape), live, config);
}

function mergeValue(field: Atom, live: unknown, config: unknown): unknown {
  if (live === undefined || live === config) return config;
  const atom = resolve(field, config ?? live);
  if (atom.kind === "list") {
    // Null and [] stay what they are where both are empty.
    if (isHollow(live) && isHollow(config)) return config;
    return mergeList(atom, Array.isArray(live) ? live : [], Array.isArray(config) ? config : []);
  }
  if (atom.kind === "leaf" || atom.kind === "free") return config;
  if (isHollow(live) && isHollow(config)) return config;
  return mergeObject(atom, isObject(live) ? live : {}, isObject(config) ? config : {});
}

function isHollow(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

function mergeObject(atom: Atom, live: JsonObject, config: JsonObject): JsonObject {
  let result: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(config)) {
    const before = Object.hasOwn(live, name) ? live[name] : undefined;
    const after = mergeValue(childAtom(atom, name), before, value);
    if (after === before) continue;
    result ??= { ...live };
    Object.defineProperty(result, name, { value: after, enumerable: true, configurable: true, writable: true });
  }
  return result ?? live;
}

function childAtom(atom: Atom, name: string): Atom {
  if (atom.kind === "map") return atom.values;
  return (atom.kind === "struct" ? atom.byName.get(name)?.atom : undefined) ?? FREE;
}

/**
 * The order of a merged list: the configuration's order for what it names; what only the object has keeps its place
 * before the shared item it stood before.
 */
function mergeList(list: ListAtom, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const left = namesakes(list, live);
  const right = namesakes(list, config);
  const shared = [...right.keys()].filter((element) => left.has(element));
  const lefts = [...left.keys()];
  const rights = [...right.keys()];
  const out: unknown[] = [];
  let [l, r, next] = [0, 0, 0];
  const take = (element: string): void => {
    for (const item of mergeItems(list, left.get(element), right.get(element))) out.push(item);
  };
  while (l < lefts.length || r < rights.length) {
    const ours = lefts[l];
    const theirs = rights[r];
    if (ours !== undefined && ours === theirs) {
      take(ours);
      [l, r, next] = [l + 1, r + 1, next + 1];
    } else if (ours !== undefined && theirs !== undefined && right.has(ours) && isLater(shared[next], ours)) {
      // Shared, but its turn has been or comes later.
      l += 1;
    } else if (ours !== undefined && !right.has(ours)) {
      take(ours);
      l += 1;
    } else if (theirs !== undefined) {
      take(theirs);
      if (shared[next] === theirs) next += 1;
      r += 1;
    } else l += 1;
  }
  return out;
}

const isLater = (next: string | undefined, element: string): boolean => next !== undefined && next !== element;

/** Several items of one name stay as they are unless the configuration names one. */
function mergeItems(
  { items }: ListAtom,
  live: readonly unknown[] | undefined,
  config: readonly unknown[] | undefined,
): readonly unknown[] {
  if (config === undefined) return live ?? [];
  if (live === undefined || live.length > 1) return config;
  return [mergeValue(items, live[0], config[0])];
}

function namesakes(list: ListAtom, items: readonly unknown[]): Map<string, unknown[]> {
  const index = new Map<string, unknown[]>();
  for (const item of items) {
    const element = itemElement(list, item);
    const known = index.get(element);
    if (known === undefined) index.set(element, [item]);
    else known.push(item);
  }
  return index;
}
