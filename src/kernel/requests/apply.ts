/**
 * Server-side apply: PATCH with a configuration in YAML (or JSON, which is YAML too).
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/patch.go (applyPatcher).
 */
import { writeWarnings } from "#kernel/admission/warnings";
import type { JsonObject } from "#kernel/api/walk";
import { badRequest, methodNotSupported } from "#kernel/apimachinery/errors";
import { JsonSyntaxError } from "#kernel/apimachinery/json";
import { groupResourceOf } from "#kernel/registry/registry";
import { type Deed, one, servedResource } from "#kernel/requests/call";
import { goJsonType, parseBody, type Text } from "#kernel/requests/decode";
import { type FieldValidation, patchQuery } from "#kernel/requests/options";
import { appliedProblem, strictWarnings } from "#kernel/requests/strict";
import { writeOptions } from "#kernel/requests/write";

export const APPLY_TYPE = "application/apply-patch+yaml";

/** Applies a configuration: 201 if it made the object. */
export const applyObject: Deed = (door, call) => {
  const { info, body } = call;
  const query = patchQuery(call, true);
  const config = configOf(body);
  const problems = duplicateProblem(body, query.fieldValidation);
  door.note(problems);
  const resource = servedResource(door.registry, info);
  if (!resource.verbs.includes("patch")) throw methodNotSupported(groupResourceOf(resource), "patch");
  const client = door.client(query.fieldManager);
  const key = { namespace: info.namespace, name: info.name };
  const applied = { config, isForced: query.isForced };
  if (info.subresource === "scale") {
    const scale = client.applyScale(resource, key, applied, { isDryRun: query.isDryRun, said: query.said });
    return one(scale, { warnings: problems });
  }
  const old = client.get(resource, key);
  const options = writeOptions(query, info.subresource, false);
  const { object, isNew } = client.apply(resource, key, applied, options);
  const texts = [...problems, ...writeWarnings(client, resource, object, old)];
  return one(object, { resource, status: isNew ? 201 : 200, warnings: texts });
};

/** @throws BadRequest */
function configOf({ text }: Text): JsonObject {
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
function duplicateProblem({ text }: Text, validation: FieldValidation): string[] {
  const problem = validation === "Ignore" ? undefined : appliedProblem(text);
  if (problem === undefined) return [];
  if (validation === "Strict") throw badRequest(`error strict decoding YAML: ${problem}`);
  return strictWarnings([problem]);
}
