/**
 * Decoding: a request body becomes a typed draft, or the very error the real server gives.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/create.go and rest.go (transformDecodeError), and the strict decoding
 * of k8s.io/apimachinery/pkg/runtime/serializer/json.
 */

import type { ObjectShape } from "#kernel/api/shapes";
import { cannotBeHandled, type Decoded, decode, type JsonObject } from "#kernel/api/walk";
import { badRequest, unsupportedBodyType } from "#kernel/apimachinery/errors";
import { JsonSyntaxError, readJson, strictDecodingText } from "#kernel/apimachinery/json";
import type { GroupVersionKind } from "#kernel/apimachinery/meta";
import type { AnyResource } from "#kernel/registry/definition";
import type { FieldValidation } from "#kernel/requests/options";
import { inMapOrder, readYaml, type Strictness, strictTexts, strictWarnings, type Yaml } from "#kernel/requests/strict";
import type { KubeObject } from "#kernel/store/object";

/** Media type of the binary form, which the edge reads. */
export const PROTOBUF = "application/vnd.kubernetes.protobuf";

const OBJECT_TYPES = ["application/json", "application/yaml", PROTOBUF];

/** A decoded JSON value and the text it was read from. */
export interface Parsed {
  readonly value: unknown;
  readonly text: string;
  /** In which way strict decoding looks at the text; a value that was not read from text has nothing twice. */
  readonly strictness: Strictness;
  readonly yaml?: Yaml;
}

/** A value that was not read from text. */
export const parsed = (value: unknown): Parsed => ({ value, text: "", strictness: "none" });

/** A body that is text, and its media type without parameters. */
export interface Text {
  readonly text: string;
  readonly type: string;
}

/** Parses a body by its media type. @throws UnsupportedMediaType; JsonSyntaxError */
export function parseBody({ text, type }: Text): Parsed {
  if (type === "application/json") return { value: readJson(text), text, strictness: "json" };
  if (!OBJECT_TYPES.includes(type)) throw unsupportedBodyType(OBJECT_TYPES);
  const yaml = readYaml(text);
  const { document } = yaml;
  const [error] = document.errors;
  if (error !== undefined)
    throw new JsonSyntaxError(`error converting YAML to JSON: yaml: ${error.message.split("\n")[0]}`);
  return { value: document.toJS({ maxAliasCount: 100 }), text, strictness: "yaml", yaml };
}

/** What a body is to be decoded as. */
export interface Target {
  readonly shape: ObjectShape;
  readonly gvk: GroupVersionKind;
  /** Options are registered in every group and version, so whichever the client writes is right. */
  readonly isOfAnyVersion?: boolean;
  /** Makes the answer to a value that cannot be read, where it is not the usual one. */
  readonly refuse?: (problem: DecodeProblem) => Error;
  /** How the value is read, where not by the shape. */
  readonly read?: (value: JsonObject) => Decoded;
}

/** Why a value cannot be read, in the words of two decoders. */
export interface DecodeProblem {
  readonly problem: string;
  /** What the unstructured converter says of it. */
  readonly restoreProblem: string;
  /** What was to be read. */
  readonly value: unknown;
}

/** A kind as a target. */
export const targetOf = ({ shape, gvk, decode: read }: AnyResource): Target => ({
  shape,
  gvk,
  ...(read !== undefined && { read }),
});

