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

/**
 * The JSON value, made of a model's parts as far as they are equal; the model itself if it is equal whole. Neither may
 * be changed afterwards. The order of keys counts.
 */
export function alike<T>(value: T, model: unknown): T {
  if (value === model || !isComposite(value) || !isComposite(model)) return value;
  if (Array.isArray(value)) return Array.isArray(model) ? (alikeArray(value, model) as T) : value;
  return Array.isArray(model) ? value : (alikeObject(value as Fields, model as Fields) as T);
}

type Fields = Readonly<Record<string, unknown>>;

const isComposite = (value: unknown): value is object => typeof value === "object" && value !== null;

function alikeArray(value: readonly unknown[], model: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  let isEqual = value.length === model.length;
  for (let n = 0; n < value.length; n += 1) {
    const one = alike(value[n], model[n]);
    if (one !== model[n]) isEqual = false;
    if (one === value[n]) continue;
    copy ??= [...value];
    copy[n] = one;
  }
  return isEqual ? model : (copy ?? value);
}

function alikeObject(value: Fields, model: Fields): Fields {
  const order = Object.keys(model);
  let copy: Record<string, unknown> | undefined;
  let isEqual = true;
  let count = 0;
  for (const key in value) {
    const one = alike(value[key], model[key]);
    if (order[count] !== key || one !== model[key]) isEqual = false;
    count += 1;
    if (one === value[key]) continue;
    copy ??= { ...value };
    copy[key] = one;
  }
  return isEqual && count === order.length ? model : (copy ?? value);
}
