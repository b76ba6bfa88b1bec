/**
 * The ingress controller's proxy: from a host and a path to a ready endpoint, with nginx's own pages where there is
 * none.
 *
 * Models ingress-nginx's nginx.conf and its balancer. Leaves out TLS itself: what comes to port 443 counts as https.
 */
import type { Annotations } from "#kernel/network/ingress.annotations";
import { cookieFor, corsHeaders, endpointOfCookie, preflight, refusalOf } from "#kernel/network/ingress.guard";
import { fits, INGRESS_ROUTES, type Location, type Target } from "#kernel/network/ingress.routes";
import { type Destination, readyEndpoints } from "#kernel/network/service-proxy";
import { services } from "#kernel/resources/core/service";
import { respond, statusText } from "#kernel/runtime/images/http";
import type { HttpRequest, HttpResponse, NetFailure, World } from "#kernel/runtime/world";

export interface IngressCall {
  readonly port: number;
  readonly clientIP: string;
  readonly request: HttpRequest;
  /** Reaches an endpoint as the controller. */
  send(to: Destination, request: HttpRequest): HttpResponse | NetFailure;
}

const TEXTS: Readonly<Record<number, string>> = {
  302: "Found",
  401: "Authorization Required",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
};

/** Answers a request to the controller's address. */
export function ingressAnswer(world: World, call: IngressCall): HttpResponse {
  const { request, port, clientIP } = call;
  const cut = request.path.indexOf("?");
  const path = cut < 0 ? request.path : request.path.slice(0, cut);
  const host = (request.headers["host"] ?? "").replace(/:\d+$/, "").toLowerCase();
  const location = locate(world, host, path);
  if (location === undefined) return page(request, 404);
  const { annotations, namespace } = location;
  const redirect = redirectOf(location, { host, path, request, isSecure: port === 443 });
  if (redirect !== undefined) return page(request, redirect.status, { location: redirect.to });
  const refusal = refusalOf(world, { namespace, annotations, clientIP, request });
  if (refusal !== undefined) return page(request, refusal.status, refusal.headers);
  const flight = preflight(annotations, request);
  if (flight !== undefined) return flight;
  const query = cut < 0 ? "" : request.path.slice(cut);
  const headers = forwarded(call, host, annotations);
  const passed = { ...request, path: rewritten(location, path) + query, headers };
  const answer = passOn(world, call, location, passed);
  const added = corsHeaders(annotations, request);
  return { ...answer, headers: { ...answer.headers, ...added } };
}

/** Sends the request on; another endpoint is tried where one does not answer. */
function passOn(world: World, call: IngressCall, location: Location, passed: HttpRequest): HttpResponse {
  const { request, port } = call;
  const { annotations } = location;
  let left = endpointsOf(world, chooseTarget(world, location, request));
  const stuck = endpointOfCookie(annotations, request, left);
  const tries = Math.max(1, Number(annotations["proxy-next-upstream-tries"] ?? "3") || TRIES);
  let failure: NetFailure | undefined;
  for (let n = 0; n < tries && left.length > 0; n += 1) {
    const chosen: Destination | undefined =
      n === 0 && stuck !== undefined ? stuck : left.length > 1 ? world.entropy.pick(left) : left[0];
    if (chosen === undefined) break;
    const answer = call.send(chosen, passed);
    if (typeof answer === "string") {
      failure = answer;
      left = left.filter((one) => one !== chosen);
      continue;
    }
    if ((answer.delayMs ?? 0) > 1_000 * Number(annotations["proxy-read-timeout"] ?? "60")) return page(request, 504);
    if (annotations["affinity"] !== "cookie" || chosen === stuck) return answer;
    const cookie = cookieFor(world, annotations, chosen, port === 443);
    const before = answer.headers["set-cookie"];
    return { ...answer, headers: { ...answer.headers, "set-cookie": before ? `${before}\n${cookie}` : cookie } };
  }
  if (failure === undefined) return page(request, 503);
  return page(request, failure === "timeout" ? 504 : 502);
}

/** How often nginx tries unless told otherwise. */
const TRIES = 3;

function locate(world: World, host: string, path: string): Location | undefined {
  const { registry } = world.client;
  const routes = registry.views.of(INGRESS_ROUTES);
  const locations = routes.server(registry, host) ?? routes.anyServer(registry);
  return locations.find((location) => fits(location, path));
}

interface Asked {
  readonly host: string;
  readonly path: string;
  readonly request: HttpRequest;
  readonly isSecure: boolean;
}

