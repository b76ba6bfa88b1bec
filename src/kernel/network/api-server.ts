/**
 * The API server as containers reach it at `kubernetes.default`.
 *
 * Leaves out what a service account may do there: a request with a token is refused and told why.
 */
import type { Client } from "#kernel/registry/client";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

const SERVICE = "default/kubernetes";

/** Whether this address and port are where the API server listens: an endpoint of the `kubernetes` Service. */
export function isApiServer(client: Client, ip: string, port: number): boolean {
  return client
    .by(endpointslices, "service", SERVICE)
    .some(
      ({ endpoints = [], ports = [] }) =>
        ports.some((one) => one.port === port) && endpoints.some(({ addresses }) => addresses.includes(ip)),
    );
}

/** What it says to somebody inside the cluster. */
export function apiServerAnswer({ method, path, headers }: HttpRequest): HttpResponse {
  if (headers["authorization"] !== undefined) {
    return json(503, {
      message: "the API server does not take requests from simulated containers",
      reason: "ServiceUnavailable",
    });
  }
  const url = path.split("?")[0] ?? path;
  // Whether it is well may be asked by anybody (system:public-info-viewer).
  if (/^\/(livez|readyz|healthz)$/.test(url)) {
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: "ok" };
  }
  const verb = method === "GET" || method === "HEAD" ? method.toLowerCase() : method === "DELETE" ? "delete" : "post";
  return json(403, {
    message: `forbidden: User "system:anonymous" cannot ${verb} path "${url}"`,
    reason: "Forbidden",
  });
}

function json(code: number, { message, reason }: { readonly message: string; readonly reason: string }): HttpResponse {
  const status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    details: {},
    code,
  };
  return {
    status: code,
    headers: { "content-type": "application/json" },
    body: `${JSON.stringify(status, null, 2)}\n`,
  };
}
