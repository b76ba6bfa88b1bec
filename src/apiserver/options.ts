/**
 * Query options of the verbs, read as upstream reads them: what is malformed is refused, never guessed.
 *
 * Models apimachinery/pkg/apis/meta/v1 (ListOptions, CreateOptions, UpdateOptions, PatchOptions) and their validation.
 */
import { isTrue, type RequestInfo } from "#apiserver/request-info";
import { badRequest, invalid } from "#kernel/apimachinery/errors";
import { type At, collector } from "#kernel/apimachinery/field-errors";
import { parseFieldSelector } from "#kernel/apimachinery/field-selector";
import { parse as parseLabelSelector } from "#kernel/apimachinery/labels";
import { validateFieldManager } from "#kernel/apimachinery/names";
import { decodeContinue } from "#kernel/registry/continue";
import type { ListOptions } from "#kernel/registry/list";

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface WriteQuery {
  readonly isDryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
}

type WriteKind = "CreateOptions" | "UpdateOptions" | "PatchOptions";

/** Options of a write. @throws Invalid */
export const writeQuery = (request: Request, kind: WriteKind): WriteQuery => readWrite(request, kind, collector());

export interface PatchQuery extends WriteQuery {
  /** Server-side apply takes the fields of other managers. */
  readonly isForced: boolean;
}

/** Options of a patch: apply needs a manager, and it alone can be forced. @throws Invalid */
export function patchQuery(request: Request, isApply: boolean): PatchQuery {
  const { searchParams } = new URL(request.url);
  const at = collector();
  const force = searchParams.get("force");
  if (isApply && (searchParams.get("fieldManager") ?? "") === "") {
    at("fieldManager").required("is required for apply patch");
  } else if (!isApply && force !== null) at("force").forbidden("may not be specified for non-apply patch");
  return { ...readWrite(request, "PatchOptions", at), isForced: isTrue(force) };
}

function readWrite(request: Request, kind: WriteKind, at: At): WriteQuery {
  const { searchParams } = new URL(request.url);
  const isDryRun = dryRunOf(searchParams.getAll("dryRun"), at);
  const fieldManager = searchParams.get("fieldManager") ?? "";
  if (fieldManager !== "") validateFieldManager(fieldManager, at.under("fieldManager"));
  const fieldValidation = searchParams.get("fieldValidation") ?? "";
  if (fieldValidation !== "" && !VALIDATIONS.includes(fieldValidation)) {
    at("fieldValidation").notSupported(fieldValidation, VALIDATIONS);
  }
  if (at.errors.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", at.errors);
  return {
    isDryRun,
    fieldManager: fieldManager === "" ? agentName(request) : fieldManager,
    fieldValidation: (fieldValidation === "" ? "Warn" : fieldValidation) as FieldValidation,
  };
}

const VALIDATIONS: string[] = ["Ignore", "Strict", "Warn"];

/** "All" or nothing. */
export function dryRunOf(values: readonly string[], at: At): boolean {
  if (values.length === 0 || (values.length === 1 && values[0] === "")) return false;
  if (values.some((value) => value !== "All")) at("dryRun").notSupported(values, ["All"]);
  return true;
}

/** The program's name from its User-Agent: `kubectl/v1.35.2 (linux/amd64)` is kubectl. */
function agentName(request: Request): string {
  const agent = request.headers.get("user-agent") ?? "";
  return agent.split("/")[0]?.slice(0, 128) || "unknown";
}

export interface WatchQuery {
  readonly resourceVersion: string;
  readonly allowBookmarks: boolean;
  readonly sendInitialEvents?: boolean;
  /** Seconds after which the stream ends; 0 = the server's choice. */
  readonly timeoutSeconds: number;
}

/** Options of a list, or of the list part of a watch. @throws BadRequest, Invalid */
export function listQuery(request: Request, { namespace, name }: RequestInfo): ListOptions {
  const { searchParams } = new URL(request.url);
  const resourceVersion = searchParams.get("resourceVersion") ?? "";
  const match = searchParams.get("resourceVersionMatch") ?? "";
  const next = searchParams.get("continue") ?? "";
  const isWatch = isTrue(searchParams.get("watch"));
  validateMatch(searchParams, { match, resourceVersion, next, isWatch });
  const fields = parseFieldSelector(searchParams.get("fieldSelector") ?? "");
  return {
    namespace,
    labels: parseLabelSelector(searchParams.get("labelSelector") ?? ""),
    // A watch of one name is a watch of the collection, narrowed.
    fields: name === "" ? fields : [...fields, { field: "metadata.name", value: name, isNegated: false }],
    limit: integerOf(searchParams, "limit"),
    ...(next !== "" && { continue: decodeContinue(next) }),
    resourceVersion,
    ...(match !== "" && { resourceVersionMatch: match as "Exact" | "NotOlderThan" }),
  };
}

/** Options of a watch. @throws BadRequest */
export function watchQuery(request: Request): WatchQuery {
  const { searchParams } = new URL(request.url);
  const initial = searchParams.get("sendInitialEvents");
  return {
    resourceVersion: searchParams.get("resourceVersion") ?? "",
    allowBookmarks: isTrue(searchParams.get("allowWatchBookmarks")),
    ...(initial !== null && initial !== "" && { sendInitialEvents: isTrue(initial) }),
    timeoutSeconds: integerOf(searchParams, "timeoutSeconds"),
  };
}

function integerOf(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? "";
  if (text === "") return 0;
  if (!/^-?\d{1,15}$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

interface MatchQuery {
  readonly match: string;
  readonly resourceVersion: string;
  readonly next: string;
  readonly isWatch: boolean;
}

const FORBIDDEN_MATCH = "resourceVersionMatch is forbidden unless resourceVersion is provided";

/** Which combinations are allowed: apimachinery/pkg/apis/meta/internalversion/validation. */
function validateMatch(query: URLSearchParams, { match, resourceVersion, next, isWatch }: MatchQuery): void {
  const at = collector();
  const initial = query.get("sendInitialEvents") ?? "";
  const problem = at("resourceVersionMatch");
  if (isWatch && initial !== "" && match !== "NotOlderThan") {
    problem.forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (match !== "") {
    if (isWatch) {
      if (initial === "") {
        problem.forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
      }
      if (match !== "NotOlderThan") problem.notSupported(match, ["NotOlderThan"]);
    } else if (resourceVersion === "") problem.forbidden(FORBIDDEN_MATCH);
    if (next !== "") problem.forbidden("resourceVersionMatch is forbidden when continue is provided");
    if (!isWatch) validateListMatch(match, resourceVersion, at);
  }
  if (!isWatch && initial !== "") at("sendInitialEvents").forbidden("sendInitialEvents is forbidden for list");
  if (at.errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", at.errors);
}

function validateListMatch(match: string, resourceVersion: string, at: At): void {
  const problem = at("resourceVersionMatch");
  if (match !== "Exact" && match !== "NotOlderThan") problem.notSupported(match, ["Exact", "NotOlderThan", ""]);
  else if (match === "Exact" && resourceVersion === "0") {
    problem.forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
}
