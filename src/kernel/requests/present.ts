/**
 * How an answer looks: an object or a list as it is, as a table, or its metadata alone, in JSON.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers (response.go) and its responsewriters.
 */
import { shapeOf } from "#kernel/api/shapes";
import { badRequest, notAcceptable } from "#kernel/apimachinery/errors";
import { type IncludeObject, type ListMeta, partialObjectMetadata } from "#kernel/apimachinery/table";
import { encodeContinue } from "#kernel/registry/continue";
import type { AnyResource } from "#kernel/registry/definition";
import type { ListResult } from "#kernel/registry/list";
import type { Acceptance } from "#kernel/requests/media-type";
import { isTrue, type Query } from "#kernel/requests/query";
import { tableOf } from "#kernel/requests/table";
import type { Instant } from "#kernel/sim/instant";
import { type KubeObject, textOf } from "#kernel/store/object";

export interface Form {
  readonly accept: Acceptance;
  readonly now: Instant;
  readonly query: Query;
}

/** One object (or a Status, or any other JSON) as JSON text. @throws NotAcceptable, BadRequest */
export function objectText(resource: AnyResource | undefined, object: object, { accept, now, query }: Form): string {
  if (accept.as === undefined || resource === undefined || isStatus(object)) return textOf(object);
  const kube = object as KubeObject;
  if (accept.as === "Table") {
    const metadata = { resourceVersion: kube.metadata.resourceVersion };
    const table = tableOf(resource, [kube], { now, include: includeObject(query), metadata });
    return JSON.stringify(inVersion(table, accept));
  }
  if (accept.as === "PartialObjectMetadataList") throw notAcceptable(noList(resource));
  return JSON.stringify(inVersion(partialObjectMetadata(kube), accept));
}

/** A list as JSON text. @throws NotAcceptable, BadRequest */
export function listText(resource: AnyResource, result: ListResult<KubeObject>, { accept, now, query }: Form): string {
  const metadata = listMeta(result);
  if (accept.as === "Table") {
    const table = tableOf(resource, result.items, { now, include: includeObject(query), metadata });
    return JSON.stringify(inVersion(table, accept));
  }
  if (accept.as === "PartialObjectMetadata") throw notAcceptable(aList(resource));
  if (accept.as === "PartialObjectMetadataList") {
    const items = result.items.map((object) => ({ metadata: object.metadata }));
    const list = { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items };
    return JSON.stringify(inVersion(list, accept));
  }
  return typedList(resource, result.items, metadata);
}

/** A transformed object in the version of meta.k8s.io that was asked for. */
export const inVersion = <T extends object>(object: T, { version = "v1" }: Acceptance): T =>
  version === "v1" ? object : { ...object, apiVersion: `meta.k8s.io/${version}` };

/** How Go prints the type of a kind: built-in ones live in internal packages, custom ones are unstructured. */
function goType({ group, gvk, shape }: AnyResource, name: string): string {
  if (shapeOf(gvk) !== shape) {
    return name.endsWith("List") ? "*unstructured.UnstructuredList" : "*unstructured.Unstructured";
  }
  return `*${group === "" ? "core" : (group.split(".")[0] ?? "")}.${name}`;
}

const noList = (resource: AnyResource): string =>
  `you requested PartialObjectMetadataList, but the requested object is not a list (${goType(resource, resource.names.kind)})`;

const aList = (resource: AnyResource): string =>
  `you requested PartialObjectMetadata, but the requested object is a list (${goType(resource, resource.listKind)})`;

/** The JSON of a typed list; its items carry no apiVersion and kind of their own. */
function typedList(resource: AnyResource, items: readonly KubeObject[], metadata: ListMeta): string {
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
export function includeObject(query: Query): IncludeObject {
  const text = query.get("includeObject") ?? "";
  if (text === "" || text === "Metadata") return "Metadata";
  if (text === "None" || text === "Object") return text;
  throw badRequest(`unrecognized includeObject value: ${JSON.stringify(text)}`);
}

const isStatus = (object: object): boolean => (object as { kind?: string }).kind === "Status";

/** Clients that people look at get indented JSON, as the real server gives them. */
export function isPretty(agent: string, query: Query): boolean {
  const asked = query.get("pretty") ?? "";
  return asked !== "" ? isTrue(asked) : /^(curl|Wget|Mozilla\/5\.0)/.test(agent);
}

/** Characters of all warnings of one answer; where they would be more, each is cut. */
const WARNINGS_CHARS_MAX = 4_096;
const CUT_CHARS = 256;

/** The Warning headers of an answer: each text once, and no more than clients' headers hold. */
export function warningHeaders(texts: readonly string[]): string[] {
  const different = [...new Set(texts)];
  const isMuch = different.reduce((sum, { length }) => sum + length, 0) > WARNINGS_CHARS_MAX;
  let left = WARNINGS_CHARS_MAX;
  const shown: string[] = [];
  for (const text of different) {
    const cut = isMuch ? text.slice(0, CUT_CHARS) : text;
    left -= cut.length;
    if (left < 0) break;
    shown.push(warningHeader(cut));
  }
  return shown;
}

/** The Warning header of RFC 7234 as the API server writes it: code 299, agent "-". */
function warningHeader(text: string): string {
  const plain = text.replace(/\p{Cc}/gu, " ");
  return `299 - "${plain.replace(/[\\"]/g, "\\$&")}"`;
}
