/**
 * The JSON text of an object, without writing the same field sets again and again: managedFields are as long as the
 * rest of an object, and the same for many.
 */
import type { ManagedFieldsEntry } from "#kernel/api/types.gen";
import type { KubeObject } from "#kernel/store/object";

/** What JSON.stringify gives, but that managedFields come last in metadata. */
export function jsonText(object: object): string {
  const { managedFields, ...metadata } = (object as Partial<KubeObject>).metadata ?? {};
  if (managedFields === undefined) return JSON.stringify(object);
  const fields: string[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue;
    const text = name === "metadata" ? ownedText(metadata, managedFields) : JSON.stringify(value);
    fields.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${fields.join(",")}}`;
}

function ownedText(metadata: object, entries: readonly ManagedFieldsEntry[]): string {
  const rest = JSON.stringify(metadata).slice(0, -1);
  return `${rest}${rest === "{" ? "" : ","}"managedFields":[${entries.map(entryText).join(",")}]}`;
}

function entryText(entry: ManagedFieldsEntry): string {
  const { fieldsV1, ...rest } = entry;
  const text = JSON.stringify(rest);
  return fieldsV1 === undefined ? text : `${text.slice(0, -1)},"fieldsV1":${setText(fieldsV1 as object)}}`;
}

/** The texts of sets that were asked for more than once; undefined for those asked for once. */
const texts = new WeakMap<object, string | undefined>();

function setText(set: object): string {
  const known = texts.get(set);
  if (known !== undefined) return known;
  const text = JSON.stringify(set);
  texts.set(set, texts.has(set) ? text : undefined);
  return text;
}
