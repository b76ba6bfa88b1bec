/**
 * Decoded JSON as patches see it: objects, lists and the making of new objects from old ones.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** True for a JSON object: neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Gives a field that the object itself has; what it inherits does not count. */
export function fieldOf(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Gives the object with this field; the object itself stays. */
export function withField(object: JsonObject, key: string, value: unknown): JsonObject {
  if (Object.hasOwn(object, key) && object[key] === value) return object;
  return { ...object, [key]: value };
}

/** Gives the object without this field; the object itself stays. */
export function withoutField(object: JsonObject, key: string): JsonObject {
  if (!Object.hasOwn(object, key)) return object;
  const { [key]: _dropped, ...rest } = object;
  return rest;
}

/** An object being made from another one, which it still is as long as nothing was changed. */
export class ObjectDraft {
  #object: Record<string, unknown>;
  #isOwn = false;

  constructor(object: JsonObject) {
    this.#object = object;
  }

  get(key: string): unknown {
    return fieldOf(this.#object, key);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#object, key);
  }

  keys(): string[] {
    return Object.keys(this.#object);
  }

  set(key: string, value: unknown): void {
    if (this.has(key) && this.#object[key] === value) return;
    this.#own();
    // A plain assignment of this one key would set the prototype.
    if (key === "__proto__") {
      Object.defineProperty(this.#object, key, { value, enumerable: true, configurable: true, writable: true });
    } else {
      this.#object[key] = value;
    }
  }

  delete(key: string): void {
    if (!this.has(key)) return;
    this.#own();
    delete this.#object[key];
  }

  /** The finished object: the original itself if nothing was changed. */
  done(): JsonObject {
    return this.#object;
  }

  #own(): void {
    if (!this.#isOwn) this.#object = { ...this.#object };
    this.#isOwn = true;
  }
}

/** Gives the original list if the other one has the very same items. */
export function sharedList(original: readonly unknown[], list: readonly unknown[]): readonly unknown[] {
  const isSame = original.length === list.length && original.every((item, i) => item === list[i]);
  return isSame ? original : list;
}