/** A draft and the warnings that go with it. */
export interface DecodedObject {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** Decodes a whole body as an object of a kind. @throws BadRequest, UnsupportedMediaType */
export function decodeText(body: Text, target: Target, validation: FieldValidation): DecodedObject {
  let content: Parsed;
  try {
    content = parseBody(body);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw unrecognized(target.gvk, `couldn't get version/kind; json parse error: ${error.message}`, body.text);
  }
  return decodeValue(content, target, validation, body.text);
}

/** Decodes a JSON value as an object of a kind; `source` is quoted in errors. @throws BadRequest */
export function decodeValue(
  content: Parsed,
  { shape, gvk, isOfAnyVersion = false, refuse, read }: Target,
  validation: FieldValidation,
  source = "",
): DecodedObject {
  const { value } = content;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const detail = `json: cannot unmarshal ${goJsonType(value)} into Go value of type ${TYPE_META}`;
    throw unrecognized(gvk, `couldn't get version/kind; json parse error: ${detail}`, source);
  }
  if (!isOfAnyVersion) checkKind(value as JsonObject, gvk, source);
  const decoded = read === undefined ? decode(shape, value) : read(value as JsonObject);
  const refused = (problem: string, restoreProblem = problem): Error =>
    refuse === undefined ? cannotBeHandled(gvk, problem) : refuse({ problem, restoreProblem, value });
  if (decoded.problem !== undefined) throw refused(decoded.problem, decoded.restoreProblem);
  const problems = validation === "Ignore" ? [] : strictProblemsOf(content, decoded.unknownFields, read !== undefined);
  if (validation === "Strict" && problems.length > 0) throw refused(strictDecodingText(problems));
  const { value: object } = decoded;
  const metadata = (object["metadata"] ?? {}) as KubeObject["metadata"];
  return { object: { ...object, metadata } as KubeObject, warnings: strictWarnings(problems) };
}

/** A custom resource is read as a map, whose fields have no order of their own; so is all that is no JSON. */
function strictProblemsOf({ text, strictness, yaml }: Parsed, unknown: readonly string[], isCustom: boolean): string[] {
  const kind = isCustom && strictness === "json" ? "custom-json" : strictness;
  const paths = isCustom || kind === "json" ? unknown : inMapOrder(unknown);
  return strictTexts(text, kind, paths, yaml);
}

/** A body may leave out what it is; what it says must be right. */
function checkKind(value: JsonObject, { group, version, kind }: GroupVersionKind, source: string): void {
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const saidVersion = value["apiVersion"] ?? "";
  const saidKind = value["kind"] ?? "";
  if (typeof saidVersion !== "string" || typeof saidKind !== "string") {
    const field = typeof saidKind === "string" ? "apiVersion" : "kind";
    const detail = `json: cannot unmarshal ${goJsonType(value[field])} into Go struct field .${field} of type string`;
    throw unrecognized({ group, version, kind }, `couldn't get version/kind; json parse error: ${detail}`, source);
  }
  if (saidKind !== "" && saidKind !== kind) {
    const said = saidVersion === "" ? apiVersion : saidVersion;
    const detail = `no kind ${JSON.stringify(saidKind)} is registered for version ${JSON.stringify(said)} in scheme`;
    const found = `${saidKind} in version ${JSON.stringify(said.split("/").at(-1))}`;
    throw badRequest(`${found} cannot be handled as a ${kind}: ${detail} "${SCHEME}"`);
  }
  if (saidVersion !== "" && saidVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${saidVersion}) does not match the expected API version (${apiVersion})`,
    );
  }
}

/** How Go prints the struct into which apiVersion and kind are read first. */
const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** How the scheme of the API server calls itself in errors. */
const SCHEME = "pkg/api/legacyscheme/scheme.go:30";

/** What Go's decoder calls the type of a JSON value. */
export function goJsonType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** A body that cannot be read at all. */
export function unrecognized({ kind }: GroupVersionKind, detail: string, source: string): Error {
  return badRequest(`the object provided is unrecognized (must be of type ${kind}): ${detail} (${summary(source)})`);
}

/** The beginning of a body, as JSON if it looks like it, else in hexadecimal. */
function summary(source: string): string {
  const max = 30;
  if (source === "") return "<empty>";
  if (source.startsWith("{")) return source.length > max ? `${source.slice(0, max)} ...` : source;
  const bytes = encodeURIComponent(source.slice(0, max).replace(/\p{Surrogate}/gu, "\ufffd")).match(/%..|[^%]/g) ?? [];
  const hex = bytes
    .slice(0, max)
    .map((byte) => (byte.length > 1 ? byte.slice(1).toLowerCase() : byte.charCodeAt(0).toString(16).padStart(2, "0")))
    .join("");
  return source.length > max ? `${hex} ...` : hex;
}
