/**
 * What field ownership asks of a type: whether a value is one leaf, an object with known fields, a map, or a list whose
 * items have names.
 *
 * Models k8s.io/kube-openapi/pkg/schemaconv and sigs.k8s.io/structured-merge-diff/v6/typed/helpers.go.
 */
import type { FieldShape, ObjectShape } from "#kernel/api/shapes";
import {
  fieldElement,
  type KeyField,
  keyElement,
  keyText,
  valueElement,
} from "#kernel/apimachinery/managedfields/element";

export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a JSON object: neither null nor a list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A known field of an object. */
export class Step {
  /** `f:name`. */
  readonly element: string;
  /** What Go has where nobody set the field: `{}`, `""`, `0`, `false`, null; undefined if the field can be absent. */
  readonly zero: unknown;
  readonly #field: FieldShape;
  #atom: Atom | undefined;

  constructor(
    readonly name: string,
    field: FieldShape,
  ) {
    this.element = fieldElement(name);
    this.zero = field.alwaysPresent === true ? field.zero : undefined;
    this.#field = field;
  }

  /** Made when a value is there: types refer to each other in circles. */
  get atom(): Atom {
    this.#atom ??= atomOf(this.#field);
    return this.#atom;
  }

  /** The value as Go has it: its zero where it cannot be absent, absent where it is an empty list or map otherwise. */
  present(value: unknown): unknown {
    if (value === undefined) return this.zero;
    if (this.zero !== undefined || value === null || typeof value !== "object") return value;
    if (this.#field.keepsEmpty === true) return value;
    if (Array.isArray(value)) return value.length === 0 ? undefined : value;
    for (const _ in value) return value;
    return isMap(this.atom) ? undefined : value;
  }
}

const isMap = (atom: Atom): boolean => atom.kind === "map" || (atom.kind === "leaf" && atom.inside?.kind === "map");

/** How a value is owned. A leaf is owned whole. */
export type Atom =
  | { readonly kind: "leaf"; readonly scalar: ScalarType; readonly form?: "list" | "map"; readonly inside?: Atom }
  | StructAtom
  | { readonly kind: "map"; readonly values: Atom }
  | ListAtom
  /** Nothing is known of it: what it is owned as follows from the value. */
  | { readonly kind: "free" };

export type ScalarType = "string" | "numeric" | "boolean" | "untyped";

export interface StructAtom {
  readonly kind: "struct";
  /** In the order of their elements. */
  readonly steps: readonly Step[];
  readonly byName: ReadonlyMap<string, Step>;
  /** Other fields may be there. */
  readonly isOpen: boolean;
}

export interface ListAtom {
  readonly kind: "list";
  readonly items: Atom;
  /** Keys of a list of maps, sorted; absent for a set. */
  readonly keys?: readonly ListKey[];
}

export interface ListKey {
  readonly name: string;
  /** The name as it stands in an element. */
  readonly text: string;
  readonly default?: unknown;
}

export const FREE: Atom = { kind: "free" };
const UNTYPED_LEAF: Atom = { kind: "leaf", scalar: "untyped" };

const structs = new WeakMap<ObjectShape, StructAtom>();
const atoms = new WeakMap<FieldShape, Atom>();

/** The atom of a kind's objects. */
export function structOf(shape: ObjectShape): StructAtom {
  const known = structs.get(shape);
  if (known !== undefined) return known;
  const steps: Step[] = [];
  const byName = new Map<string, Step>();
  const struct: StructAtom = { kind: "struct", steps, byName, isOpen: shape.preservesUnknown === true };
  // A type that contains itself finds this one while its fields are being filled in.
  structs.set(shape, struct);
  for (const [name, field] of [...shape.fields].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const step = new Step(name, field);
    steps.push(step);
    byName.set(name, step);
  }
  return struct;
}

/** The atom of a field, an item or a value. */
export function atomOf(field: FieldShape): Atom {
  let atom = atoms.get(field);
  if (atom === undefined) {
    atom = makeAtom(field);
    atoms.set(field, atom);
  }
  return atom;
}

function makeAtom(field: FieldShape): Atom {
  switch (field.type) {
    case "any":
      return FREE;
    case "array":
      return makeList(field);
    case "map": {
      const map: Atom = { kind: "map", values: field.values === undefined ? FREE : atomOf(field.values) };
      return field.mapType === "atomic" ? { kind: "leaf", scalar: "untyped", form: "map", inside: map } : map;
    }
    case "object": {
      if (field.object === undefined) return FREE;
      const struct = structOf(field.object);
      const isAtomic = (field.mapType ?? field.object.mapType) === "atomic";
      return isAtomic ? { kind: "leaf", scalar: "untyped", form: "map", inside: struct } : struct;
    }
    case "boolean":
      return { kind: "leaf", scalar: "boolean" };
    case "integer":
    case "number":
      return { kind: "leaf", scalar: "numeric" };
    case "quantity":
    case "intOrString":
      return UNTYPED_LEAF;
    default:
      return { kind: "leaf", scalar: "string" };
  }
}

function makeList({ items, listType, listMapKeys = [] }: FieldShape): Atom {
  const inside: ListAtom = { kind: "list", items: items === undefined ? FREE : atomOf(items) };
  if (listType === "set") return inside;
  if (listType !== "map") return { kind: "leaf", scalar: "untyped", form: "list", inside };
  const keys = [...listMapKeys].sort().map((name): ListKey => {
    const value = items?.object?.fields.get(name)?.default;
    const text = keyText(name);
    return value === undefined ? { name, text } : { name, text, default: value };
  });
  return { ...inside, keys };
}

/** What a value of an atom is owned as; only a free one depends on the value. */
export function resolve(atom: Atom, value: unknown): Atom {
  if (atom.kind !== "free") return atom;
  if (Array.isArray(value)) return FREE_LIST;
  return isObject(value) ? FREE_MAP : UNTYPED_LEAF;
}

const FREE_MAP: Atom = { kind: "map", values: FREE };
const FREE_LIST: Atom = {
  kind: "leaf",
  scalar: "untyped",
  form: "list",
  inside: { kind: "list", items: FREE },
};

/** The element of a list's item. @throws ElementError if it has none */
export function itemElement({ keys }: ListAtom, item: unknown): string {
  if (keys === undefined) return valueElement(setItem(item));
  if (item === null || item === undefined) {
    throw new ElementError("associative list with keys may not have a null element");
  }
  if (!isObject(item)) throw new ElementError("associative list with keys may not have non-map elements");
  const fields: KeyField[] = [];
  for (const { name, text, default: value } of keys) {
    const field = item[name] ?? value;
    if (field !== undefined) fields.push([text, field]);
  }
  if (fields.length > 0) return keyElement(fields);
  const names = keys.map(({ name }) => JSON.stringify(name)).join(" ");
  throw new ElementError(
    `associative list with keys has an element that omits all key fields [${names}] ` +
      "(and doesn't have default values for any key fields)",
  );
}

function setItem(item: unknown): unknown {
  if (item === null) throw new ElementError("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item)) throw new ElementError("not supported: associative list with lists as elements");
  if (isObject(item)) throw new ElementError("associative list without keys has an element that's a map type");
  return item;
}

/** An item of a list that cannot be named; the message is upstream's. */
export class ElementError extends Error {}
