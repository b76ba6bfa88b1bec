/**
 * Manifests: a stream of YAML documents, or of JSON, as objects to send.
 */
import { parseAllDocuments } from "yaml";
import type { Call } from "#kernel/kubectl/command";
import { UnsupportedError, usageError } from "#kernel/kubectl/error";
import type { KubeObject } from "#kernel/kubectl/server";

/** The objects in a text; the members of Lists each for itself. @throws KubectlError */
export function parseManifests(text: string, source = "STDIN"): readonly KubeObject[] {
  const documents = parseAllDocuments(text, { version: "1.1", logLevel: "silent" });
  const values = (Array.isArray(documents) ? documents : []).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw usageError(`error parsing ${source}: ${error.message.split("\n")[0]}`);
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  });
  return values.filter((value) => value !== null && value !== undefined).flatMap((value) => objectsOf(value, source));
}

function objectsOf(value: unknown, source: string): readonly KubeObject[] {
  const object = value as Partial<KubeObject> & { items?: readonly unknown[] };
  const refused = (why: string): Error =>
    usageError(`error validating ${JSON.stringify(source)}: error validating data: ${why}`);
  if (typeof value !== "object") throw usageError(`error parsing ${source}: the document is no object`);
  const missing = [
    ...(typeof object.apiVersion === "string" && object.apiVersion !== "" ? [] : ["apiVersion not set"]),
    ...(typeof object.kind === "string" && object.kind !== "" ? [] : ["kind not set"]),
  ];
  if (missing.length > 0) {
    const why = missing.length > 1 ? `[${missing.join(", ")}]` : missing[0];
    throw refused(`${why}; if you choose to ignore these errors, turn validation off with --validate=false`);
  }
  if (object.kind?.endsWith("List") === true && Array.isArray(object.items)) {
    return object.items.flatMap((item) => objectsOf(item, source));
  }
  return [{ ...object, metadata: object.metadata ?? {} } as KubeObject];
}

const MANIFEST = /\.(json|ya?ml)$/;

/** The objects of `-f`. @throws KubectlError */
export function manifestsFrom(call: Call): readonly KubeObject[] {
  const objects = call
    .list("filename")
    .flatMap((list) => list.split(","))
    .flatMap((name) => manifestsIn(call, name));
  if (objects.length === 0) throw usageError(`no objects passed to ${call.command}`);
  return objects;
}

function manifestsIn(call: Call, name: string): readonly KubeObject[] {
  if (name === "-") {
    if (call.stdin === undefined)
      throw usageError(`no objects passed to ${call.command}: there is nothing on standard input`);
    return parseManifests(call.stdin);
  }
  if (call.files === undefined) {
    throw new UnsupportedError(`error: the path ${JSON.stringify(name)} does not exist: only -f - is supported`);
  }
  const files = call.files(name);
  if (files === undefined) throw usageError(`the path ${JSON.stringify(name)} does not exist`);
  return Object.entries(files)
    .filter(([path]) => path === name || MANIFEST.test(path))
    .flatMap(([path, text]) => parseManifests(text, path));
}
