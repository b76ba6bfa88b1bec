/**
 * What a Gateway does with a request: the rule that fits it, the rule's filters, and one of its backends by weight.
 *
 * Models the behaviour gateway.networking.k8s.io/v1 asks of an implementation, with Envoy's answers where it asks none.
 */
import { parseDuration } from "#kernel/apimachinery/duration";
import { backendVerdict, isBelow } from "#kernel/network/gateway/attach";
import { corsAnswer, isPreflight, preflightAnswer } from "#kernel/network/gateway/cors";
import type { BackendRef, Filter, Match, Modifier, PathModifier, Rule } from "#kernel/network/gateway/kinds";
import type { Door, Entry } from "#kernel/network/gateway/table";
import { type Destination, readyEndpoints } from "#kernel/network/service-proxy";
import { matchesPattern } from "#kernel/resources/apiextensions/custom/pattern";
import { services } from "#kernel/resources/core/service";
import { parseQuery, respond } from "#kernel/runtime/images/http";
import type { HttpRequest, HttpResponse, NetFailure, World } from "#kernel/runtime/world";

export interface GatewayCall {
  readonly door: Door;
  readonly port: number;
  readonly clientIP: string;
  readonly request: HttpRequest;
  send(to: Destination, request: HttpRequest): HttpResponse | NetFailure;
}

/** Answers a request to a Gateway. What it says by itself to a call of gRPC is a status of gRPC. */
export function gatewayAnswer(world: World, call: GatewayCall): HttpResponse {
  const { request, door } = call;
  const asked = askedFor(request);
  const entry = entryFor(door, asked);
  if (entry === undefined) return told(request, 404, "");
  const { rule, match, kind } = entry;
  // Its bytes pass as they are.
  if (kind === "TLSRoute") return toBackend(world, call, entry, request);
  const filters = rule.filters ?? [];
  const cors = filters.find(({ type }) => type === "CORS")?.cors;
  if (cors !== undefined && isPreflight(request)) return preflightAnswer(cors, request);
  const redirect = filters.find(({ type }) => type === "RequestRedirect");
  if (redirect !== undefined) return redirected(call, asked, match, redirect);
  let passed = forwarded(call, asked.host);
  for (const filter of filters) passed = applied(passed, filter, match, asked);
  for (const filter of filters) mirror(world, call, entry, filter, passed);
  const answer = toBackend(world, call, entry, passed);
  const modified = filters.reduce(
    (all, { responseHeaderModifier }) => modifiedAnswer(all, responseHeaderModifier),
    answer,
  );
  return cors === undefined
    ? modified
    : { ...modified, headers: { ...modified.headers, ...corsAnswer(cors, request) } };
}

/** The status of gRPC that stands for one of HTTP. */
const RPC_STATUS: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** What the Gateway says by itself. */
function told(request: HttpRequest, status: number, text: string): HttpResponse {
  if (request.headers["content-type"]?.startsWith("application/grpc") !== true) {
    return respond(request.method, status, text, text === "" ? {} : { "content-type": "text/plain" });
  }
  const rpc = { "grpc-status": String(RPC_STATUS[status] ?? 2), ...(text !== "" && { "grpc-message": text }) };
  return respond(request.method, 200, "", { "content-type": "application/grpc", ...rpc });
}

interface Asked {
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly request: HttpRequest;
}

function askedFor(request: HttpRequest): Asked {
  const cut = request.path.indexOf("?");
  return {
    host: (request.headers["host"] ?? "").replace(/:\d+$/, "").toLowerCase(),
    path: cut < 0 ? request.path : request.path.slice(0, cut),
    query: cut < 0 ? "" : request.path.slice(cut),
    request,
  };
}

/** The most particular listener for the host, and its first rule that fits. */
function entryFor({ listeners }: Door, asked: Asked): Entry | undefined {
  const names = [...listeners.keys()]
    .filter((name) => name === "*" || name === asked.host || isBelow(asked.host, name))
    .sort((a, b) => Number(b === asked.host) - Number(a === asked.host) || b.length - a.length);
  const [name] = names;
  if (name === undefined) return undefined;
  return (listeners.get(name) ?? []).find(
    (entry) =>
      (entry.host === "*" || entry.host === asked.host || isBelow(asked.host, entry.host)) && fits(entry, asked),
  );
}

