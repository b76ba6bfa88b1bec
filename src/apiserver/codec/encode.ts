/**
 * Encoding: objects and lists in the form and format a client accepts.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/responsewriters.
 */
import { stringify } from "yaml";
import { type Acceptance, negotiate } from "#apiserver/codec/media-type";
import { messageOf } from "#apiserver/codec/protobuf/messages";
import { ENCODE_HEADER } from "#apiserver/codec/protobuf/transcode";
import { tableOf } from "#apiserver/codec/table";
import { isTrue } from "#apiserver/request-info";
import { shapeOf } from "#kernel/api/shapes";
import { badRequest, notAcceptable } from "#kernel/apimachinery/errors";
import { type IncludeObject, type ListMeta, partialObjectMetadata } from "#kernel/apimachinery/table";
import { encodeContinue } from "#kernel/registry/continue";
import type { AnyResource } from "#kernel/registry/definition";
import type { ListResult } from "#kernel/registry/list";
import type { Instant } from "#kernel/sim/instant";
import { type KubeObject, textOf } from "#kernel/store/object";

/** What an answer depends on besides the object: the request's headers and query, and the cluster's present. */
export interface Presentation {
  readonly request: Request;
  readonly now: Instant;
  /** Texts for Warning headers. */
  readonly warnings?: readonly string[];
}

/** Answers with one object (or a Status, or any other JSON). */
export function encodeObject(
  resource: AnyResource | undefined,
  object: object,
  presentation: Presentation,
  status = 200,
): Response {
  const { request, now } = presentation;
  const accept = accepted(request, resource);
  const shown = withDeprecation(resource, presentation);
  if (accept.as === undefined || resource === undefined || isStatus(object)) {
    return respond(textOf(object), accept, shown, status);
  }
  const kube = object as KubeObject;
  if (accept.as === "Table") {
    const metadata = { resourceVersion: kube.metadata.resourceVersion };
    const table = tableOf(resource, [kube], { now, include: includeObject(request), metadata });
    return respond(JSON.stringify(inVersion(table, accept)), accept, shown, status);
  }
  if (accept.as === "PartialObjectMetadataList") throw notAcceptable(noList(resource));
  return respond(JSON.stringify(inVersion(partialObjectMetadata(kube), accept)), accept, shown, status);
}

/** Answers with a list. */
export function encodeList(
  resource: AnyResource,
  result: ListResult<KubeObject>,
  presentation: Presentation,
): Response {
  const { request, now } = presentation;
  const accept = accepted(request, resource);
  const metadata = listMeta(result);
  const shown = withDeprecation(resource, presentation);
  if (accept.as === "Table") {
    const table = tableOf(resource, result.items, { now, include: includeObject(request), metadata });
    return respond(JSON.stringify(inVersion(table, accept)), accept, shown, 200);
  }
  if (accept.as === "PartialObjectMetadata") throw notAcceptable(aList(resource));
  if (accept.as === "PartialObjectMetadataList") {
    const items = result.items.map((object) => ({ metadata: object.metadata }));
    const list = { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items };
    return respond(JSON.stringify(inVersion(list, accept)), accept, shown, 200);
  }
  return respond(listText(resource, result.items, metadata), accept, shown, 200);
}

/** What a request for a kind accepts. @throws NotAcceptable */
export function accepted(request: Request, resource: AnyResource | undefined, isStream = false): Acceptance {
  const hasProtobuf = resource === undefined || isBuiltIn(resource);
  const hasTable = resource?.review === undefined;
  return negotiate(request.headers.get("accept"), { hasProtobuf, hasTable, isStream });
}

/** A transformed object in the version of meta.k8s.io that was asked for. */
export const inVersion = <T extends object>(object: T, { version = "v1" }: Acceptance): T =>
  version === "v1" ? object : { ...object, apiVersion: `meta.k8s.io/${version}` };

/** Whether Go has a type for the kind, and so a protobuf form: custom resources and what is computed have none. */
const isBuiltIn = ({ gvk, shape }: AnyResource): boolean => shapeOf(gvk) === shape && messageOf(shape) !== undefined;

