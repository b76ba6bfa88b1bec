/**
 * Comparison: which fields of an object were added, modified, removed. Costs what has changed: parts that two objects
 * share are not looked into.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/typed/compare.go on values as Go has them: a field that Go always writes
 * is there even where nobody set it, an empty list or map that Go leaves out is not.
 */
import type { ObjectShape } from "#kernel/api/shapes";
import { fieldElement } from "#kernel/apimachinery/managedfields/element";
import {
  type Atom,
  FREE,
  isObject,
  itemElement,
  type JsonObject,
  type ListAtom,
  resolve,
  type StructAtom,
  structOf,
} from "#kernel/apimachinery/managedfields/schema";
import {
  type FieldSet,
  isEmpty,
  LEAF,
  type MutableSet,
  NOTHING,
  SELF,
  sorted,
} from "#kernel/apimachinery/managedfields/set";
import { equal } from "#kernel/sim/clone";

export interface Comparison {
  /** What was added or modified: upstream tells them apart, and then nobody asks. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

const SAME: Comparison = { changed: NOTHING, removed: NOTHING };
/** A leaf that is another one now. */
const MODIFIED: Comparison = { changed: LEAF, removed: NOTHING };
const NO_FIELDS: JsonObject = {};
const NO_ITEMS: readonly unknown[] = [];

/**
 * Compares two objects of a kind without their managedFields; `{}` stands for an object that is not there yet.
 * `ignored` names top-level fields that do not count: those the request's strategy puts back.
 */
export function compare(
  old: JsonObject,
  object: JsonObject,
  shape: ObjectShape,
  ignored: ReadonlySet<string> = new Set(),
): Comparison {
  return differStruct(structOf(shape), old, object, ignored) ?? SAME;
}

/** Collects what differs below one node. */
class Changes {
  #changed: MutableSet | undefined;
  #removed: MutableSet | undefined;

  /** One child that may be there before, after, or both. */
  child(element: string, atom: Atom, before: unknown, after: unknown): void {
    if (before === after) return;
    if (before === undefined) this.change(element, whole(atom, after));
    else if (after === undefined) this.remove(element, whole(atom, before));
    else {
      const below = differ(atom, before, after);
      if (below !== undefined) this.below(element, below);
    }
  }

  /** What differs below a child that is there before and after. */
  below(element: string, below: Comparison): void {
    if (below === MODIFIED) this.change(element, LEAF);
    else {
      if (!isEmpty(below.changed)) this.change(element, below.changed);
      if (!isEmpty(below.removed)) this.remove(element, below.removed);
    }
  }

  change(element: string, node: FieldSet): void {
    this.#changed ??= {};
    this.#changed[element] = node;
  }

  remove(element: string, node: FieldSet): void {
    this.#removed ??= {};
    this.#removed[element] = node;
  }

  /** Undefined if nothing differs. Children that came in order need no sorting. */
  done(isOrdered: boolean): Comparison | undefined {
    const [changed, removed] = [this.#changed, this.#removed];
    if (changed === undefined && removed === undefined) return undefined;
    if (isOrdered) return { changed: changed ?? NOTHING, removed: removed ?? NOTHING };
    return { changed: sorted(changed ?? NOTHING), removed: sorted(removed ?? NOTHING) };
  }
}

/** Two values that are both there; undefined if they are the same. */
function differ(field: Atom, before: unknown, after: unknown): Comparison | undefined {
  const atom = resolve(field, after ?? before);
  switch (atom.kind) {
    case "struct":
      return differStruct(atom, objectOf(before), objectOf(after));
    case "map":
      return differMap(atom.values, objectOf(before), objectOf(after));
    case "list":
      return differList(atom, listOf(before), listOf(after));
    default:
      return equal(before, after) ? undefined : MODIFIED;
  }
}

const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : NO_FIELDS);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : NO_ITEMS);

function differStruct(
  struct: StructAtom,
  before: JsonObject,
  after: JsonObject,
  ignored?: ReadonlySet<string>,
): Comparison | undefined {
  const changes = new Changes();
  for (const step of struct.steps) {
    const was = before[step.name];
    const is = after[step.name];
    if (was === is || ignored?.has(step.name) === true) continue;
    changes.child(step.element, step.atom, step.present(was), step.present(is));
  }
  if (struct.isOpen) {
    for (const key of keysOf(before, after)) {
      if (struct.byName.has(key) || ignored?.has(key) === true) continue;
      changes.child(fieldElement(key), FREE, before[key], after[key]);
    }
  }
  return changes.done(!struct.isOpen);
}

/** The keys of either object. */
function keysOf(a: JsonObject, b: JsonObject): Iterable<string> {
  const keys = Object.keys(a);
  for (const key in b) if (!Object.hasOwn(a, key)) keys.push(key);
  return keys;
}

