/**
 * The ingress controller's proxy: from a host and a path to a ready endpoint, with nginx's own pages where there is
 * none.
 *
 * Models ingress-nginx's nginx.conf and its balancer. Leaves out TLS itself: what comes to port 443 counts as https.
 */
import { RE2JS, RE2JSException } from "re2js";
import type { Annotations } from "#kernel/network/ingress.annotations";
import { externalVerdict, type Facts, filledIn, mirrored, type Verdict } from "#kernel/network/ingress.auth";
import { cookieFor, corsHeaders, endpointOfCookie, preflight, refusalOf } from "#kernel/network/ingress.guard";
import { isTooOften } from "#kernel/network/ingress.limits";
import { fits, INGRESS_ROUTES, type Location, type Target } from "#kernel/network/ingress.routes";
import { type Destination, readyEndpoints } from "#kernel/network/service-proxy";
import { services } from "#kernel/resources/core/service";
import { respond, statusText } from "#kernel/runtime/images/http";
import type { HttpRequest, HttpResponse, NetFailure, World } from "#kernel/runtime/world";

export interface IngressCall {
  readonly port: number;
  readonly clientIP: string;
  readonly request: HttpRequest;
  /** Told of the Service a request is for. */
  note?(target: Target): void;
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
  const { request, port } = call;
  const cut = request.path.indexOf("?");
  const path = cut < 0 ? request.path : request.path.slice(0, cut);
  const host = (request.headers["host"] ?? "").replace(/:\d+$/, "").toLowerCase();
  const scheme = port === 443 ? "https" : "http";
  const { registry } = world.client;
  const www = registry.views.of(INGRESS_ROUTES).wwwOf(registry, host);
  if (www !== undefined) return page(request, 308, { location: `${scheme}://${www}${request.path}` });
  const location = locate(world, host, path);
  if (location === undefined) return page(request, 404);
  const { annotations } = location;
  const redirect = redirectOf(location, { host, path, request, isSecure: port === 443 });
  if (redirect !== undefined) return page(request, redirect.status, { location: redirect.to });
  const facts = { host, scheme, request, clientIP: call.clientIP };
  const entry = enter(world, call, location, facts);
  if ("answer" in entry) return entry.answer;
  const headers = { ...forwarded(call, host, annotations), ...entry.headers };
  const query = cut < 0 ? "" : request.path.slice(cut);
  const passed = { ...request, path: rewritten(location, path) + query, headers };
  mirrored(world, call, annotations, facts);
  const answer = intercepted(world, call, location, passOn(world, call, location, passed, facts));
  return changed(answer, annotations, request);
}

/** Whether a request may go on: with headers of an external service, or with the answer instead. */
function enter(world: World, call: IngressCall, location: Location, facts: Facts): Verdict {
  const { request, clientIP, port } = call;
  const { annotations, namespace, ingress } = location;
  if (needsCertificate(annotations) && port === 443) return { answer: page(request, 400, {}, NO_CERTIFICATE) };
  if (isTooOften(world, { ingress, annotations, clientIP })) return { answer: page(request, 503) };
  const refusal = refusalOf(world, { namespace, annotations, clientIP, request });
  if (refusal !== undefined) return { answer: page(request, refusal.status, refusal.headers) };
  const flight = preflight(annotations, request);
  if (flight !== undefined) return { answer: flight };
  const verdict = externalVerdict(world, call, annotations, facts) ?? { headers: {} };
  if ("headers" in verdict) return verdict;
  return { answer: page(request, verdict.answer.status, verdict.answer.headers) };
}

/** Nobody who comes in here has a certificate of his own: TLS ends before. */
const NO_CERTIFICATE = "No required SSL certificate was sent";
const needsCertificate = (annotations: Annotations): boolean =>
  annotations["auth-tls-secret"] !== undefined &&
  !["off", "optional", "optional_no_ca"].includes(annotations["auth-tls-verify-client"] ?? "on");

/** Errors that another backend answers: that of the annotation, for the codes it names. */
function intercepted(world: World, call: IngressCall, location: Location, answer: HttpResponse): HttpResponse {
  const { annotations, namespace, ingress } = location;
  const codes = (annotations["custom-http-errors"] ?? "").split(",").map((code) => Number(code.trim()));
  const name = annotations["default-backend"];
  if (name === undefined || !codes.includes(answer.status)) return answer;
  const port = firstPort(world, namespace, name);
  const [to] = port === undefined ? [] : endpointsOf(world, { namespace, service: { name, port: { number: port } } });
  if (to === undefined) return answer;
  const { request } = call;
  const headers = {
    ...request.headers,
    "x-code": String(answer.status),
    "x-format": request.headers["accept"] ?? "",
    "x-original-uri": request.path,
    "x-namespace": namespace,
    "x-ingress-name": ingress.slice(namespace.length + 1),
    "x-service-name": location.service?.name ?? "",
  };
  const told = call.send(to, { method: "GET", path: "/", headers, body: "" });
  return typeof told === "string" ? answer : { ...told, status: answer.status };
}