/** How Go prints the type of a kind: built-in ones live in internal packages, custom ones are unstructured. */
function goType(resource: AnyResource, name: string): string {
  const { group } = resource;
  if (!isBuiltIn(resource))
    return name.endsWith("List") ? "*unstructured.UnstructuredList" : "*unstructured.Unstructured";
  return `*${group === "" ? "core" : (group.split(".")[0] ?? "")}.${name}`;
}

const noList = (resource: AnyResource): string =>
  `you requested PartialObjectMetadataList, but the requested object is not a list (${goType(resource, resource.names.kind)})`;

const aList = (resource: AnyResource): string =>
  `you requested PartialObjectMetadata, but the requested object is a list (${goType(resource, resource.listKind)})`;

/** Requests of a kind on its way out are warned. */
function withDeprecation(resource: AnyResource | undefined, presentation: Presentation): Presentation {
  if (resource?.deprecation === undefined) return presentation;
  return { ...presentation, warnings: [resource.deprecation, ...(presentation.warnings ?? [])] };
}

/** The JSON of a typed list; its items carry no apiVersion and kind of their own. */
function listText(resource: AnyResource, items: readonly KubeObject[], metadata: ListMeta): string {
  const { listKind, apiVersion, names } = resource;
  const repeated = `{"apiVersion":"${apiVersion}","kind":"${names.kind}",`;
  const texts = items.map((item) => {
    const text = textOf(item);
    return text.startsWith(repeated) ? `{${text.slice(repeated.length)}` : text;
  });
  const head = `{"kind":"${listKind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)}`;
  return `${head},"items":[${texts.join(",")}]}`;
}

function listMeta({ revision, continue: next, remaining }: ListResult<KubeObject>): ListMeta {
  return {
    resourceVersion: String(revision),
    ...(next !== undefined && { continue: encodeContinue(next) }),
    ...(remaining !== undefined && { remainingItemCount: remaining }),
  };
}

/** The includeObject option of a table request. @throws BadRequest */
export function includeObject(request: Request): IncludeObject {
  const text = new URL(request.url).searchParams.get("includeObject") ?? "";
  if (text === "" || text === "Metadata") return "Metadata";
  if (text === "None" || text === "Object") return text;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(text)}`);
}

const isStatus = (object: object): boolean => (object as { kind?: string }).kind === "Status";

/** Clients that people look at get indented JSON, as the real server gives them. */
function isPretty(request: Request): boolean {
  const asked = new URL(request.url).searchParams.get("pretty") ?? "";
  if (asked !== "") return isTrue(asked);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers.get("user-agent") ?? "");
}

function respond(json: string, accept: Acceptance, { request, warnings = [] }: Presentation, status: number): Response {
  const { body, headers } = written(json, accept, request);
  headers.set("cache-control", "no-cache, private");
  for (const warning of warnings) headers.append("warning", warningHeader(warning));
  return new Response(body, { status, headers });
}

/** A JSON text in the accepted format, and the headers that say so. */
export function written(json: string, accept: Acceptance, request: Request): { body: string; headers: Headers } {
  if (accept.format === "protobuf") {
    return { body: json, headers: new Headers({ "content-type": "application/json", [ENCODE_HEADER]: "protobuf" }) };
  }
  const headers = new Headers({ "content-type": `application/${accept.format}` });
  if (accept.format === "yaml") return { body: stringify(JSON.parse(json), { version: "1.1", lineWidth: 0 }), headers };
  const indents = accept.isPretty === true || isPretty(request);
  return { body: indents ? JSON.stringify(JSON.parse(json), null, 2) : json, headers };
}

/** The Warning header of RFC 7234 as the API server writes it: code 299, agent "-". */
export function warningHeader(text: string): string {
  const plain = text.replace(/\p{Cc}/gu, " ");
  return `299 - "${plain.replace(/[\\"]/g, "\\$&")}"`;
}
