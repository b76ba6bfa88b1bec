/**
 * Manifests: a stream of YAML documents, or of JSON, as objects to send.
 */
import { parseAllDocuments } from "yaml";
import type { Call } from "#kubectl/command";
import { UnsupportedError, usageError } from "#kubectl/error";
import type { KubeObject } from "#kubectl/server";

/** The objects in a text; the members of Lists each for itself. @throws KubectlError */
export function parseManifests(text: string): readonly KubeObject[] {
  const documents = parseAllDocuments(text, { version: "1.1", logLevel: "silent" });
  const values = (Array.isArray(documents) ? documents : []).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw usageError(`error parsing STDIN: ${error.message.split("\n")[0]}`);
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  });
  const objects = values.filter((value) => value !== null && value !== undefined).flatMap(objectsOf);
  if (objects.length === 0) throw usageError("no objects passed to apply");
  return objects;
}

function objectsOf(value: unknown): readonly KubeObject[] {
  const object = value as Partial<KubeObject> & { items?: readonly unknown[] };
  if (typeof value !== "object" || typeof object.kind !== "string" || typeof object.apiVersion !== "string") {
    throw usageError("error validating data: a manifest needs apiVersion and kind");
  }
  if (object.kind.endsWith("List") && Array.isArray(object.items)) return object.items.flatMap(objectsOf);
  return [{ ...object, metadata: object.metadata ?? {} } as KubeObject];
}

/** The objects of `-f -`. @throws KubectlError, also for files: there are none here */
export function manifestsFrom(call: Call): readonly KubeObject[] {
  const names = call.list("filename");
  const [file] = names.filter((name) => name !== "-");
  if (file !== undefined)
    throw new UnsupportedError(`error: the path ${JSON.stringify(file)} does not exist: only -f - is supported`);
  if (call.stdin === undefined) throw usageError("no objects passed to apply: there is nothing on standard input");
  return parseManifests(call.stdin);
}
