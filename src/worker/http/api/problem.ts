/**
 * Problems: every error of our own API as an RFC 9457 problem document.
 */
import type { z } from "zod";

/** What is wrong with one field; `pointer` is a JSON pointer into the body, as `#/nodes/0/cpu`. */
export interface FieldProblem {
  readonly pointer: string;
  readonly detail: string;
}

interface ProblemInput {
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
}

/** An answer that refuses. */
export class Problem extends Error {
  readonly status: number;
  readonly #input: ProblemInput;

  constructor(input: ProblemInput) {
    super(input.detail ?? input.title);
    this.name = "Problem";
    this.status = input.status;
    this.#input = input;
  }

  /** The answer as it goes over the wire. */
  get response(): Response {
    const { status, title, detail, errors, retryAfterSeconds } = this.#input;
    const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
    if (retryAfterSeconds !== undefined) headers.set("retry-after", String(retryAfterSeconds));
    if (status === 401) headers.set("www-authenticate", 'Bearer realm="drydock"');
    const body = { type: "about:blank", title, status, ...(detail && { detail }), ...(errors && { errors }) };
    return new Response(JSON.stringify(body), { status, headers });
  }
}

/** 400: the request cannot be read at all. */
export const badRequest = (detail: string): Problem => new Problem({ status: 400, title: "Bad Request", detail });

/** 401: no key, or one that opens nothing here. */
export const wrongKey = (): Problem =>
  new Problem({
    status: 401,
    title: "Unauthorized",
    detail: "A cluster is opened by its own key: send it as `Authorization: Bearer KEY`.",
  });

/** 404: there is no such thing. */
export const notFound = (detail: string): Problem => new Problem({ status: 404, title: "Not Found", detail });

/** 413: the body is larger than a request may be. */
export const tooLarge = (limitBytes: number): Problem =>
  new Problem({ status: 413, title: "Content Too Large", detail: `A body may have ${limitBytes} bytes at most.` });

/** 422: read and understood, but some fields are wrong. */
export const invalid = (errors: readonly FieldProblem[]): Problem =>
  new Problem({
    status: 422,
    title: "Unprocessable Content",
    detail: errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("; "),
    errors,
  });

/** 429: too many clusters from one address. */
export const tooMany = (retryAfterSeconds: number): Problem =>
  new Problem({
    status: 429,
    title: "Too Many Requests",
    detail: `Too many clusters were made from this address. Try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  });

/** 503: the platform failed; the same call may succeed later. */
const unavailable = (): Problem =>
  new Problem({
    status: 503,
    title: "Service Unavailable",
    detail: "The cluster could not be reached. Nothing was changed that was not answered.",
    retryAfterSeconds: 1,
  });

/** The answer for anything thrown; what is no answer is told to the operator, not to the caller. */
export function problemResponse(error: unknown): Response {
  if (error instanceof Problem) return error.response;
  // An error that crossed from the Durable Object keeps its text only.
  if (error instanceof Error && /\bno cluster \w+$/.test(error.message))
    return notFound("There is no such cluster.").response;
  console.error(JSON.stringify({ problem: String(error) }));
  return unavailable().response;
}

type Issue = z.core.$ZodIssue;

/** What zod has against a value, field by field. */
export function fieldProblems(issues: readonly Issue[], path: readonly PropertyKey[] = []): FieldProblem[] {
  return issues.flatMap((issue) => {
    const at = [...path, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ pointer: pointerOf([...at, key]), detail: "unknown field" }));
    }
    if (issue.code === "invalid_union" && issue.errors.length > 0) return fieldProblems(closest(issue.errors), at);
    return [{ pointer: pointerOf(at), detail: issue.message }];
  });
}

/** Of the branches of a union, the one that got furthest before it failed. */
function closest(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const depth = (issues: readonly Issue[]): number => Math.max(0, ...issues.map(({ path }) => path.length));
  const right = branches.filter((issues) => !issues.some(({ code, path }) => code === "invalid_type" && !path.length));
  const [first = [], ...rest] = right.length > 0 ? right : branches;
  return rest.reduce((best, issues) => (depth(issues) > depth(best) ? issues : best), first);
}

/** `#/nodes/0/cpu` (RFC 6901, as a fragment). */
const pointerOf = (path: readonly PropertyKey[]): string =>
  `#${path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")}`;
