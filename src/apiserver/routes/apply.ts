/**
 * Server-side apply: PATCH with a configuration in YAML (or JSON, which is YAML too).
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/patch.go (applyPatcher).
 */
import { type ApiContext, clientOf, presentation, type ResourceRequest, servedResource } from "#apiserver/api-env";
import { type Body, goJsonType, parseBody } from "#apiserver/codec/decode";
import { encodeObject } from "#apiserver/codec/encode";
import { appliedProblem, strictWarnings } from "#apiserver/codec/strict";
import { type FieldValidation, patchQuery } from "#apiserver/options";
import { writeOptions } from "#apiserver/routes/update";
import { writeWarnings } from "#kernel/admission/warnings";
import type { JsonObject } from "#kernel/api/walk";
import { badRequest, methodNotSupported } from "#kernel/apimachinery/errors";
import { JsonSyntaxError } from "#kernel/apimachinery/json";
import { groupResourceOf } from "#kernel/registry/registry";

export const APPLY_TYPE = "application/apply-patch+yaml";

/** Answers an apply: 201 if it made the object. */
export async function applyObject(c: ApiContext, call: ResourceRequest, body: Body): Promise<Response> {
  const { info, request } = call;
  const query = patchQuery(request, true);
  const config = configOf(body);
  const problems = duplicateProblem(body, query.fieldValidation);
  c.set("warnings", problems);
  return c.get("turns").run((cluster) => {
    const resource = servedResource(cluster, info);
    if (!resource.verbs.includes("patch")) throw methodNotSupported(groupResourceOf(resource), "patch");
    const client = clientOf(cluster, c, query.fieldManager);
    const key = { namespace: info.namespace, name: info.name };
    const applied = { config, isForced: query.isForced };
    if (info.subresource === "scale") {
      const scale = client.applyScale(resource, key, applied, { isDryRun: query.isDryRun });
      return encodeObject(undefined, scale, presentation(cluster, call, problems));
    }
    const old = client.get(resource, key);
    const options = writeOptions(query, info.subresource, false);
    const { object, isNew } = client.apply(resource, key, applied, options);
    const texts = [...problems, ...writeWarnings(client, resource, object, old)];
    return encodeObject(resource, object, presentation(cluster, call, texts), isNew ? 201 : 200);
  });
}

/** @throws BadRequest */
function configOf({ text }: Body): JsonObject {
  const type = /^\s*\{/.test(text) ? "application/json" : "application/yaml";
  try {
    const { value } = parseBody({ text, type });
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
    const detail = `json: cannot unmarshal ${goJsonType(value)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${detail}`);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badRequest(`error decoding YAML: ${error.message}`);
    throw error;
  }
}

/** What strict reading has against the text, as warnings. @throws BadRequest where it is asked for */
function duplicateProblem({ text }: Body, validation: FieldValidation): string[] {
  const problem = validation === "Ignore" ? undefined : appliedProblem(text);
  if (problem === undefined) return [];
  if (validation === "Strict") throw badRequest(`error strict decoding YAML: ${problem}`);
  return strictWarnings([problem]);
}
