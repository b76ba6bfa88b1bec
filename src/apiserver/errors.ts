/**
 * Errors at the edge: every answer that refuses is the Status the real API server sends.
 */
import { type Status, statusOf } from "#kernel/apimachinery/errors";

/** The HTTP answer for a Status. */
export function statusResponse(status: Status): Response {
  const headers = new Headers({ "content-type": "application/json", "cache-control": "no-cache, private" });
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined && retryAfter > 0) headers.set("retry-after", String(retryAfter));
  return new Response(JSON.stringify(status), { status: status.code ?? 500, headers });
}

/** The HTTP answer for anything thrown. */
export function errorResponse(error: unknown): Response {
  return statusResponse(statusOf(error));
}