const firstPort = ({ client }: World, namespace: string, name: string): number | undefined =>
  client.get(services, { namespace, name })?.spec.ports?.[0]?.port;

/** What an answer becomes on its way back: CORS, redirects and cookies that name other places. */
function changed(answer: HttpResponse, annotations: Annotations, request: HttpRequest): HttpResponse {
  const headers: Record<string, string> = { ...answer.headers, ...corsHeaders(annotations, request) };
  const [from, to] = [annotations["proxy-redirect-from"], annotations["proxy-redirect-to"]];
  const { location, "set-cookie": cookies } = headers;
  if (from !== undefined && to !== undefined && location?.startsWith(from) === true) {
    headers["location"] = to + location.slice(from.length);
  }
  for (const [name, attribute] of [
    ["proxy-cookie-domain", "domain"],
    ["proxy-cookie-path", "path"],
  ] as const) {
    const [old, fresh] = (annotations[name] ?? "").split(/\s+/);
    if (old === undefined || fresh === undefined || cookies === undefined) continue;
    const pattern = new RegExp(`(;\\s*${attribute}=)([^;\\n]*)`, "gi");
    headers["set-cookie"] = (headers["set-cookie"] ?? "").replace(pattern, (whole, head: string, value: string) =>
      value.startsWith(old) ? head + fresh + value.slice(old.length) : whole,
    );
  }
  return { ...answer, headers };
}

/** Sends the request on; another endpoint is tried where one does not answer. */
function passOn(world: World, call: IngressCall, location: Location, passed: HttpRequest, facts: Facts): HttpResponse {
  const { request, port } = call;
  const { annotations } = location;
  const target = chooseTarget(world, location, request);
  call.note?.(target);
  let left = endpointsOrSpare(world, target, annotations);
  const stuck = endpointOfCookie(annotations, request, left) ?? endpointOfHash(annotations, facts, left);
  const again = (annotations["proxy-next-upstream"] ?? "error timeout").split(/\s+/);
  const tries = again.includes("off")
    ? 1
    : Math.max(1, Number(annotations["proxy-next-upstream-tries"] ?? "3") || TRIES);
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
    if (again.includes(`http_${answer.status}`) && left.length > 1 && n + 1 < tries) {
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

/** A pattern is matched in linear time; one that is none fits nothing. */
function fitsPattern(pattern: string, text: string): boolean {
  try {
    return RE2JS.compile(pattern).matcher(text).find();
  } catch (error) {
    if (error instanceof RE2JSException) return false;
    throw error;
  }
}

function endpointsOf({ client }: World, { namespace, service: backend }: Target): readonly Destination[] {
  if (backend === undefined) return [];
  const service = client.get(services, { namespace, name: backend.name });
  const { name = "", number = 0 } = backend.port ?? {};
  const port = service?.spec.ports?.find((one) => (name === "" ? one.port === number : one.name === name));
  return service === undefined || port === undefined ? [] : readyEndpoints(client, service, port);
}

/** The endpoints of a target; of the spare Service where it has none. */
function endpointsOrSpare(world: World, target: Target, annotations: Annotations): readonly Destination[] {
  const found = endpointsOf(world, target);
  const name = annotations["default-backend"];
  if (found.length > 0 || name === undefined) return found;
  const { namespace } = target;
  const number = firstPort(world, namespace, name);
  return number === undefined ? [] : endpointsOf(world, { namespace, service: { name, port: { number } } });
}

/** The endpoint that a text of the request always leads to, as long as it is there. */
function endpointOfHash(
  annotations: Annotations,
  facts: Facts,
  endpoints: readonly Destination[],
): Destination | undefined {
  const by = annotations["upstream-hash-by"];
  if (by === undefined) return undefined;
  const text = filledIn(by, facts);
  const rank = ({ ip, port }: Destination): number => {
    let hash = 2_166_136_261;
    for (const char of `${text} ${ip}:${port}`) hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619) >>> 0;
    return hash;
  };
  return endpoints.toSorted((a, b) => rank(b) - rank(a))[0];
}

/** The path the Service sees: where a target is given it replaces the whole path. */
function rewritten({ annotations, pattern }: Location, path: string): string {
  const target = annotations["rewrite-target"];
  const found = pattern?.matcher(path);
  if (target === undefined || found === undefined || !found.find()) return path;
  const group = (n: number): string => (n <= found.groupCount() ? (found.group(n) ?? "") : "");
  return target.replace(/\$(\d)/g, (_whole, digit: string) => group(Number(digit))) || "/";
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
function page(
  request: HttpRequest,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  words = TEXTS[status] ?? statusText(status),
): HttpResponse {
  const title = `${status} ${words}`;
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
