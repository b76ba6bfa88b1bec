/**
 * What a node's own daemons say over HTTP: kubelet, kube-proxy, and the health check of a Service.
 *
 * Models pkg/proxy/healthcheck and the kubelet's authentication filter.
 */
import type { Listener } from "#kernel/network/way";
import { proxyStatus } from "#kernel/runtime/images/control-plane";
import { respond } from "#kernel/runtime/images/http";
import type { HttpRequest, HttpResponse, World } from "#kernel/runtime/world";

const PROXY_HEALTH_PORT = 10_256;

/** Answers in the name of a daemon of the node. */
export function nodeHttp(
  { now }: World,
  listener: Extract<Listener, { kind: "kubelet" | "kube-proxy" | "health" }>,
  request: HttpRequest,
): HttpResponse {
  const path = request.path.split("?")[0] ?? "";
  const text = (status: number, body: string): HttpResponse =>
    respond(request.method, status, body, { "content-type": "text/plain; charset=utf-8" });
  if (!("service" in listener)) {
    if (listener.kind === "kubelet") return text(401, "Unauthorized");
    if (listener.port !== PROXY_HEALTH_PORT) return proxyStatus(request, path, "iptables");
    if (path !== "/healthz" && path !== "/livez") return text(404, "404 page not found\n");
    const time = new Date(now).toISOString();
    return json(request, 200, { lastUpdated: time, currentTime: time, nodeEligible: true });
  }
  const { service, endpoints } = listener;
  const { name, namespace = "" } = service.metadata;
  return json(request, endpoints > 0 ? 200 : 503, {
    service: { namespace, name },
    localEndpoints: endpoints,
    serviceProxyHealthy: true,
  });
}

const json = (request: HttpRequest, status: number, value: unknown): HttpResponse =>
  respond(request.method, status, JSON.stringify(value), {
    "content-type": "application/json",
    "x-content-type-options": "nosniff",
  });
