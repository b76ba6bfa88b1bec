/**
 * The proxy subresources of pods, services and nodes: what stands behind them answers through the API server.
 *
 * Models apimachinery/pkg/util/proxy, pkg/registry/core/{pod,service,node} (ResourceLocation).
 * Leaves out upgrades and TLS towards the pod: simulated servers speak HTTP, whatever scheme a client writes.
 */
import { type ApiContext, clientOf, resourceRequest } from "#apiserver/api-env";
import { foreignHeaders, statusProblem } from "#apiserver/foreign-headers";
import type { RequestInfo } from "#apiserver/request-info";
import { badRequest, requestEntityTooLarge, serviceUnavailable } from "#kernel/apimachinery/errors";
import type { Cluster } from "#kernel/cluster/cluster";
import { kubeletAnswer } from "#kernel/kubelet/server/answer";
import { unreachableMachine } from "#kernel/network/api-server/connect-target";
import { readyEndpoints } from "#kernel/network/service-proxy";
import { worldOf } from "#kernel/network/world-of";
import { admitOther } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import type { HttpRequest, HttpResponse, NetFailure } from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";

/** Where a proxied request goes: an address, or the kubelet of a node. */
type Location = { readonly host: string; readonly port: number } | { readonly kubelet: string };

const KUBELET_PORT = 10_250;

/** Answers a proxied request, whatever its method. */
export async function proxyRequest(c: ApiContext): Promise<Response> {
  const { info, request } = resourceRequest(c);
  const url = new URL(request.url);
  const [, path] = /\/(?:pods|services|nodes)\/[^/]+\/proxy(\/.*)?$/.exec(url.pathname) ?? [];
  if (path === undefined && (request.method === "GET" || request.method === "HEAD")) {
    return new Response(null, { status: 301, headers: { location: `proxy/${url.search}` } });
  }
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > LIMITS.requestBytes) throw requestEntityTooLarge(`limit is ${LIMITS.requestBytes}`);
  const passed: HttpRequest = {
    method: request.method,
    path: `${path ?? "/"}${url.search}`,
    headers: { ...passedHeaders(request.headers), "x-forwarded-uri": url.pathname },
    body: textOfBytes(bytes),
  };
  return c.get("turns").run((cluster) => answer(cluster, clientOf(cluster, c), info, passed));
}

const PROXIED = { pods, services, nodes };
const KINDS = { pods: "PodProxyOptions", services: "ServiceProxyOptions", nodes: "NodeProxyOptions" };

function answer(cluster: Cluster, client: Client, info: RequestInfo, request: HttpRequest): Response {
  const plural = info.plural as keyof typeof KINDS;
  const kind = { group: "", version: "v1", kind: KINDS[plural] };
  const { namespace, name, subresource } = info;
  const object = { kind: kind.kind, apiVersion: "v1", path: request.path };
  const resource: AnyResource = PROXIED[plural];
  admitOther(client, { operation: "CONNECT", resource, subresource, namespace, name, kind, object });
  const location = LOCATIONS[info.plural as keyof typeof LOCATIONS](client, info);
  if ("kubelet" in location) {
    const machine = cluster.cells.get<Machine>(MACHINES, location.kubelet);
    const problem = unreachableMachine(machine, location.kubelet);
    if (problem !== undefined || machine === undefined) {
      throw serviceUnavailable(`error trying to reach service: ${problem}`);
    }
    const { pathname, searchParams } = new URL(request.path, "http://kubelet");
    const where = { cells: cluster.cells, client: cluster.admin, now: cluster.now };
    const { status, type, body } = kubeletAnswer(where, machine, decodeURIComponent(pathname), searchParams);
    return new Response(body, { status, headers: { "content-type": type } });
  }
  const { host, port } = location;
  const { admin, now, entropy, cells } = cluster;
  const { net } = worldOf({ client: admin, now, entropy, cells });
  const headers = { ...request.headers, host: `${host}:${port}` };
  const found = net.http({ kind: "node", ip: apiServerIP(cluster) }, location, { ...request, headers });
  if (typeof found === "string")
    throw serviceUnavailable(`error trying to reach service: ${reasonOf(found, location)}`);
  return passOn(found, request, location);
}

/** The address of the control plane, from which the API server dials. */
function apiServerIP({ admin }: Cluster): string {
  const [slice] = admin.by(endpointslices, "service", "default/kubernetes");
  return slice?.endpoints?.[0]?.addresses[0] ?? "127.0.0.1";
}