function differMap(values: Atom, before: JsonObject, after: JsonObject): Comparison | undefined {
  const changes = new Changes();
  for (const key of keysOf(before, after)) changes.child(fieldElement(key), values, before[key], after[key]);
  return changes.done(false);
}

function differList(list: ListAtom, before: readonly unknown[], after: readonly unknown[]): Comparison | undefined {
  if (isPairwise(list, before, after)) return differPairs(list, before, after);
  const changes = new Changes();
  const old = indexed(list, before);
  const now = indexed(list, after);
  for (const [element, items] of now) {
    const was = old.get(element) ?? NO_ITEMS;
    if (was.length <= 1 && items.length <= 1) changes.child(element, list.items, was[0], items[0]);
    else differDuplicates(changes, list, element, was, items);
  }
  for (const [element, items] of old) {
    if (now.has(element)) continue;
    changes.remove(element, items.length > 1 ? LEAF : whole(list.items, items[0]));
  }
  return changes.done(false);
}

/** How many items are compared with each other to see that no two have one name. */
const PAIRS_MAX = 8;

/** Whether both lists have the same items in the same order, no two of one name: the common case, without texts. */
function isPairwise(list: ListAtom, before: readonly unknown[], after: readonly unknown[]): boolean {
  if (before.length !== after.length || after.length > PAIRS_MAX) return false;
  for (let at = 0; at < after.length; at += 1) {
    if (!isNamesake(list, before[at], after[at])) return false;
    for (let other = 0; other < at; other += 1) if (isNamesake(list, after[other], after[at])) return false;
  }
  return true;
}

function isNamesake({ keys }: ListAtom, a: unknown, b: unknown): boolean {
  if (keys === undefined) return a === b;
  if (!isObject(a) || !isObject(b)) return false;
  for (const { name, default: value } of keys) if ((a[name] ?? value) !== (b[name] ?? value)) return false;
  return true;
}

function differPairs(list: ListAtom, before: readonly unknown[], after: readonly unknown[]): Comparison | undefined {
  const changes = new Changes();
  for (let at = 0; at < after.length; at += 1) {
    const item = after[at];
    if (before[at] === item) continue;
    const below = differ(list.items, before[at], item);
    if (below !== undefined) changes.below(itemElement(list, item), below);
  }
  return changes.done(false);
}

/** Items of one name count as one leaf where there are several of them. */
function differDuplicates(
  changes: Changes,
  list: ListAtom,
  element: string,
  before: readonly unknown[],
  after: readonly unknown[],
): void {
  if (before.length > 1 && after.length > 1) {
    if (!equal(before, after)) changes.change(element, LEAF);
  } else if (before.length > 1) {
    changes.change(element, whole(list.items, after[0]));
    changes.remove(element, LEAF);
  } else {
    changes.change(element, LEAF);
    if (before.length > 0) changes.remove(element, whole(list.items, before[0]));
  }
}

/** The items of a list by their elements; where several have one name, all of them. */
function indexed(list: ListAtom, items: readonly unknown[]): Map<string, unknown[]> {
  const index = new Map<string, unknown[]>();
  for (const item of items) {
    const element = itemElement(list, item);
    const namesakes = index.get(element);
    if (namesakes === undefined) index.set(element, [item]);
    else namesakes.push(item);
  }
  return index;
}

/** The node of a value that appeared, or went, as a whole: itself and everything in it. */
function whole(field: Atom, value: unknown): FieldSet {
  const atom = resolve(field, value);
  const node: MutableSet = { [SELF]: LEAF };
  if (atom.kind === "struct") wholeStruct(node, atom, objectOf(value));
  else if (atom.kind === "map") {
    const fields = objectOf(value);
    for (const key in fields) node[fieldElement(key)] = whole(atom.values, fields[key]);
  } else if (atom.kind === "list") {
    for (const item of listOf(value)) {
      const element = itemElement(atom, item);
      // Items of one name count as one leaf.
      node[element] = node[element] === undefined ? whole(atom.items, item) : LEAF;
    }
  } else return LEAF;
  const children = atom.kind === "struct" && !atom.isOpen ? node : sorted(node);
  for (const element in children) if (element !== SELF) return children;
  return LEAF;
}

function wholeStruct(node: MutableSet, struct: StructAtom, value: JsonObject): void {
  for (const step of struct.steps) {
    const field = step.present(value[step.name]);
    if (field !== undefined) node[step.element] = whole(step.atom, field);
  }
  if (!struct.isOpen) return;
  for (const key in value) if (!struct.byName.has(key)) node[fieldElement(key)] = whole(FREE, value[key]);
}