function redirectOf(
  { annotations, hasTls }: Location,
  { host, path, request, isSecure }: Asked,
): { readonly status: number; readonly to: string } | undefined {
  const isForced = annotations["force-ssl-redirect"] === "true";
  const isUsual = hasTls && annotations["ssl-redirect"] !== "false";
  if (!isSecure && (isForced || isUsual)) return { status: 308, to: `https://${host}${request.path}` };
  const permanent = annotations["permanent-redirect"];
  if (permanent !== undefined) return { status: Number(annotations["permanent-redirect-code"] ?? 301), to: permanent };
  const temporal = annotations["temporal-redirect"];
  if (temporal !== undefined) return { status: Number(annotations["temporal-redirect-code"] ?? 302), to: temporal };
  const root = annotations["app-root"];
  if (root === undefined || path !== "/") return undefined;
  return { status: 302, to: `${isSecure ? "https" : "http"}://${host}${root}` };
}

/** The main Service of the path, or one of its canaries: by header, by cookie, else by weight. */
function chooseTarget(world: World, location: Location, request: HttpRequest): Target {
  for (const canary of location.canaries) {
    const decided = asksForCanary(canary.annotations, request);
    if (decided === true) return canary;
    if (decided === false) continue;
    const weight = Number(canary.annotations["canary-weight"] ?? 0);
    const total = Number(canary.annotations["canary-weight-total"] ?? 100);
    if (weight > 0 && total > 0 && world.entropy.int(total) < weight) return canary;
  }
  return location;
}

/** What header and cookie say; undefined if they leave it to the weight. */
function asksForCanary(annotations: Annotations, { headers }: HttpRequest): boolean | undefined {
  const header = headers[(annotations["canary-by-header"] ?? "").toLowerCase()];
  const value = annotations["canary-by-header-value"];
  const pattern = annotations["canary-by-header-pattern"];
  if (header !== undefined) {
    if (value !== undefined) {
      if (header === value) return true;
    } else if (pattern !== undefined) {
      if (fitsPattern(pattern, header)) return true;
    } else if (header === "always" || header === "never") return header === "always";
  }
  const name = annotations["canary-by-cookie"];
  if (name === undefined) return undefined;
  const cookie = (headers["cookie"] ?? "").split(/;\s*/).find((one) => one.startsWith(`${name}=`));
  const said = cookie?.slice(name.length + 1);
  return said === "always" ? true : said === "never" ? false : undefined;
}

function fitsPattern(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return false;
  }
}

function endpointsOf({ client }: World, { namespace, service: backend }: Target): readonly Destination[] {
  if (backend === undefined) return [];
  const service = client.get(services, { namespace, name: backend.name });
  const { name = "", number = 0 } = backend.port ?? {};
  const port = service?.spec.ports?.find((one) => (name === "" ? one.port === number : one.name === name));
  return service === undefined || port === undefined ? [] : readyEndpoints(client, service, port);
}

/** The path the Service sees: where a target is given it replaces the whole path. */
function rewritten({ annotations, pattern }: Location, path: string): string {
  const target = annotations["rewrite-target"];
  const found = target === undefined ? null : pattern?.exec(path);
  if (target === undefined || found === null || found === undefined) return path;
  return target.replace(/\$(\d)/g, (_whole, digit: string) => found[Number(digit)] ?? "") || "/";
}

function forwarded(
  { request, clientIP, port }: IngressCall,
  host: string,
  annotations: Annotations,
): Record<string, string> {
  const scheme = port === 443 ? "https" : "http";
  const prefix = annotations["x-forwarded-prefix"];
  return {
    ...request.headers,
    host: annotations["upstream-vhost"] ?? request.headers["host"] ?? host,
    ...(prefix !== undefined && { "x-forwarded-prefix": prefix }),
    "x-real-ip": clientIP,
    "x-forwarded-for": clientIP,
    "x-forwarded-host": host,
    "x-forwarded-port": String(port),
    "x-forwarded-proto": scheme,
    "x-forwarded-scheme": scheme,
    "x-scheme": scheme,
  };
}

/** One of nginx's own pages. */
function page(request: HttpRequest, status: number, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  const title = `${status} ${TEXTS[status] ?? statusText(status)}`;
  const lines = [
    "<html>",
    `<head><title>${title}</title></head>`,
    "<body>",
    `<center><h1>${title}</h1></center>`,
    "<hr><center>nginx</center>",
    "</body>",
    "</html>",
    "",
  ];
  return respond(request.method, status, lines.join("\r\n"), { "content-type": "text/html", ...headers });
}
