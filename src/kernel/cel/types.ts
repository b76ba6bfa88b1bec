/**
 * The types of CEL, how they read in messages, and which may stand for which.
 *
 * Models cel-go/common/types/types.go and checker/types.go.
 */

/** A field of an object type. */
export interface Field {
  readonly type: CelType;
  /** The name in JSON, where it is no CEL identifier. */
  readonly json?: string;
  readonly isNullable?: boolean;
}

/** The most a value may hold, where a schema says so: code points, bytes, items or entries. */
interface Bounded {
  readonly max?: number;
}

export interface ListType extends Bounded {
  readonly kind: "list";
  readonly item: CelType;
  /** How the server merges such lists: equality and `+` follow it. */
  readonly listType?: "atomic" | "set" | "map";
  readonly mapKeys?: readonly string[];
  readonly isItemNullable?: boolean;
}

export interface MapType extends Bounded {
  readonly kind: "map";
  readonly key: CelType;
  readonly value: CelType;
}

export interface ObjectType {
  readonly kind: "object";
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
}

/** A type known by its name: `kubernetes.Quantity`, `optional_type(A)`. */
export interface OpaqueType {
  readonly kind: "opaque";
  readonly name: string;
  readonly params: readonly CelType[];
}

export type CelType =
  | { readonly kind: "bool" | "int" | "uint" | "double" | "null" | "timestamp" | "duration" | "dyn" | "error" }
  | ({ readonly kind: "string" | "bytes" } & Bounded)
  | ListType
  | MapType
  | ObjectType
  | OpaqueType
  | { readonly kind: "type"; readonly of: CelType }
  | { readonly kind: "param"; readonly name: string };

export const BOOL: CelType = { kind: "bool" };
export const INT: CelType = { kind: "int" };
export const UINT: CelType = { kind: "uint" };
export const DOUBLE: CelType = { kind: "double" };
export const STRING: CelType = { kind: "string" };
export const BYTES: CelType = { kind: "bytes" };
export const NULL: CelType = { kind: "null" };
export const TIMESTAMP: CelType = { kind: "timestamp" };
export const DURATION: CelType = { kind: "duration" };
export const DYN: CelType = { kind: "dyn" };
export const ERROR: CelType = { kind: "error" };

/** A list of a type. */
export const listOf = (item: CelType): ListType => ({ kind: "list", item });
/** A map from keys to values of types. */
export const mapOf = (key: CelType, value: CelType): MapType => ({ kind: "map", key, value });
/** The type of a type as a value. */
export const typeOf = (of: CelType): CelType => ({ kind: "type", of });
/** A type known by its name. */
export const opaque = (name: string, ...params: CelType[]): OpaqueType => ({ kind: "opaque", name, params });
/** A value that may be absent. */
export const optionalOf = (of: CelType): OpaqueType => opaque("optional_type", of);

/** Whether it is an optional. */
export const isOptionalType = (type: CelType): type is OpaqueType =>
  type.kind === "opaque" && type.name === "optional_type";

/** Whether anything may stand there. */
export const isDyn = ({ kind }: CelType): boolean => kind === "dyn" || kind === "error";

/** The type as messages print it: `list(int)`, `map(string, dyn)`. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${typeText(type.item)})`;
    case "map":
      return `map(${typeText(type.key)}, ${typeText(type.value)})`;
    case "object":
      return type.name;
    case "opaque":
      return type.params.length === 0 ? type.name : `${type.name}(${type.params.map(typeText).join(", ")})`;
    case "type":
      return `type(${typeText(type.of)})`;
    case "param":
      return type.name;
    case "error":
      return "!error!";
    default:
      return type.kind;
  }
}

/** What type parameters stand for; a failed match leaves it as it was. */
export class Bindings {
  readonly #bound = new Map<string, CelType>();
  readonly #order: string[] = [];

  snapshot(): number {
    return this.#order.length;
  }

