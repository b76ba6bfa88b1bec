/**
 * JSON patch (RFC 6902), with the leniencies of the library the API server uses: negative indices count from the end,
 * and what stands before a path's first slash is not looked at.
 *
 * Models apiserver/pkg/endpoints/handlers/patch.go (jsonPatcher) over evanphx/json-patch.
 */

import { badRequest, patchRefused, requestEntityTooLarge } from "#kernel/apimachinery/errors";
import { byteLength } from "#kernel/apimachinery/go-text";
import { fieldOf, isObject, type JsonObject, withField, withoutField } from "#kernel/apimachinery/patch/json";
import { equal } from "#kernel/sim/clone";

const operationsMax = 10_000;
const copiedBytesMax = 3 * 1024 * 1024;

interface Operation {
  readonly op: unknown;
  readonly path: readonly string[];
  readonly from: readonly string[];
  readonly value: unknown;
}

/**
 * Gives the patched document. Neither argument is changed; what the patch does not touch is shared with the document.
 * Raises BadRequest for a body that is no list of objects, RequestEntityTooLarge for more than 10,000 operations, and
 * Invalid, without a reason as the API server gives none, for an operation that does not apply.
 */
export function jsonPatch(document: unknown, patch: unknown): unknown {
  const operations = operationsOf(patch);
  let patched = document;
  let copiedBytes = 0;
  for (const operation of operations) {
    const { op, path, from } = operation;
    if (op === "copy") {
      copiedBytes += byteLength(JSON.stringify(found(patched, from)));
      if (copiedBytes > copiedBytesMax) throw patchRefused();
    }
    patched = apply(patched, operation, path);
  }
  return patched;
}

function operationsOf(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) throw badRequest(unmarshalText(patch, "jsonpatch.Patch"));
  if (patch.length > operationsMax) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${operationsMax}, got ${patch.length}`,
    );
  }
  return patch.map((operation: unknown) => {
    if (!isObject(operation)) throw badRequest(unmarshalText(operation, "jsonpatch.Operation"));
    const { op, path, from, value = null } = operation;
    return { op, path: tokensOf(path), from: op === "move" || op === "copy" ? tokensOf(from) : [], value };
  });
}

/** Gives the words of Go's JSON decoder for a value of the wrong type. */
export function unmarshalText(value: unknown, goType: string): string {
  const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${value === null ? "null" : type} into Go value of type ${goType}`;
}

function tokensOf(pointer: unknown): string[] {
  if (typeof pointer !== "string") throw patchRefused();
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function apply(document: unknown, operation: Operation, path: readonly string[]): unknown {
  const { op, from, value } = operation;
  switch (op) {
    case "add":
      return changed(document, path, (parent, key) => added(parent, key, value), value);
    case "remove":
      return changed(document, path, removed);
    case "replace":
      return changed(document, path, (parent, key) => replaced(parent, key, value), value);
    case "move": {
      const moved = found(document, from);
      const without = changed(document, from, removed);
      return changed(without, path, (parent, key) => added(parent, key, moved), moved);
    }
    case "copy": {
      const copied = found(document, from);
      return changed(document, path, (parent, key) => added(parent, key, copied), copied);
    }
    case "test":
      if (!equal(lookUp(document, path) ?? null, value)) throw patchRefused();
      return document;
    default:
      throw patchRefused();
  }
}

type Change = (parent: unknown, key: string) => unknown;

/** Applies a change at the end of a path and gives the new document; for the empty path that is `root`. */
function changed(document: unknown, path: readonly string[], change: Change, root?: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    if (root === undefined) throw patchRefused();
    return root;
  }
  if (rest.length === 0) return change(document, key);
  return replaced(document, key, changed(child(document, key), rest, change));
}

function child(parent: unknown, key: string): unknown {
  if (Array.isArray(parent)) return parent[indexOf(key, parent.length)];
  if (!isObject(parent)) throw patchRefused();
  return fieldOf(parent, key);
}

/** Gives a value that may be absent; a path through something that is neither object nor list leads nowhere. */
function lookUp(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const key of path) {
    if (Array.isArray(value)) value = value[indexOf(key, value.length)];
    else value = isObject(value) ? fieldOf(value, key) : undefined;
  }
  return value;
}

function found(document: unknown, path: readonly string[]): unknown {
  const value = lookUp(document, path);
  if (value === undefined) throw patchRefused();
  return value;
}

/** Gives the place in a list of so many items that a token means. */
function indexOf(token: string, length: number): number {
  if (!/^-?\d+$/.test(token)) throw patchRefused();
  const index = Number(token);
  const place = index < 0 ? index + length : index;
  if (place < 0 || place >= length) throw patchRefused();
  return place;
}

function added(parent: unknown, key: string, value: unknown): unknown {
  if (isObject(parent)) return withField(parent, key, value);
  const list = listOf(parent);
  // An item may be added behind the last one.
  const place = key === "-" ? list.length : indexOf(key, list.length + 1);
  return list.toSpliced(place, 0, value);
}

function removed(parent: unknown, key: string): unknown {
  if (isObject(parent)) return withoutField(existing(parent, key), key);
  const list = listOf(parent);
  return list.toSpliced(indexOf(key, list.length), 1);
}

function replaced(parent: unknown, key: string, value: unknown): unknown {
  if (isObject(parent)) return withField(existing(parent, key), key, value);
  const list = listOf(parent);
  return list.with(indexOf(key, list.length), value);
}

function existing(object: JsonObject, key: string): JsonObject {
  if (!Object.hasOwn(object, key)) throw patchRefused();
  return object;
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw patchRefused();
  return value;
}
