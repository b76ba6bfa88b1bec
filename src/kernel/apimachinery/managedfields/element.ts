/**
 * Path elements: one step from a value to a part of it, in the text form FieldsV1 writes: `f:name`, `k:{"name":"a"}`,
 * `v:"a"`, `i:0`.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/fieldpath (PathElement and its serialisation).
 */
import { compareText, quote } from "#kernel/apimachinery/go-text";

/** The element of a named field or of a key of a map. */
export const fieldElement = (name: string): string => `f:${name}`;

/** The element of an item of a set. */
export const valueElement = (value: unknown): string => `v:${jsonText(value)}`;

/** A key field's name as it stands in an element. */
export const keyText = (name: string): string => `${jsonText(name)}:`;

/** A key field of a list item: the text of its name, and its value. */
export type KeyField = readonly [name: string, value: unknown];

/** The element of an item of a list of maps; the fields must be sorted by name. */
export function keyElement(fields: readonly KeyField[]): string {
  let text = "k:{";
  for (let at = 0; at < fields.length; at += 1) {
    const [name, value] = fields[at] as KeyField;
    text += `${at > 0 ? "," : ""}${name}${jsonText(value)}`;
  }
  return `${text}}`;
}

const UNSAFE = /[<>&\u2028\u2029]/g;

/** JSON as Go's encoder writes it into a path element. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (!UNSAFE.test(text)) return text;
  return text.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const RANKS = "fkvi";

/** Orders elements as upstream does: fields, then keys, then values, then positions. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  const kind = a.charAt(0);
  if (kind !== b.charAt(0)) return RANKS.indexOf(kind) - RANKS.indexOf(b.charAt(0));
  if (kind === "f") return compareText(a, b);
  return textOrder(a, b) ?? compareValues(parsed(a), parsed(b));
}

/**
 * Orders elements of one kind by their texts where that is the order of their values too: not where numbers, escapes or
 * characters below the closing quote make the difference. Undefined = look at the values.
 */
function textOrder(a: string, b: string): number | undefined {
  const length = Math.min(a.length, b.length);
  let at = 2;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
  return isTelling(x) && isTelling(y) ? x - y : undefined;
}

/** A quote, or any ASCII character above the digits but the backslash. */
const isTelling = (code: number): boolean => code === 0x22 || (code > 0x39 && code < 0x7f && code !== 0x5c);

const parsed = (element: string): unknown => {
  const value: unknown = JSON.parse(element.slice(2));
  return element.startsWith("k:") ? Object.entries(value as object).flat() : value;
};

const TYPES = ["number", "string", "boolean", "list", "map", "null"];

function typeRank(value: unknown): number {
  if (value === null) return TYPES.indexOf("null");
  if (Array.isArray(value)) return TYPES.indexOf("list");
  return typeof value === "object" ? TYPES.indexOf("map") : TYPES.indexOf(typeof value);
}

function compareValues(a: unknown, b: unknown): number {
  const rank = typeRank(a) - typeRank(b);
  if (rank !== 0) return rank;
  if (typeof a === "string") return compareText(a, b as string);
  if (typeof a === "number" || typeof a === "boolean") return Number(a) - Number(b);
  if (!Array.isArray(a) || !Array.isArray(b)) return compareText(JSON.stringify(a), JSON.stringify(b));
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const order = compareValues(a[at], b[at]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Whether a text is an element this server understands; what it does not is dropped from a client's FieldsV1. */
export function isElement(text: string): boolean {
  if (text.startsWith("f:")) return true;
  if (text.startsWith("i:")) return /^i:-?\d+$/.test(text);
  if (!/^[kv]:/.test(text)) return false;
  try {
    const value: unknown = JSON.parse(text.slice(2));
    return text.startsWith("v:") || (typeof value === "object" && value !== null && !Array.isArray(value));
  } catch {
    return false;
  }
}

/** An element as messages print it: `.replicas`, `[name="nginx"]`, `[="a"]`, `[0]`. */
export function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith("f:")) return `.${rest}`;
  if (element.startsWith("i:")) return `[${rest}]`;
  const value: unknown = JSON.parse(rest);
  if (element.startsWith("v:")) return `[=${valueText(value)}]`;
  const fields = Object.entries(value as object).map(([name, field]) => `${name}=${valueText(field)}`);
  return `[${fields.join(",")}]`;
}

const valueText = (value: unknown): string => (typeof value === "string" ? quote(value) : JSON.stringify(value));

/** A path as messages print it: `.spec.template.spec.containers[name="nginx"].image`. */
export const pathText = (path: readonly string[]): string => path.map(elementText).join("");
