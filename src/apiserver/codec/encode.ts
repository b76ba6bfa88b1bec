/**
 * Encoding: objects and lists in the form and format a client accepts.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/responsewriters.
 */
import { stringify } from "yaml";
import { messageOf } from "#apiserver/codec/protobuf/messages";
import { ENCODE_HEADER } from "#apiserver/codec/protobuf/transcode";
import type { AnyResource } from "#kernel/registry/definition";
import type { ListResult } from "#kernel/registry/list";
import { type Acceptance, negotiate } from "#kernel/requests/media-type";
import { isPretty, listText, objectText, warningHeaders } from "#kernel/requests/present";
import type { Instant } from "#kernel/sim/instant";
import type { KubeObject } from "#kernel/store/object";

/** What an answer depends on besides the object: the request's headers and query, and the cluster's present. */
export interface Presentation {
  readonly request: Request;
  readonly now: Instant;
  /** Texts for Warning headers. */
  readonly warnings?: readonly string[];
}

const queryOf = ({ url }: Request): URLSearchParams => new URL(url).searchParams;

/** Answers with one object (or a Status, or any other JSON). */
export function encodeObject(
  resource: AnyResource | undefined,
  object: object,
  presentation: Presentation,
  status = 200,
): Response {
  const { request, now } = presentation;
  const accept = accepted(request, resource);
  const text = objectText(resource, object, { accept, now, query: queryOf(request) });
  return respond(text, accept, withDeprecation(resource, presentation), status);
}

/** Answers with a list. */
export function encodeList(
  resource: AnyResource,
  result: ListResult<KubeObject>,
  presentation: Presentation,
): Response {
  const { request, now } = presentation;
  const accept = accepted(request, resource);
  const text = listText(resource, result, { accept, now, query: queryOf(request) });
  return respond(text, accept, withDeprecation(resource, presentation), 200);
}

/** What a request for a kind accepts. @throws NotAcceptable */
export function accepted(request: Request, resource: AnyResource | undefined, isStream = false): Acceptance {
  const hasProtobuf = resource === undefined || isBuiltIn(resource);
  const hasTable = resource?.review === undefined;
  return negotiate(request.headers.get("accept"), { hasProtobuf, hasTable, isStream });
}

/** Whether Go has a type for the kind, and so a protobuf form: custom resources have none. */
const isBuiltIn = ({ isCustom, shape }: AnyResource): boolean => isCustom !== true && messageOf(shape) !== undefined;

/** Requests of a kind on its way out are warned. */
function withDeprecation(resource: AnyResource | undefined, presentation: Presentation): Presentation {
  if (resource?.deprecation === undefined) return presentation;
  return { ...presentation, warnings: [resource.deprecation, ...(presentation.warnings ?? [])] };
}

function respond(json: string, accept: Acceptance, { request, warnings = [] }: Presentation, status: number): Response {
  const { body, headers } = written(json, accept, request);
  headers.set("cache-control", "no-cache, private");
  for (const header of warningHeaders(warnings)) headers.append("warning", header);
  return new Response(body, { status, headers });
}

/** A JSON text in the accepted format, and the headers that say so. */
export function written(json: string, accept: Acceptance, request: Request): { body: string; headers: Headers } {
  if (accept.format === "protobuf") {
    return { body: json, headers: new Headers({ "content-type": "application/json", [ENCODE_HEADER]: "protobuf" }) };
  }
  const headers = new Headers({ "content-type": `application/${accept.format}` });
  if (accept.format === "yaml") return { body: stringify(JSON.parse(json), { version: "1.1", lineWidth: 0 }), headers };
  const indents = accept.isPretty === true || isPretty(request.headers.get("user-agent") ?? "", queryOf(request));
  return { body: indents ? JSON.stringify(JSON.parse(json), null, 2) : json, headers };
}
