/**
 * Conversion by a webhook: objects are sent to it in a review, and what comes back is held against them.
 *
 * Models apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go.
 * Leaves out asking again for what was converted before, as long as the object has not changed.
 */
import type { CustomResourceDefinition } from "#kernel/api/types.gen";
import type { JsonObject } from "#kernel/api/walk";
import { unknownError } from "#kernel/apimachinery/errors";
import { aggregateText, collector } from "#kernel/apimachinery/field-errors";
import { quote } from "#kernel/apimachinery/go-text";
import { validateLabels } from "#kernel/apimachinery/labels";
import { validateAnnotations } from "#kernel/apimachinery/names";
import type { Registry } from "#kernel/registry/registry";
import { callWebhook } from "#kernel/registry/webhook-client";
import type { Converter } from "#kernel/resources/apiextensions/custom/conversion";
import { isObject } from "#kernel/resources/apiextensions/schema";
import { LIMITS } from "#kernel/sim/limits";
import type { KubeObject } from "#kernel/store/object";

const TIMEOUT_SECONDS = 30;

/** The webhook of a definition. What it has converted is remembered as long as the object it was made of. */
export function webhookConverter({ spec }: CustomResourceDefinition, registry: Registry): Converter {
  const known = new WeakMap<KubeObject, Map<string, KubeObject>>();
  const { clientConfig = {}, conversionReviewVersions = [] } = spec.conversion?.webhook ?? {};
  const reviewed = conversionReviewVersions.find((version) => version === "v1" || version === "v1beta1") ?? "";

  function convertAll(objects: readonly KubeObject[], desiredAPIVersion: string): void {
    const [first] = objects;
    if (first === undefined) return;
    const who = `conversion webhook for ${first.apiVersion}, Kind=${first.kind}`;
    const review = (uid: string): object => ({
      kind: "ConversionReview",
      apiVersion: `apiextensions.k8s.io/${reviewed}`,
      request: { uid, desiredAPIVersion, objects },
      response: { uid: "", convertedObjects: null, result: { metadata: {} } },
    });
    const answer = callWebhook(registry, { clientConfig, timeoutSeconds: TIMEOUT_SECONDS, review });
    const found = "failure" in answer ? answer.failure : convertedIn(answer.json, answer.uid, reviewed);
    if (typeof found === "string") throw unknownError(`${who} failed: ${found}`);
    if (found.length !== objects.length) {
      throw unknownError(`${who} returned ${found.length} objects, expected ${objects.length}`);
    }
    for (const [n, object] of objects.entries()) {
      const converted = checked(object, found[n], desiredAPIVersion);
      if (typeof converted === "string") throw unknownError(`${who} returned ${converted}`);
      const versions = known.get(object) ?? new Map<string, KubeObject>();
      known.set(object, versions.set(desiredAPIVersion, converted));
    }
  }

  return {
    convert(object, apiVersion) {
      if (known.get(object)?.get(apiVersion) === undefined) convertAll([object], apiVersion);
      return known.get(object)?.get(apiVersion) ?? object;
    },
    prepare(objects, apiVersion) {
      const fresh = objects.filter((object) => known.get(object)?.get(apiVersion) === undefined);
      for (let n = 0; n < fresh.length; n += LIMITS.convertedPerCall) {
        convertAll(fresh.slice(n, n + LIMITS.convertedPerCall), apiVersion);
      }
    },
  };
}

/** The objects of an answer, or what is wrong with it. */
function convertedIn(answer: unknown, uid: string, reviewed: string): readonly unknown[] | string {
  const review = isObject(answer) ? answer : {};
  if (reviewed === "v1") {
    const wanted = "apiextensions.k8s.io/v1, Kind=ConversionReview";
    const got = `${review["apiVersion"] ?? ""}, Kind=${review["kind"] ?? ""}`;
    if (got !== wanted) return `expected webhook response of ${wanted}, got ${got}`;
  }
  const { response } = review;
  if (!isObject(response)) return "no response provided";
  const gotUid = String(response["uid"] ?? "");
  if (reviewed === "v1" && gotUid !== uid) return `expected response.uid=${quote(uid)}, got ${quote(gotUid)}`;
  const result = isObject(response["result"]) ? response["result"] : {};
  if (result["status"] !== "Success") {
    const message = String(result["message"] ?? "");
    return message !== "" ? message : `response.result.status was '${result["status"] ?? ""}', not 'Success'`;
  }
  const { convertedObjects } = response;
  return Array.isArray(convertedObjects) ? convertedObjects : [];
}

/** An object as the webhook gave it back, with the metadata it must not change; or what is wrong with it. */
function checked(original: KubeObject, converted: unknown, apiVersion: string): KubeObject | string {
  const object = isObject(converted) ? converted : {};
  const at = "invalid object at index 0";
  const version = String(object["apiVersion"] ?? "");
  if (version !== apiVersion) return `${at}: invalid groupVersion (expected ${apiVersion}, received ${version})`;
  const kind = String(object["kind"] ?? "");
  if (kind !== original.kind) return `${at}: invalid kind (expected ${original.kind}, received ${kind})`;
  const { metadata } = object;
  const changed = isObject(metadata) ? changedIdentity(original, metadata) : undefined;
  if (changed !== undefined) return `invalid object: ${changed}`;
  const restored = restoredMeta(original, metadata);
  if (typeof restored === "string") return `invalid metadata: ${restored}`;
  return { ...object, metadata: restored } as unknown as KubeObject;
}

function changedIdentity({ metadata }: KubeObject, changed: JsonObject): string | undefined {
  for (const [field, word] of [
    ["name", "name"],
    ["namespace", "namespace"],
    ["uid", "UID"],
  ] as const) {
    const [was, is] = [metadata[field] ?? "", String(changed[field] ?? "")];
    if (was !== is) return `must have the same ${word}: ${was} != ${is}`;
  }
  return undefined;
}

/** The metadata of an object with the labels and annotations it has been given. */
function restoredMeta({ metadata }: KubeObject, given: unknown): JsonObject | string {
  if (given === undefined) return "missing metadata in converted object";
  if (!isObject(given)) return `invalid metadata of type ${goType(given)} in converted object`;
  const { labels: _labels, annotations: _annotations, ...rest } = metadata;
  const restored: JsonObject = { ...(rest as unknown as JsonObject) };
  for (const field of ["labels", "annotations"] as const) {
    const entries = given[field];
    if (entries === undefined || entries === null) continue;
    if (!isObject(entries)) return `invalid metadata.${field} of type ${goType(entries)} in converted object`;
    for (const [key, value] of Object.entries(entries)) {
      if (typeof value === "string") continue;
      return `metadata.${field}[${key}] must be a string, but is ${goType(value)} in converted object`;
    }
    const problem = problemOf(field, entries as Readonly<Record<string, string>>);
    if (problem !== "") return problem;
    restored[field] = entries;
  }
  return restored;
}

function problemOf(field: "labels" | "annotations", entries: Readonly<Record<string, string>>): string {
  const at = collector("metadata");
  if (field === "labels") validateLabels(entries, at.under("labels"));
  else validateAnnotations(entries, at.under("annotation"));
  return at.errors.length === 0 ? "" : aggregateText(at.errors);
}

/** How Go names the type of a JSON value. */
function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  return value === null ? "<nil>" : "map[string]interface {}";
}
