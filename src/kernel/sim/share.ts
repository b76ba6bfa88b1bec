/**
 * Values that many have alike are kept once: the environment of a thousand containers of one template is one object.
 */

/** How many values are remembered, and up to which length of their text. */
const KNOWN_MAX = 500;
const CHARS_MAX = 8_000;

const known = new Map<string, unknown>();

/** The value, or an equal one shared before. It must never be changed. The order of keys counts. */
export function share<T>(value: T): T {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (text.length > CHARS_MAX) return value;
  const id = typeof value === "string" ? `"${text}` : text;
  const one = known.get(id) as T | undefined;
  if (one !== undefined) return one;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(id, value);
  return value;
}