function fits({ match, pattern }: Entry, { path, query, request }: Asked): boolean {
  const { type = "PathPrefix", value = "/" } = match.path ?? {};
  if (
    type === "Exact" ? path !== value : pattern !== undefined ? !pattern.matcher(path).find() : !isPrefix(value, path)
  )
    return false;
  if (match.method !== undefined && match.method !== request.method) return false;
  const holds = (given: string | undefined, kind: string, wanted: string): boolean =>
    given !== undefined && (kind === "RegularExpression" ? matchesPattern(`^(?:${wanted})$`, given) : given === wanted);
  const hasHeaders = (match.headers ?? []).every(({ type: kind = "Exact", name, value: wanted }) =>
    holds(request.headers[name.toLowerCase()], kind, wanted),
  );
  if (!hasHeaders || (match.queryParams?.length ?? 0) === 0) return hasHeaders;
  const params = parseQuery(query.slice(1));
  return (match.queryParams ?? []).every(({ type: kind = "Exact", name, value: wanted }) =>
    holds(params[name], kind, wanted),
  );
}

/** Whole elements of the path, as the specification has it. */
function isPrefix(prefix: string, path: string): boolean {
  const stem = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
  return path === stem || path.startsWith(`${stem}/`);
}

function pathBy(modifier: PathModifier | undefined, path: string, match: Match): string {
  if (modifier === undefined) return path;
  if (modifier.type === "ReplaceFullPath") return modifier.replaceFullPath ?? path;
  const stem = (match.path?.value ?? "/").replace(/\/$/, "");
  const rest = path.slice(stem.length);
  const start = (modifier.replacePrefixMatch ?? "").replace(/\/$/, "");
  const whole = rest === "" ? start : `${start}${rest.startsWith("/") ? "" : "/"}${rest}`;
  return whole.startsWith("/") ? whole : `/${whole}`;
}

function redirected({ request, door, port }: GatewayCall, asked: Asked, match: Match, filter: Filter): HttpResponse {
  const { scheme, hostname, path, port: given, statusCode = 302 } = filter.requestRedirect ?? {};
  const own = door.isSecure ? "https" : "http";
  const target = scheme ?? own;
  const usual = target === "https" ? 443 : 80;
  // Another scheme means its usual port, unless one is given.
  const number = given ?? (scheme === undefined ? port : usual);
  const host = `${hostname ?? asked.host}${number === usual ? "" : `:${number}`}`;
  const location = `${target}://${host}${pathBy(path, asked.path, match)}${asked.query}`;
  return respond(request.method, statusCode, "", { location });
}

function forwarded({ request, clientIP, door }: GatewayCall, host: string): HttpRequest {
  const before = request.headers["x-forwarded-for"];
  const headers = {
    ...request.headers,
    host: request.headers["host"] ?? host,
    "x-forwarded-for": before === undefined ? clientIP : `${before},${clientIP}`,
    "x-forwarded-proto": door.isSecure ? "https" : "http",
  };
  return { ...request, headers };
}

function applied(request: HttpRequest, filter: Filter, match: Match, asked: Asked): HttpRequest {
  if (filter.type === "RequestHeaderModifier") {
    return { ...request, headers: modified(request.headers, filter.requestHeaderModifier) };
  }
  if (filter.type !== "URLRewrite") return request;
  const { hostname, path } = filter.urlRewrite ?? {};
  const headers = hostname === undefined ? request.headers : { ...request.headers, host: hostname };
  return { ...request, headers, path: pathBy(path, asked.path, match) + asked.query };
}

function modified(headers: Readonly<Record<string, string>>, modifier: Modifier | undefined): Record<string, string> {
  const all: Record<string, string> = { ...headers };
  for (const { name, value } of modifier?.set ?? []) all[name.toLowerCase()] = value;
  for (const { name, value } of modifier?.add ?? []) {
    const key = name.toLowerCase();
    all[key] = all[key] === undefined ? value : `${all[key]},${value}`;
  }
  for (const name of modifier?.remove ?? []) delete all[name.toLowerCase()];
  return all;
}

const modifiedAnswer = (answer: HttpResponse, modifier: Modifier | undefined): HttpResponse =>
  modifier === undefined ? answer : { ...answer, headers: modified(answer.headers, modifier) };