/** How each resource is found from `[scheme:]name[:port]`. @throws NotFound, BadRequest, ServiceUnavailable */
const LOCATIONS = {
  pods(client: Client, { namespace, name: id }: RequestInfo): Location {
    const { name, port } = partsOf(id, "pod");
    const { spec, status } = client.need(pods, { namespace, name });
    const first = spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
    if ((status?.podIP ?? "") === "") throw badRequest("address not allowed");
    return { host: status?.podIP ?? "", port: port === "" ? (first ?? 80) : numberOf(port, id, "pod") };
  },

  services(client: Client, { namespace, name: id }: RequestInfo): Location {
    const { name, port: asked } = partsOf(id, "service");
    const service = client.need(services, { namespace, name });
    const { ports = [] } = service.spec;
    const isNumber = /^\d+$/.test(asked);
    const port = ports.find((one) => (isNumber ? one.port === Number(asked) : (one.name ?? "") === asked));
    if (isNumber && port === undefined) {
      throw serviceUnavailable(`no service port ${asked} found for service ${JSON.stringify(name)}`);
    }
    const found = port === undefined ? [] : readyEndpoints(client, service, port);
    const chosen = found.length > 1 ? client.registry.entropy.pick(found) : found[0];
    if (chosen !== undefined) return { host: chosen.ip, port: chosen.port };
    const hasOthers = ports.some((one) => readyEndpoints(client, service, one).length > 0);
    throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(hasOthers ? id : name)}`);
  },

  nodes(client: Client, { name: id }: RequestInfo): Location {
    const { name, port: asked } = partsOf(id, "node");
    const { status } = client.need(nodes, { namespace: "", name });
    const port = asked === "" ? KUBELET_PORT : numberOf(asked, id, "node");
    if (port === KUBELET_PORT) return { kubelet: name };
    const address = status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
    if (address === undefined) throw badRequest("address not allowed");
    return { host: address, port };
  },
};

/** `[scheme:]name[:port]` in its parts. @throws BadRequest */
function partsOf(id: string, kind: string): { name: string; port: string } {
  const parts = id.split(":");
  const isValid = parts.length === 3 ? /^https?$|^$/.test(parts[0] ?? "") : parts.length <= 2;
  const [name = "", port = ""] = parts.length === 3 ? parts.slice(1) : parts;
  if (!isValid || name === "") throw badRequest(`invalid ${kind} request ${JSON.stringify(id)}`);
  return { name, port };
}

function numberOf(port: string, id: string, kind: string): number {
  if (/^\d{1,5}$/.test(port)) return Number(port);
  throw badRequest(`invalid ${kind} request ${JSON.stringify(id)}`);
}

function reasonOf(failure: NetFailure, { host, port }: { host: string; port: number }): string {
  if (failure === "refused") return `dial tcp ${host}:${port}: connect: connection refused`;
  if (failure === "reset") return "EOF";
  return `dial tcp ${host}:${port}: ${failure === "timeout" ? "i/o timeout" : "connect: no route to host"}`;
}

/** What speaks of one connection only, of lengths that are counted anew, or of us. */
const NOT_PASSED =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|content-encoding|accept-encoding|authorization|cookie|host|cf-.*|x-drydock-.*)$/;

function passedHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !NOT_PASSED.test(name)));
}

/** A page of a container is a stranger's: it gets an origin of its own. */
const SANDBOX = {
  "content-security-policy": "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts",
  "referrer-policy": "no-referrer",
};

function passOn({ status, headers, body }: HttpResponse, request: HttpRequest, location: Location): Response {
  const depth = (request.path.split("?")[0] ?? "").split("/").length - 2;
  const root = depth === 0 ? "./" : "../".repeat(depth);
  const problem = statusProblem(status);
  if (problem !== undefined) throw serviceUnavailable(`error trying to reach service: ${problem}`);
  const passed = new Headers();
  for (const [name, value] of foreignHeaders(headers)) {
    if (name === "location" && "host" in location) passed.set(name, below(value, root, location));
    else if (name !== "set-cookie" && !NOT_PASSED.test(name)) passed.append(name, value);
  }
  for (const [name, value] of Object.entries(SANDBOX)) passed.set(name, value);
  const isPage = (passed.get("content-type") ?? "").startsWith("text/html");
  const base = linkBase(request, root);
  const text = isPage ? body.replace(LINKS, (_, attribute: string) => `${attribute}${base}`) : body;
  const hasNoBody = request.method === "HEAD" || status === 204 || status === 205 || status === 304;
  return new Response(hasNoBody ? null : bytesOfText(text), { status, headers: passed });
}

/** Where a page's links lead: below the proxy, as upstream writes it; for a browser, wherever we are mounted. */
function linkBase({ headers }: HttpRequest, root: string): string {
  const [own] = /^.*?\/proxy(?=\/|$)/.exec(headers["x-forwarded-uri"] ?? "") ?? [];
  return own === undefined || headers["sec-fetch-mode"] === "navigate" ? root : `${own}/`;
}

/** Attributes of a page whose address begins at the server's root. */
const LINKS = /(\s(?:href|src|action|poster|cite|data)\s*=\s*["'])\/(?!\/)/gi;

/** An address on the proxied server, seen from the request's own; one elsewhere stays. */
function below(address: string, root: string, { host, port }: { host: string; port: number }): string {
  const own = new RegExp(`^https?://${host.replaceAll(".", "\\.")}(:${port})?(?=/|$)`);
  const path = address.replace(own, "");
  return path.startsWith("/") && !path.startsWith("//") ? root + path.slice(1) : address;
}
