/**
 * Taking fields out of an object.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/typed/remove.go. Leaves out its extracting half: only clients extract.
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
  structOf,
} from "#kernel/apimachinery/managedfields/schema";
import { below, type FieldSet, holds, isEmpty } from "#kernel/apimachinery/managedfields/set";

/** The object without the members of the set. What contained them stays, emptied. */
export function removeItems(value: JsonObject, set: FieldSet, shape: ObjectShape): JsonObject {
  return isEmpty(set) ? value : removeFields(structOf(shape), value, set);
}

function removeFrom(field: Atom, value: unknown, set: FieldSet): unknown {
  const atom = resolve(field, value);
  if (atom.kind === "list" && Array.isArray(value)) return removeListItems(atom, value, set);
  if ((atom.kind === "struct" || atom.kind === "map") && isObject(value)) return removeFields(atom, value, set);
  if (atom.kind !== "leaf" || atom.form === undefined || value === null || typeof value !== "object") return value;
  // An atomic value of which a part was owned goes whole.
  return Array.isArray(value) ? [] : {};
}

function removeFields(atom: Atom, value: JsonObject, set: FieldSet): JsonObject {
  const kept: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    const element = fieldElement(name);
    if (holds(set, element)) continue;
    const inner = below(set, element);
    kept.push([name, isEmpty(inner) ? item : removeFrom(childAtom(atom, name), item, inner)]);
  }
  return Object.fromEntries(kept);
}

function childAtom(atom: Atom, name: string): Atom {
  if (atom.kind === "map") return atom.values;
  return (atom.kind === "struct" ? atom.byName.get(name)?.atom : undefined) ?? FREE;
}

function removeListItems(list: ListAtom, value: readonly unknown[], set: FieldSet): unknown[] {
  return value.flatMap((item) => {
    const element = itemElement(list, item);
    if (holds(set, element)) return [];
    const inner = below(set, element);
    return [isEmpty(inner) ? item : removeFrom(list.items, item, inner)];
  });
}