  restore(saved: number): void {
    for (const name of this.#order.splice(saved)) this.#bound.delete(name);
  }

  find(type: CelType): CelType {
    let found = type;
    while (found.kind === "param") {
      const next = this.#bound.get(found.name);
      if (next === undefined) return found;
      found = next;
    }
    return found;
  }

  bind(name: string, type: CelType): void {
    this.#bound.set(name, type);
    this.#order.push(name);
  }

  /** The type with every parameter replaced; those nothing is known of become dyn if `isFinal`. */
  resolve(type: CelType, isFinal = false): CelType {
    const found = this.find(type);
    switch (found.kind) {
      case "param":
        return isFinal ? DYN : found;
      case "list":
        return { ...found, item: this.resolve(found.item, isFinal) };
      case "map":
        return { ...found, key: this.resolve(found.key, isFinal), value: this.resolve(found.value, isFinal) };
      case "opaque":
        return found.params.length === 0
          ? found
          : { ...found, params: found.params.map((param) => this.resolve(param, isFinal)) };
      case "type":
        return { kind: "type", of: this.resolve(found.of, isFinal) };
      default:
        return found;
    }
  }
}

/** Whether a value of type `from` may stand where `to` is asked for; binds parameters on the way. */
export function assignable(bindings: Bindings, to: CelType, from: CelType): boolean {
  const saved = bindings.snapshot();
  if (assign(bindings, to, from)) return true;
  bindings.restore(saved);
  return false;
}

function assign(bindings: Bindings, toRaw: CelType, fromRaw: CelType): boolean {
  const to = bindings.find(toRaw);
  const from = bindings.find(fromRaw);
  if (to === from) return true;
  if (to.kind === "param") return !occurs(bindings, to.name, from) && bound(bindings, to.name, from);
  if (from.kind === "param") return !occurs(bindings, from.name, to) && bound(bindings, from.name, to);
  if (isDyn(to) || isDyn(from)) return true;
  if (to.kind === "list") return from.kind === "list" && assign(bindings, to.item, from.item);
  if (to.kind === "map") {
    return from.kind === "map" && assign(bindings, to.key, from.key) && assign(bindings, to.value, from.value);
  }
  if (to.kind === "opaque") {
    return (
      from.kind === "opaque" &&
      to.name === from.name &&
      to.params.every((param, n) => assign(bindings, param, from.params[n] ?? DYN))
    );
  }
  if (to.kind === "type") return from.kind === "type";
  if (from.kind === "null") return to.kind === "null" || isNullable(to);
  if (to.kind === "null") return isNullable(from);
  if (to.kind === "object") return from.kind === "object" && to.name === from.name;
  return to.kind === from.kind;
}

/** Messages, times and opaque values may be null. */
const isNullable = ({ kind }: CelType): boolean =>
  kind === "object" || kind === "timestamp" || kind === "duration" || kind === "opaque";

function bound(bindings: Bindings, name: string, type: CelType): boolean {
  bindings.bind(name, type);
  return true;
}

function occurs(bindings: Bindings, name: string, raw: CelType): boolean {
  const type = bindings.find(raw);
  switch (type.kind) {
    case "param":
      return type.name === name;
    case "list":
      return occurs(bindings, name, type.item);
    case "map":
      return occurs(bindings, name, type.key) || occurs(bindings, name, type.value);
    case "opaque":
      return type.params.some((param) => occurs(bindings, name, param));
    default:
      return false;
  }
}

/** The type both have, or dyn: of list items and of what a parameter came to stand for. */
export function joined(bindings: Bindings, a: CelType, b: CelType): CelType {
  if (assignable(bindings, a, b)) return moreGeneral(a, b) ? a : b;
  return DYN;
}

/** Whether `a` says less than `b`. */
export function moreGeneral(a: CelType, b: CelType): boolean {
  if (isDyn(a)) return true;
  if (isDyn(b)) return false;
  if (a.kind === "list" && b.kind === "list") return moreGeneral(a.item, b.item);
  if (a.kind === "map" && b.kind === "map") return moreGeneral(a.value, b.value);
  if (b.kind === "null" && a.kind !== "null") return true;
  return a.kind !== "null";
}
