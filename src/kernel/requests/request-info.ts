/**
 * What a request asks for, read from its method, path and query.
 *
 * Models k8s.io/apiserver/pkg/endpoints/request/requestinfo.go.
 */
import type { Verb } from "#kernel/registry/definition";
import { isTrue, type Query, unescaped } from "#kernel/requests/query";

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
export function readInfo(method: string, path: string, query: Query): RequestInfo | undefined {
  const [root, ...segments] = path
    .split("/")
    .filter((part) => part !== "")
    .map(unescaped);
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
  const isWatch = isWatchPath || isTrue(query.get("watch"));
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
