/**
 * The filter CORS of routes: what browsers are told about other origins.
 *
 * Models HTTPCORSFilter of gateway.networking.k8s.io/v1.
 */
import type { Cors } from "#kernel/network/gateway/kinds";
import { respond } from "#kernel/runtime/images/http";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

/** Whether a browser asks before it sends. */
export const isPreflight = ({ method, headers }: HttpRequest): boolean =>
  method === "OPTIONS" && headers["origin"] !== undefined && headers["access-control-request-method"] !== undefined;

/** `https://*.example.com` stands for every name below; `*` for every origin. */
function allows({ allowOrigins = [] }: Cors, origin: string): boolean {
  return allowOrigins.some((one) => {
    const [before = "", after] = one.split("*");
    if (after === undefined) return one === origin;
    return origin.startsWith(before) && origin.endsWith(after) && origin.length >= before.length + after.length;
  });
}

/** The headers of an answer to a request of another origin. */
export function corsAnswer(cors: Cors, { headers }: HttpRequest): Readonly<Record<string, string>> {
  const origin = headers["origin"];
  if (origin === undefined || !allows(cors, origin)) return {};
  const isFree = cors.allowOrigins?.includes("*") === true && cors.allowCredentials !== true;
  const exposed = cors.exposeHeaders ?? [];
  return {
    "access-control-allow-origin": isFree ? "*" : origin,
    ...(cors.allowCredentials === true && { "access-control-allow-credentials": "true" }),
    ...(exposed.length > 0 && { "access-control-expose-headers": exposed.join(", ") }),
  };
}

/** The answer to a browser that asks before it sends. */
export function preflightAnswer(cors: Cors, request: HttpRequest): HttpResponse {
  const allowed = corsAnswer(cors, request);
  if (Object.keys(allowed).length === 0) return respond(request.method, 204, "", {});
  const { headers } = request;
  const starred = (list: readonly string[], asked: string): string =>
    list.includes("*") && cors.allowCredentials === true ? asked : list.join(", ");
  const methods = starred(cors.allowMethods ?? [], headers["access-control-request-method"] ?? "");
  const names = starred(cors.allowHeaders ?? [], headers["access-control-request-headers"] ?? "");
  return respond(request.method, 204, "", {
    ...allowed,
    ...(methods !== "" && { "access-control-allow-methods": methods }),
    ...(names !== "" && { "access-control-allow-headers": names }),
    "access-control-max-age": String(cors.maxAge ?? 5),
  });
}
