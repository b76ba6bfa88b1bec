/**
 * Errors at the edge: every answer that refuses is the Status the real API server sends, in the format the client
 * accepts; in JSON to one that accepts none.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/responsewriters (ErrorNegotiated).
 */
import { written } from "#apiserver/codec/encode";
import { type Status, statusOf } from "#kernel/apimachinery/errors";
import { type Acceptance, negotiate } from "#kernel/requests/media-type";
import { warningHeaders } from "#kernel/requests/present";

/** The HTTP answer for a Status. */
export function statusResponse(status: Status, request: Request, warnings: readonly string[] = []): Response {
  const { body, headers } = written(JSON.stringify(status), acceptance(request), request);
  headers.set("cache-control", "no-cache, private");
  for (const header of warningHeaders(warnings)) headers.append("warning", header);
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined && retryAfter > 0) headers.set("retry-after", String(retryAfter));
  return new Response(body, { status: status.code ?? 500, headers });
}

/** The HTTP answer for anything thrown. */
export function errorResponse(error: unknown, request: Request): Response {
  return statusResponse(statusOf(error), request);
}

function acceptance({ headers }: Request): Acceptance {
  try {
    return negotiate(headers.get("accept"));
  } catch {
    return { format: "json" };
  }
}
