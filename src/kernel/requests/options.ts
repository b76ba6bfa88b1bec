/**
 * Query options of the verbs, read as upstream reads them: what is malformed is refused, never guessed.
 *
 * Models apimachinery/pkg/apis/meta/v1 (ListOptions, CreateOptions, UpdateOptions, PatchOptions) and their validation.
 */
import { invalid } from "#kernel/apimachinery/errors";
import { type At, collector } from "#kernel/apimachinery/field-errors";
import { parseFieldSelector } from "#kernel/apimachinery/field-selector";
import { parse as parseLabelSelector } from "#kernel/apimachinery/labels";
import { validateFieldManager } from "#kernel/apimachinery/names";
import { decodeContinue } from "#kernel/registry/continue";
import type { ListOptions } from "#kernel/registry/list";
import { integerOf, isTrue, type Query } from "#kernel/requests/query";
import type { RequestInfo } from "#kernel/requests/request-info";

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface WriteQuery {
  readonly isDryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** What of it the client has said, as admission is shown it. */
  readonly said: Readonly<Record<string, string>>;
}

type WriteKind = "CreateOptions" | "UpdateOptions" | "PatchOptions";

/** A request, as far as its options go. */
export interface Asked {
  readonly query: Query;
  /** Its User-Agent. */
  readonly agent: string;
}

/** Options of a write. @throws Invalid */
export const writeQuery = (asked: Asked, kind: WriteKind): WriteQuery => readWrite(asked, kind, collector());

export interface PatchQuery extends WriteQuery {
  /** Server-side apply takes the fields of other managers. */
  readonly isForced: boolean;
}

/** Options of a patch: apply needs a manager, and it alone can be forced. @throws Invalid */
export function patchQuery(asked: Asked, isApply: boolean): PatchQuery {
  const { query } = asked;
  const at = collector();
  const force = query.get("force");
  if (isApply && (query.get("fieldManager") ?? "") === "") {
    at("fieldManager").required("is required for apply patch");
  } else if (!isApply && force !== null) at("force").forbidden("may not be specified for non-apply patch");
  return { ...readWrite(asked, "PatchOptions", at), isForced: isTrue(force) };
}

function readWrite({ query, agent }: Asked, kind: WriteKind, at: At): WriteQuery {
  const isDryRun = dryRunOf(query.getAll("dryRun"), at);
  const fieldManager = query.get("fieldManager") ?? "";
  if (fieldManager !== "") validateFieldManager(fieldManager, at.under("fieldManager"));
  const fieldValidation = query.get("fieldValidation") ?? "";
  if (fieldValidation !== "" && !VALIDATIONS.includes(fieldValidation)) {
    at("fieldValidation").notSupported(fieldValidation, VALIDATIONS);
  }
  if (at.errors.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", at.errors);
  return {
    isDryRun,
    fieldManager: fieldManager === "" ? agentName(agent) : fieldManager,
    fieldValidation: (fieldValidation === "" ? "Warn" : fieldValidation) as FieldValidation,
    said: { ...(fieldManager !== "" && { fieldManager }), ...(fieldValidation !== "" && { fieldValidation }) },
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
function agentName(agent: string): string {
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
export function listQuery(query: Query, { namespace, name }: Pick<RequestInfo, "namespace" | "name">): ListOptions {
  const resourceVersion = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  const next = query.get("continue") ?? "";
  const isWatch = isTrue(query.get("watch"));
  validateMatch(query, { match, resourceVersion, next, isWatch });
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "");
  return {
    namespace,
    labels: parseLabelSelector(query.get("labelSelector") ?? ""),
    // A watch of one name is a watch of the collection, narrowed.
    fields: name === "" ? fields : [...fields, { field: "metadata.name", value: name, isNegated: false }],
    limit: integerOf(query, "limit"),
    ...(next !== "" && { continue: decodeContinue(next) }),
    resourceVersion,
    ...(match !== "" && { resourceVersionMatch: match as "Exact" | "NotOlderThan" }),
  };
}

/** Options of a watch. @throws BadRequest */
export function watchQuery(query: Query): WatchQuery {
  const initial = query.get("sendInitialEvents");
  return {
    resourceVersion: query.get("resourceVersion") ?? "",
    allowBookmarks: isTrue(query.get("allowWatchBookmarks")),
    ...(initial !== null && initial !== "" && { sendInitialEvents: isTrue(initial) }),
    timeoutSeconds: integerOf(query, "timeoutSeconds"),
  };
}

interface MatchQuery {
  readonly match: string;
  readonly resourceVersion: string;
  readonly next: string;
  readonly isWatch: boolean;
}

const FORBIDDEN_MATCH = "resourceVersionMatch is forbidden unless resourceVersion is provided";

/** Which combinations are allowed: apimachinery/pkg/apis/meta/internalversion/validation. */
function validateMatch(query: Query, { match, resourceVersion, next, isWatch }: MatchQuery): void {
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
