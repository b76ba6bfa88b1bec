/**
 * StatusError and its constructors: the only place where answers other than success are worded.
 *
 * Models apimachinery/pkg/api/errors, and apiserver's wording of the generic ones.
 * Leaves out NewGone, deprecated upstream: every client we serve knows the reason Expired.
 */
import { aggregateText, errorBody, type FieldError } from "#kernel/apimachinery/field-errors";
import { quote } from "#kernel/apimachinery/go-text";

export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The meta/v1 Status object. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

export type StatusReason =
  | ""
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Invalid"
  | "ServerTimeout"
  | "Timeout"
  | "TooManyRequests"
  | "BadRequest"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "InternalError"
  | "Expired"
  | "ServiceUnavailable";

/** An answer that is not success; `status` is what goes over the wire. */
export class StatusError extends Error {
  readonly status: Status;
  /** What the Warning headers of the answer say besides. */
  warnings: readonly string[] = [];

  constructor(status: Status) {
    super(status.message ?? "");
    this.name = "StatusError";
    this.status = status;
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): string {
    return this.status.reason ?? "";
  }
}

/** True if the error is the answer with this reason. */
export function isStatus(error: unknown, reason: StatusReason): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

interface Answer {
  readonly code: number;
  readonly reason: StatusReason;
  readonly message: string;
  readonly details?: StatusDetails | undefined;
}

// Fields stand in the order of Go's struct, absent where Go omits them as empty.
function failure({ code, reason, message, details }: Answer): StatusError {
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    ...(message === "" ? {} : { message }),
    ...(reason === "" ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  });
}

function detailsOf(
  { group, kind }: GroupKind,
  name: string,
  more: { causes?: readonly StatusCause[]; retryAfterSeconds?: number } = {},
): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    ...(kind === "" ? {} : { kind }),
    ...(more.causes === undefined || more.causes.length === 0 ? {} : { causes: more.causes }),
    ...(more.retryAfterSeconds ? { retryAfterSeconds: more.retryAfterSeconds } : {}),
  };
}

const resourceDetails = (gr: GroupResource, name: string, retryAfterSeconds = 0): StatusDetails =>
  detailsOf({ group: gr.group, kind: gr.resource }, name, { retryAfterSeconds });

/** Gives `deployments.apps`, or `pods` for the core group. */
export function groupResourceText({ group, resource }: GroupResource): string {
  return group === "" ? resource : `${resource}.${group}`;
}

/** Gives `Deployment.apps`, or `Pod` for the core group. */
export function groupKindText({ group, kind }: GroupKind): string {
  return group === "" ? kind : `${kind}.${group}`;
}

/** 404: no object of this name. */
export function notFound(gr: GroupResource, name: string): StatusError {
  const message = `${groupResourceText(gr)} ${quote(name)} not found`;
  return failure({ code: 404, reason: "NotFound", message, details: resourceDetails(gr, name) });
}

/** 404: no resource is served at this path; clients read it as "the server doesn't have a resource type". */
export function pathNotFound(): StatusError {
  const message = "the server could not find the requested resource";
  return failure({ code: 404, reason: "NotFound", message, details: {} });
}

/** What a server's mux answers, as plain text with code 404, where nothing at all is mounted. */
export const pageNotFoundText = "404 page not found\n";

/** 409: an object of this name exists. */
export function alreadyExists(gr: GroupResource, name: string): StatusError {
  const message = `${groupResourceText(gr)} ${quote(name)} already exists`;
  return failure({ code: 409, reason: "AlreadyExists", message, details: resourceDetails(gr, name) });
}

/** 409: the name made from generateName is taken; the client may try again. */
export function generateNameConflict(gr: GroupResource, name: string, retryAfterSeconds = 1): StatusError {
  const taken = `${groupResourceText(gr)} ${quote(name)} already exists`;
  const message = `${taken}, the server was not able to generate a unique name for the object`;
  const details = resourceDetails(gr, name, retryAfterSeconds);
  return failure({ code: 409, reason: "AlreadyExists", message, details });
}

/** The reason of a conflict that optimistic locking found. */
export const objectModified =
  "the object has been modified; please apply your changes to the latest version and try again";

/** 409: the object is not in the state the request assumes. */
export function conflict(gr: GroupResource, name: string, detail: string = objectModified): StatusError {
  const message = `Operation cannot be fulfilled on ${groupResourceText(gr)} ${quote(name)}: ${detail}`;
  return failure({ code: 409, reason: "Conflict", message, details: resourceDetails(gr, name) });
}

/** Gives the detail of a conflict over a UID precondition, as storage words it. */
export function uidPrecondition(wanted: string, found: string): string {
  return `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`;
}

/** Gives the detail of a conflict over a resourceVersion precondition, as storage words it. */
export function resourceVersionPrecondition(wanted: string, found: string): string {
  const both = `ResourceVersion in precondition: ${wanted}, ResourceVersion in object meta: ${found}`;
  return `Precondition failed: ${both}`;
}

/** 409: server-side apply met fields of other managers. */
export function applyConflict(causes: readonly StatusCause[], message: string): StatusError {
  return failure({ code: 409, reason: "Conflict", message, details: { causes } });
}

/** 422: validation refused the object. */
export function invalid(gk: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map((error) => ({
    reason: error.type,
    message: errorBody(error),
    field: error.field === "" ? "<nil>" : error.field,
  }));
  const base = `${groupKindText(gk)} ${quote(name)} is invalid`;
  const message = errors.length === 0 ? base : `${base}: ${aggregateText(errors)}`;
  return failure({ code: 422, reason: "Invalid", message, details: detailsOf(gk, name, { causes }) });
}