/** A copy of the request for somebody whose answer is not waited for. */
function mirror(world: World, call: GatewayCall, { route }: Entry, filter: Filter, passed: HttpRequest): void {
  const { backendRef, percent, fraction } = filter.requestMirror ?? {};
  if (backendRef === undefined) return;
  const { numerator = percent ?? 100, denominator = 100 } = fraction ?? {};
  if (numerator < denominator && world.entropy.fraction() * denominator >= numerator) return;
  const chosen = endpointOf(world, backendRef, route.metadata.namespace ?? "");
  if (chosen !== undefined) call.send(chosen, passed);
}

function endpointOf(world: World, ref: BackendRef, home: string): Destination | undefined {
  const { client, entropy } = world;
  const service = client.get(services, { namespace: ref.namespace ?? home, name: ref.name });
  const port = service?.spec.ports?.find((one) => one.port === ref.port);
  const found = service === undefined || port === undefined ? [] : readyEndpoints(client, service, port);
  return found.length > 1 ? entropy.pick(found) : found[0];
}

/** How often a request is sent at most, whatever a route says. */
const ATTEMPTS_MAX = 10;

/** Sends a request, again where the rule says so: another endpoint may be drawn. */
function sent(
  call: GatewayCall,
  { retry }: Rule,
  draw: () => Destination | undefined,
  request: HttpRequest,
): HttpResponse | NetFailure {
  const attempts = 1 + Math.min(retry === undefined ? 0 : (retry.attempts ?? 1), ATTEMPTS_MAX);
  const codes = retry?.codes ?? [];
  let answer: HttpResponse | NetFailure = "refused";
  for (let n = 0; n < attempts; n += 1) {
    const endpoint = draw();
    answer = endpoint === undefined ? "refused" : call.send(endpoint, request);
    if (typeof answer !== "string" && !codes.includes(answer.status)) break;
  }
  return answer;
}

/** The endpoint of a connection that is carried as it is; undefined if there is none. */
export function streamEndpoint(world: World, { listeners }: Door): Destination | undefined {
  const [entry] = listeners.get("*") ?? [];
  const ref = entry && chosenBackend(world, entry.rule);
  if (entry === undefined || ref === undefined || !backendVerdict(world.client.registry, entry, ref).isTrue)
    return undefined;
  return endpointOf(world, ref, entry.route.metadata.namespace ?? "");
}

function chosenBackend({ entropy }: World, { backendRefs = [] }: Rule): BackendRef | undefined {
  const total = backendRefs.reduce((sum, { weight = 1 }) => sum + weight, 0);
  if (total <= 0) return undefined;
  let left = backendRefs.length === 1 ? 0 : entropy.int(total);
  for (const ref of backendRefs) {
    left -= ref.weight ?? 1;
    if (left < 0) return ref;
  }
  return backendRefs[0];
}

function toBackend(world: World, call: GatewayCall, entry: Entry, passed: HttpRequest): HttpResponse {
  const { rule, route, match } = entry;
  const { kind } = entry;
  const ref = chosenBackend(world, rule);
  if (ref === undefined) return told(call.request, 500, "");
  if (!backendVerdict(world.client.registry, { kind, route }, ref).isTrue) return told(call.request, 500, "");
  const home = route.metadata.namespace ?? "";
  if (endpointOf(world, ref, home) === undefined) return told(call.request, 503, "no healthy upstream");
  const asked = askedFor(passed);
  const request = (ref.filters ?? []).reduce((all, filter) => applied(all, filter, match, asked), passed);
  const answer = sent(call, rule, () => endpointOf(world, ref, home), request);
  if (typeof answer === "string") {
    const why = answer === "timeout" ? "connection timeout" : "connection failure";
    return told(call.request, 503, `upstream connect error or disconnect/reset before headers. reset reason: ${why}`);
  }
  const limit = rule.timeouts?.request ?? rule.timeouts?.backendRequest;
  const limitMs = limit === undefined ? 0 : (parseDuration(limit) ?? 0);
  if (limitMs > 0 && (answer.delayMs ?? 0) > limitMs) return told(call.request, 504, "upstream request timeout");
  return (ref.filters ?? []).reduce(
    (all, { responseHeaderModifier }) => modifiedAnswer(all, responseHeaderModifier),
    answer,
  );
}
