/**
 * Group versions that a Service of the cluster serves: where it is reached, and whether it can be.
 *
 * Models kube-aggregator/pkg/controllers/status/remote and pkg/apiserver/handler_proxy.go.
 */
import type { APIService, Service } from "#kernel/api/types.gen";
import { quote } from "#kernel/apimachinery/go-text";
import { readyEndpoints, servicePort, slicesOf } from "#kernel/network/service-proxy";
import type { Client } from "#kernel/registry/client";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import type { HttpRequest, HttpResponse, World } from "#kernel/runtime/world";

/** Why a group version is out of reach. */
export interface Unavailable {
  readonly reason: string;
  readonly message: string;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where an APIService's Service is reached, or why nowhere. */
function addressOf(client: Client, { spec }: APIService): Address | Unavailable {
  const { name = "", namespace = "", port: number = 443 } = spec.service ?? {};
  const at = `service/${name} in ${quote(namespace)}`;
  const service: Service | undefined = client.get(services, { namespace, name });
  if (service === undefined) return { reason: "ServiceNotFound", message: `${at} is not present` };
  const host = service.spec.clusterIP ?? "";
  if (service.spec.type === "ExternalName") return { host: service.spec.externalName ?? "", port: number };
  const port = servicePort(service, number);
  if (port === undefined) {
    return { reason: "ServicePortError", message: `${at} is not listening on port ${number}` };
  }
  if (slicesOf(client, service).length === 0) {
    return { reason: "EndpointsNotFound", message: `cannot find endpointslices for ${at}` };
  }
  const [endpoint] = readyEndpoints(client, service, port);
  if (endpoint === undefined) {
    const message = `endpoints for ${at} have no addresses with port name ${quote(port.name ?? "")}`;
    return { reason: "MissingEndpoints", message };
  }
  return { host, port: number };
}

/** Asks whoever serves a group version. */
export function askApiService(world: World, service: APIService, request: HttpRequest): HttpResponse | Unavailable {
  const { client, net } = world;
  const address = addressOf(client, service);
  if ("reason" in address) return address;
  const headers = { ...request.headers, host: `${address.host}:${address.port}` };
  const found = net.http({ kind: "node", ip: controlPlane(client) }, address, { ...request, headers });
  if (typeof found === "object") return found;
  const url = `https://${address.host}:${address.port}${request.path}`;
  const message = `failing or missing response from ${url}: Get ${quote(url)}: ${found}`;
  return { reason: "FailedDiscoveryCheck", message };
}

/** What keeps a group version from being served; undefined if nothing does. */
export function problemOf(world: World, service: APIService): Unavailable | undefined {
  const { group = "", version = "" } = service.spec;
  const path = `/apis/${group}/${version}`;
  const answer = askApiService(world, service, {
    method: "GET",
    path,
    headers: { accept: "application/json" },
    body: "",
  });
  if ("reason" in answer) return answer;
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const words = `bad status from ${path}: ${answer.status}`;
  return { reason: "FailedDiscoveryCheck", message: `failing or missing response from ${path}: ${words}` };
}

/** The address of the control plane, from which the API server dials. */
function controlPlane(client: Client): string {
  const [slice] = client.by(endpointslices, "service", "default/kubernetes");
  return slice?.endpoints?.[0]?.addresses[0] ?? "127.0.0.1";
}