/** 422: a patch that does not apply; the client is not told why. */
export function patchRefused(): StatusError {
  const message = "the server rejected our request due to an error in our request";
  return failure({ code: 422, reason: "Invalid", message, details: {} });
}

/** 400. */
export function badRequest(message: string): StatusError {
  return failure({ code: 400, reason: "BadRequest", message });
}

/** 401; the API server's own answer says no more than the word. */
export function unauthorized(message = "Unauthorized"): StatusError {
  return failure({ code: 401, reason: "Unauthorized", message: message === "" ? "not authorized" : message });
}

/** 403: `pods "x" is forbidden: <detail>`, without the name or the resource where they are empty. */
export function forbidden(
  gr: GroupResource,
  name: string,
  detail: string,
  causes: readonly StatusCause[] = [],
): StatusError {
  const details = detailsOf({ group: gr.group, kind: gr.resource }, name, { causes });
  return failure({ code: 403, reason: "Forbidden", message: forbiddenText(gr, name, detail), details });
}

function forbiddenText(gr: GroupResource, name: string, detail: string): string {
  if (gr.group === "" && gr.resource === "") return `forbidden: ${detail}`;
  const what = name === "" ? groupResourceText(gr) : `${groupResourceText(gr)} ${quote(name)}`;
  return `${what} is forbidden: ${detail}`;
}

/** 405: the resource has no such verb. */
export function methodNotSupported(
  gr: GroupResource,
  action: string,
  message = `${action} is not supported on resources of kind ${quote(groupResourceText(gr))}`,
): StatusError {
  return failure({ code: 405, reason: "MethodNotAllowed", message, details: resourceDetails(gr, "") });
}

/** 410: the revision asked for is compacted. */
export function resourceExpired(message: string): StatusError {
  return failure({ code: 410, reason: "Expired", message });
}

/** 410: a list was continued too late, and the answer holds a token with which it can be continued all the same. */
export function inconsistentContinue(token: string): StatusError {
  const message =
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without " +
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. " +
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or " +
    "deleted between the time the first chunk was returned and now may show up in the list.";
  const { status } = resourceExpired(message);
  return new StatusError({ ...status, metadata: { continue: token } });
}

/** 410 as the watch cache words it: `too old resource version: 1 (5)`. */
export function tooOldResourceVersion(asked: number, oldest: number): StatusError {
  return resourceExpired(`too old resource version: ${asked} (${oldest})`);
}

/** 504: the cluster has not reached the revision asked for. */
export function tooLargeResourceVersion(asked: number, current: number, retryAfterSeconds = 1): StatusError {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  return failure({ code: 504, reason: "Timeout", message, details: { causes, retryAfterSeconds } });
}

/** 504: the request took too long; it may still complete. */
export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  const details = retryAfterSeconds === 0 ? {} : { retryAfterSeconds };
  return failure({ code: 504, reason: "Timeout", message: `Timeout: ${message}`, details });
}

/** 500 that the client should try again. */
export function serverTimeout(gr: GroupResource, operation: string, retryAfterSeconds: number): StatusError {
  const what = `The ${operation} operation against ${groupResourceText(gr)}`;
  const message = `${what} could not be completed at this time, please try again.`;
  const details = resourceDetails(gr, operation, retryAfterSeconds);
  return failure({ code: 500, reason: "ServerTimeout", message, details });
}

/** 429 of an eviction that a PodDisruptionBudget forbids; `detail` says what the budget needs. */
export function evictionBlocked(detail: string, retryAfterSeconds = 0): StatusError {
  return failure({
    code: 429,
    reason: "TooManyRequests",
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [{ reason: "DisruptionBudget", message: detail }],
      ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
    },
  });
}

/** 429: the server is asked too much; the client should wait. */
export function tooManyRequests(retryAfterSeconds: number): StatusError {
  const message = "Too many requests, please try again later.";
  return failure({ code: 429, reason: "TooManyRequests", message, details: { retryAfterSeconds } });
}

/** 413. */
export function requestEntityTooLarge(message: string): StatusError {
  return failure({
    code: 413,
    reason: "RequestEntityTooLarge",
    message: `Request entity too large: ${message}`,
  });
}

/** 415. */
export function unsupportedMediaType(message: string): StatusError {
  return failure({ code: 415, reason: "UnsupportedMediaType", message });
}

/** 415 for a body none of the accepted media types describes. */
export function unsupportedBodyType(accepted: readonly string[]): StatusError {
  const list = accepted.join(", ");
  return unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  );
}

/** 406. */
export function notAcceptable(message: string): StatusError {
  return failure({ code: 406, reason: "NotAcceptable", message });
}

/** 406 for an Accept header that names none of the served media types. */
export function notAcceptableType(accepted: readonly string[]): StatusError {
  return notAcceptable(`only the following media types are accepted: ${accepted.join(", ")}`);
}

/** 500 with its cause. */
export function internalError(detail: string): StatusError {
  return failure({
    code: 500,
    reason: "InternalError",
    message: `Internal error occurred: ${detail}`,
    details: { causes: [{ message: detail }] },
  });
}

/** 500 without a reason: what the API server makes of an error that is no Status. */
export function unknownError(message: string): StatusError {
  return failure({ code: 500, reason: "", message });
}

/** 503. */
export function serviceUnavailable(message: string): StatusError {
  return failure({ code: 503, reason: "ServiceUnavailable", message });
}

/** The Status of an operation that has no object to answer with, such as a finished delete. */
export function success(details?: StatusDetails): Status {
  const more = details === undefined ? {} : { details };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", ...more };
}

/** Gives the Status of anything thrown: an answer as it is, anything else as a 500. */
export function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  return internalError(error instanceof Error ? error.message : String(error)).status;
}
