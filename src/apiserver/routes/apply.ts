/**
 * Server-side apply: PATCH with a configuration in YAML (or JSON, which is YAML too).
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/patch.go (applyPatcher).
 */
import { parseDocument } from "yaml";
import { type ApiContext, clientOf, presentation, type ResourceRequest, servedResource } from "#apiserver/api-env";
import { type Body, goJsonType, parseBody } from "#apiserver/codec/decode";
import { encodeObject } from "#apiserver/codec/encode";
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

const isJson = (text: string): boolean => /^\s*\{/.test(text);

/** @throws BadRequest */
function configOf({ text }: Body): JsonObject {
  const type = isJson(text) ? "application/json" : "application/yaml";
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

/** What strict reading has against the text: keys that stand twice. @throws BadRequest where it is asked for */
function duplicateProblem({ text }: Body, validation: FieldValidation): string[] {
  if (validation === "Ignore") return [];
  // Reading JSON as YAML is slow: only to name what is known to be there.
  if (isJson(text) && parseBody({ text, type: "application/json" }).duplicates().length === 0) return [];
  const { errors } = parseDocument(text, { version: "1.1", uniqueKeys: true, logLevel: "silent", prettyErrors: false });
  const lines = errors
    .filter(({ code }) => code === "DUPLICATE_KEY")
    .map(({ pos }) => `  line ${lineAt(text, pos[0])}: key ${JSON.stringify(keyAt(text, pos[0]))} already set in map`);
  if (lines.length === 0) return [];
  const problem = `error converting YAML to JSON: yaml: unmarshal errors:\n${lines.join("\n")}`;
  if (validation === "Strict") throw badRequest(`error strict decoding YAML: ${problem}`);
  return [problem];
}

const lineAt = (text: string, position: number): number => text.slice(0, position).split("\n").length;

const keyAt = (text: string, position: number): string =>
  /^["']?([^"':]+)/.exec(text.slice(position))?.[1]?.trim() ?? "";
