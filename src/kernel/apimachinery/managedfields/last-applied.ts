/**
 * Objects that client-side apply wrote: what its annotation says kubectl may take over without a conflict, and the
 * annotation follows what kubectl applies on the server.
 *
 * Models apimachinery/pkg/util/managedfields/internal (lastappliedmanager.go, lastappliedupdater.go, lastapplied.go).
 */
import type { ObjectShape } from "#kernel/api/shapes";
import { compareText } from "#kernel/apimachinery/go-text";
import { compare } from "#kernel/apimachinery/managedfields/compare";
import { isObject, type JsonObject } from "#kernel/apimachinery/managedfields/schema";
import { difference, type FieldSet, union } from "#kernel/apimachinery/managedfields/set";
import { toFieldSet } from "#kernel/apimachinery/managedfields/to-set";
import { type Owned, unowned } from "#kernel/apimachinery/managedfields/update";
import { schemaProblem } from "#kernel/apimachinery/managedfields/validate";
import { apiVersionOf, type GroupVersionKind } from "#kernel/apimachinery/meta";

const ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";

/** The fields that the object still has as client-side apply left them; undefined if that is not known. */
export function allowedByLastApplied(
  live: Owned,
  { shape, gvk }: { readonly shape: ObjectShape; readonly gvk: GroupVersionKind },
): FieldSet | undefined {
  const object = unowned(live);
  const applied = parsed(annotationOf(object));
  if (applied === undefined || applied["apiVersion"] !== apiVersionOf(gvk)) return undefined;
  if (schemaProblem(applied, shape) !== undefined) return undefined;
  const { changed, removed } = compare(applied, object, shape);
  return difference(toFieldSet(applied, shape), union(changed, removed));
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function annotationOf({ metadata }: JsonObject): string {
  const annotations = isObject(metadata) && isObject(metadata["annotations"]) ? metadata["annotations"] : {};
  const text = annotations[ANNOTATION];
  return typeof text === "string" ? text : "";
}

/** The object with its annotation brought up to what was applied; as it is where it has none. */
export function withLastApplied(object: JsonObject, config: JsonObject): JsonObject {
  if (annotationOf(object) === "") return object;
  const text = `${sortedText(withoutAnnotation(config))}\n`;
  const metadata = object["metadata"] as JsonObject;
  const annotations = { ...(metadata["annotations"] as JsonObject), [ANNOTATION]: text };
  return { ...object, metadata: { ...metadata, annotations } };
}

function withoutAnnotation(config: JsonObject): JsonObject {
  const { metadata } = config;
  if (!isObject(metadata)) return config;
  const { annotations } = metadata;
  if (!isObject(annotations)) return config;
  const { [ANNOTATION]: _, ...rest } = annotations;
  if (Object.keys(rest).length > 0) return { ...config, metadata: { ...metadata, annotations: rest } };
  const { annotations: __, ...others } = metadata;
  return { ...config, metadata: others };
}

/** JSON with its keys sorted and `<`, `>`, `&` escaped, as Go writes maps. */
function sortedText(value: unknown): string {
  const sorted = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(sorted);
    if (!isObject(item)) return item;
    const entries = Object.entries(item).sort(([a], [b]) => compareText(a, b));
    return Object.fromEntries(entries.map(([key, field]) => [key, sorted(field)]));
  };
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(sorted(value)).replace(/[<>&\u2028\u2029]/g, escaped);
}
