/**
 * PATCH: JSON patch, merge patch, strategic merge patch and server-side apply of an object, its status, or its scale.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/patch.go.
 * Leaves out CBOR (application/apply-patch+cbor): upstream serves it only behind a feature gate that is off.
 */
import { writeWarnings } from "#kernel/admission/warnings";
import { badRequest, invalid, methodNotSupported, unsupportedBodyType } from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";
import { goValue } from "#kernel/apimachinery/go-text";
import { JsonSyntaxError, stableStringify } from "#kernel/apimachinery/json";
import { jsonPatch } from "#kernel/apimachinery/patch/json-patch";
import { mergePatch } from "#kernel/apimachinery/patch/merge-patch";
import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import type { PatchRequest } from "#kernel/registry/patch";
import { groupResourceOf } from "#kernel/registry/registry";
import type { Scale } from "#kernel/registry/scale";
import { APPLY_TYPE, applyObject } from "#kernel/requests/apply";
import { type Deed, one, servedResource } from "#kernel/requests/call";
import {
  type DecodeProblem,
  decodeValue,
  goJsonType,
  type Parsed,
  parseBody,
  type Text,
  targetOf,
} from "#kernel/requests/decode";
import { patchQuery, type WriteQuery } from "#kernel/requests/options";
import { SCALE_TARGET, writeOptions } from "#kernel/requests/write";

const PATCH_TYPES: Readonly<Record<string, PatchRequest["type"]>> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
};

/** What is no Go struct says nothing of how its lists merge. */
const CUSTOM_TYPES = ["application/json-patch+json", "application/merge-patch+json", APPLY_TYPE];

/** Patches an object, its status, or its scale. */
export const patchObject: Deed = (door, call) => {
  const { info, body } = call;
  if (body.type === APPLY_TYPE) return applyObject(door, call);
  const type = PATCH_TYPES[body.type];
  if (type === undefined) throw unsupportedBodyType([...Object.keys(PATCH_TYPES), APPLY_TYPE]);
  const query = patchQuery(call, false);
  const patch = patchBody(body, type);
  const from = { text: body.text, strictness: type === "json" ? "json-patch" : "patch" } as const;
  const resource = servedResource(door.registry, info);
  if (!resource.verbs.includes("patch")) throw methodNotSupported(groupResourceOf(resource), "patch");
  if (resource.isCustom === true && type === "strategic") throw unsupportedBodyType(CUSTOM_TYPES);
  const client = door.client(query.fieldManager);
  const key = { namespace: info.namespace, name: info.name };
  if (info.subresource === "scale") {
    return one(patchedScale(client, resource, key, { type, patch, from }, query));
  }
  const warnings: string[] = [];
  const decode: PatchRequest["decode"] = (value) => {
    const target = { ...targetOf(resource), refuse: misfit(type === "strategic" ? patch : undefined) };
    const decoded = decodeValue({ value, ...from }, target, query.fieldValidation);
    warnings.push(...decoded.warnings);
    door.note(warnings);
    return decoded.object;
  };
  const old = client.get(resource, key);
  const patched = client.patch(
    resource,
    key,
    { type, body: patch, decode },
    writeOptions(query, info.subresource, false),
  );
  return one(patched, { resource, warnings: [...warnings, ...writeWarnings(client, resource, patched, old)] });
};

function patchBody(body: Text, type: PatchRequest["type"]): unknown {
  try {
    const { value } = parseBody({ text: body.text, type: "application/json" });
    if (type !== "json" && (typeof value !== "object" || value === null || Array.isArray(value))) {
      const detail = `json: cannot unmarshal ${goJsonType(value)} into Go value of type map[string]interface {}`;
      throw badRequest(`error decoding patch: ${detail}`);
    }
    return value;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badRequest(`error decoding patch: ${error.message}`);
    throw error;
  }
}

/** What a patch made does not fit the kind: the patch is invalid, and no object is named. */
function misfit(strategic: unknown): (problem: DecodeProblem) => Error {
  return ({ problem, restoreProblem, value }) => {
    const at = collector();
    // A strategic merge patch is quoted itself, and made an object without JSON in between; of others the outcome is.
    if (strategic !== undefined) at("patch").invalid(goValue(strategic), restoreProblem);
    else at("patch").invalid(stableStringify(value), problem);
    return invalid({ group: "", kind: "" }, "", at.errors);
  };
}

interface Key {
  readonly namespace: string;
  readonly name: string;
}

function patchedScale(
  client: Client,
  resource: AnyResource,
  key: Key,
  { type, patch, from }: { type: PatchRequest["type"]; patch: unknown; from: Omit<Parsed, "value"> },
  query: WriteQuery,
): Scale {
  const scale = client.scale(resource, key);
  // Scale has no lists, so strategic merge is plain merge.
  const value = type === "json" ? jsonPatch(scale, patch) : mergePatch(scale, patch);
  const { object } = decodeValue({ value, ...from }, SCALE_TARGET, query.fieldValidation);
  return client.updateScale(resource, key, object as Scale, { isDryRun: query.isDryRun, said: query.said });
}
