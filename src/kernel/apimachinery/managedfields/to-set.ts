/**
 * The fields a configuration speaks of, and the named fields a set passes through.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/typed/tofieldset.go and fieldpath's EnsureNamedFieldsAreMembers.
 */
import type { ObjectShape } from "#kernel/api/shapes";
import { fieldElement } from "#kernel/apimachinery/managedfields/element";
import {
  type Atom,
  FREE,
  isObject,
  itemElement,
  type JsonObject,
  resolve,
  structOf,
} from "#kernel/apimachinery/managedfields/schema";
import { type FieldSet, isEmpty, LEAF, type MutableSet, SELF, sorted } from "#kernel/apimachinery/managedfields/set";

/** Every leaf, item and map key of a valid value; of the known fields between them only those that hold nothing. */
export function toFieldSet(value: JsonObject, shape: ObjectShape): FieldSet {
  return sorted(children(structOf(shape), value));
}

function children(field: Atom, value: unknown): MutableSet {
  const atom = resolve(field, value);
  const node: MutableSet = {};
  if (atom.kind === "list" && Array.isArray(value)) {
    for (const item of value) {
      const element = itemElement(atom, item);
      // Items of one name are one leaf.
      node[element] = node[element] === undefined ? member(children(atom.items, item)) : LEAF;
    }
  } else if ((atom.kind === "struct" || atom.kind === "map") && isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      const step = atom.kind === "struct" ? atom.byName.get(name) : undefined;
      const child = step?.atom ?? (atom.kind === "map" ? atom.values : FREE);
      const made = nodeOf(child, item, step !== undefined);
      if (made !== undefined) node[fieldElement(name)] = made;
    }
  }
  return node;
}

function nodeOf(field: Atom, value: unknown, isNamed: boolean): FieldSet | undefined {
  const atom = resolve(field, value);
  if (atom.kind === "leaf" || value === null) return LEAF;
  const node = children(atom, value);
  if (!isNamed || isEmptyObject(value)) return member(node);
  return isEmpty(node) ? undefined : sorted(node);
}

const isEmptyObject = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;

/** A node that is itself a member. */
const member = (node: FieldSet): FieldSet => (isEmpty(node) ? LEAF : sorted({ [SELF]: LEAF, ...node }));

/** The set with every known field on the way to its members made a member. */
export function withNamedFields(set: FieldSet, shape: ObjectShape): FieldSet {
  return named(set, structOf(shape));
}

function named(node: FieldSet, field: Atom): FieldSet {
  const atom = field.kind === "leaf" ? (field.inside ?? FREE) : field;
  const result: MutableSet = {};
  for (const element in node) {
    const child = node[element] as FieldSet;
    const step = atom.kind === "struct" ? atom.byName.get(element.slice(2)) : undefined;
    if (element === SELF || isEmpty(child)) {
      result[element] = child;
      continue;
    }
    const below = named(child, step?.atom ?? itemAtom(atom));
    result[element] = step === undefined || SELF in below ? below : { [SELF]: LEAF, ...below };
  }
  return result;
}

function itemAtom(atom: Atom): Atom {
  if (atom.kind === "list") return atom.items;
  return atom.kind === "map" ? atom.values : FREE;
}
