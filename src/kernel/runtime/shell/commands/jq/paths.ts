/**
 * Paths in values: reading, setting and deleting what they lead to.
 */
import { isObject, JqError, typeOf } from "#kernel/runtime/shell/commands/jq/values";

export type Path = readonly (string | number)[];

/** What a path leads to; null where there is nothing. @throws JqError */
export function getPath(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (at === null || at === undefined) return null;
    if (typeof key === "string" && isObject(at)) at = Object.hasOwn(at, key) ? at[key] : null;
    else if (typeof key === "number" && Array.isArray(at)) at = at.at(Math.floor(key)) ?? null;
    else
      throw new JqError(`Cannot index ${typeOf(at)} with ${typeof key === "string" ? JSON.stringify(key) : "number"}`);
  }
  return at;
}

/** The longest array that setting an element far off may make. */
const MAX_LENGTH = 100_000;

/** The value with something else at a path. @throws JqError */
export function setPath(value: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to;
  const next = setPath(getPath(value, [key]), rest, to);
  if (typeof key === "string") return { ...(isObject(value) ? value : {}), [key]: next };
  const items = Array.isArray(value) ? [...value] : [];
  const at = key < 0 ? items.length + key : key;
  if (at < 0) throw new JqError("Out of bounds negative array index");
  if (at > MAX_LENGTH) throw new JqError("Array index too large");
  while (items.length < at) items.push(null);
  items[at] = next;
  return items;
}

/** The value without what is at a path. @throws JqError */
export function deletePath(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return null;
  if (value === null || value === undefined) return null;
  if (rest.length > 0) {
    const inside = getPath(value, [key]);
    return inside === null ? value : setPath(value, [key], deletePath(inside, rest));
  }
  if (typeof key === "number" && Array.isArray(value)) {
    const at = key < 0 ? value.length + key : key;
    return value.filter((_, n) => n !== at);
  }
  if (typeof key !== "string" || !isObject(value))
    throw new JqError(`Cannot delete field at ${typeof key} index of ${typeOf(value)}`);
  const { [key]: _, ...left } = value;
  return left;
}
