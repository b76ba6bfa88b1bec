/**
 * What a request asks for, read from its method, path and query.
 *
 * Models k8s.io/apiserver/pkg/endpoints/request/requestinfo.go.
 */
import { badRequest } from "#kernel/apimachinery/errors";
import type { Verb } from "#kernel/registry/definition";

export interface RequestInfo {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** "" = none: cluster scope, or all namespaces. */
  readonly namespace: string;
  /** "" = the collection. */
  readonly name: string;
  /** "" = the object itself; what follows it (proxy paths) stands in `rest`. */
  readonly subresource: string;
  readonly rest: string;
  readonly verb: Verb | "connect";
}

/** Subresources of a namespace; anything else after its name is a resource inside it. */
const NAMESPACE_SUBRESOURCES = new Set(["status", "finalize"]);

/** Reads a path below the cluster's root; undefined if it names no resource (`/version`, `/apis/apps`). */
export function requestInfo(method: string, url: URL): RequestInfo | undefined {
  const [root, ...segments] = url.pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decodeSegment);
  if (root !== "api" && root !== "apis") return undefined;
  const group = root === "apis" ? segments.shift() : "";
  const version = segments.shift();
  if (group === undefined || version === undefined || segments.length === 0) return undefined;

  const isWatchPath = segments[0] === "watch" && segments.length > 1;
  if (isWatchPath) segments.shift();
  let namespace = "";
  if (segments[0] === "namespaces" && segments.length > 1) {
    namespace = segments[1] ?? "";
    if (segments.length > 2 && !NAMESPACE_SUBRESOURCES.has(segments[2] ?? "")) segments.splice(0, 2);
  }
  const [plural = "", name = "", subresource = "", ...rest] = segments;
  if (plural === "namespaces") namespace = "";
  const isWatch = isWatchPath || isTrue(url.searchParams.get("watch"));
  return {
    group,
    version,
    plural,
    namespace,
    name,
    subresource,
    rest: rest.join("/"),
    verb: verbOf(method, name, isWatch),
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`invalid URL escape ${JSON.stringify(segment)}`);
  }
}

function verbOf(method: string, name: string, isWatch: boolean): Verb | "connect" {
  switch (method) {
    case "GET":
    case "HEAD":
      if (isWatch) return "watch";
      return name === "" ? "list" : "get";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return name === "" ? "deletecollection" : "delete";
    default:
      return "connect";
  }
}

/** Whether a query value means true, as Go's strconv.ParseBool reads it. */
export function isTrue(value: string | null): boolean {
  return value !== null && /^(1|t|true)$/i.test(value);
}
