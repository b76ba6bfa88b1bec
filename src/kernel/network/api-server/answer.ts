/**
 * The API server's answers to containers: who asks by his service account's token may what his roles let him, over
 * HTTP with JSON or YAML.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers.
 * Leaves out streams: a watch tells what has happened and ends, a log is not followed, and nobody is impersonated.
 */

import {
  internalError,
  methodNotSupported,
  pathNotFound,
  StatusError,
  statusOf,
  tooManyRequests,
  unauthorized,
} from "#kernel/apimachinery/errors";
import { NotImplemented } from "#kernel/network/api-server/answer.errors";
import { describe } from "#kernel/network/api-server/describe";
import { execAnswer } from "#kernel/network/api-server/exec";
import { logRequest } from "#kernel/network/api-server/log";
import { aggregatedAnswer } from "#kernel/network/api-server/remote";
import { watchAnswer } from "#kernel/network/api-server/watch";
import { requireAllowed } from "#kernel/registry/authorize";
import { NeedsAnswer } from "#kernel/registry/outside";
import { groupResourceOf, type Registry } from "#kernel/registry/registry";
import { ANONYMOUS, UNAUTHENTICATED_GROUP, type User } from "#kernel/registry/user";
import { ofPath, ofResource } from "#kernel/requests/attributes";
import { type Call, type Door, type Outcome, servedResource } from "#kernel/requests/call";
import { decodeText } from "#kernel/requests/decode";
import { createBinding, GENERIC_SUBRESOURCES, OBJECT_DEEDS, SUBRESOURCE_DEEDS } from "#kernel/requests/deeds";
import { subresourcesOf } from "#kernel/requests/discovery";
import { bodyType, negotiate } from "#kernel/requests/media-type";
import { isPretty, listText, objectText, warningHeaders } from "#kernel/requests/present";
import { type Query, queryOf } from "#kernel/requests/query";
import { type RequestInfo, readInfo } from "#kernel/requests/request-info";
import { authenticateToken } from "#kernel/resources/authentication/token.claims";
import { readLog } from "#kernel/runtime/logs";
import { loudly } from "#kernel/runtime/own-changes";
import { requireQuorum } from "#kernel/runtime/quorum";
import type { HttpRequest, HttpResponse, World } from "#kernel/runtime/world";
import { must } from "#kernel/sim/assert";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

/** Answers a request of a container. */
export function apiServerAnswer(world: World, request: HttpRequest): HttpResponse {
  const { registry } = world.client;
  const warnings: string[] = [];
  try {
    limit(registry);
    return loudly(() => answer(world, request, warnings));
  } catch (error) {
    return refusal(error, request, warnings);
  }
}

/** @throws what is a bug */
function refusal(error: unknown, request: HttpRequest, warnings: readonly string[]): HttpResponse {
  if (error instanceof NotImplemented) return json(501, { ...FAILURE, message: error.message, ...NOT_IMPLEMENTED });
  // A controller's work is begun again once the answer is there; a container's cannot be.
  const known = error instanceof NeedsAnswer ? internalError(`no answer from ${error.request.url} in time`) : error;
  if (!(known instanceof StatusError)) throw error;
  const status = statusOf(known);
  const seconds = status.details?.retryAfterSeconds ?? 0;
  const body = JSON.stringify(status, null, isPretty(agentOf(request), NO_QUERY) ? 2 : undefined);
  return {
    status: status.code ?? 500,
    headers: {
      "content-type": "application/json",
      ...warned([...warnings, ...known.warnings]),
      ...(seconds > 0 && { "retry-after": String(seconds) }),
    },
    body: `${body}\n`,
  };
}

const NO_QUERY = queryOf("");
const NOT_IMPLEMENTED = { reason: "NotImplemented", code: 501 };
const FAILURE = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" };

/** Requests of the present instant, of each cluster. */
const counts = new WeakMap<Registry, { at: Instant; count: number }>();

/** Containers that ask without end must not hold up the cluster. @throws TooManyRequests */
function limit(registry: Registry): void {
  const { now } = registry;
  const found = counts.get(registry);
  if (found?.at !== now) counts.set(registry, { at: now, count: 1 });
  else {
    found.count += 1;
    if (found.count > LIMITS.apiRequestsAtOnce) throw tooManyRequests(1);
  }
}

const agentOf = ({ headers }: HttpRequest): string => headers["user-agent"] ?? "";

/** @throws StatusError, NotImplemented */
function answer(world: World, request: HttpRequest, warnings: string[]): HttpResponse {
  const { registry } = world.client;
  const user = userOf(registry, request);
  if (Object.keys(request.headers).some((name) => name.startsWith("impersonate-"))) {
    throw new NotImplemented("the API server lets no simulated container impersonate");
  }
  const [path = "", search = ""] = request.path.split(/\?(.*)/s);
  const query = queryOf(search);
  const info = readInfo(request.method, path, query);
  requireAllowed(registry, info === undefined ? ofPath(user, request.method, path) : ofResource(user, info, query));
  const elsewhere = aggregatedAnswer(world, user, path, request);
  if (elsewhere !== undefined) return elsewhere;
  if (info === undefined) return describe(world, path, query, request);
  const client = (fieldManager = "unknown") => {
    requireQuorum(registry.cells, request.method === "GET" && (query.get("resourceVersion") ?? "") !== "");
    return registry.as(user, fieldManager);
  };
  const door: Door = { registry, client, note: (texts) => warnings.splice(0, warnings.length, ...texts) };
  const text = { text: request.body, type: bodyType(request.headers["content-type"] ?? null) };
  const body = {
    ...text,
    isEmpty: request.body === "",
    decode: (target, validation) => decodeText(text, target, validation),
  } satisfies Call["body"];
  return carryOut(world, door, { info, query, agent: agentOf(request), body }, request);
}

/** @throws Unauthorized */
function userOf(registry: Registry, { headers }: HttpRequest): User {
  const [, token] = /^Bearer\s+(.+)$/i.exec(headers["authorization"] ?? "") ?? [];
  if (token === undefined) return { name: ANONYMOUS, groups: [UNAUTHENTICATED_GROUP] };
  const found = authenticateToken(registry, token.trim());
  if ("problem" in found) throw unauthorized();
  return found.user;
}

function carryOut(world: World, door: Door, call: Call, request: HttpRequest): HttpResponse {
  const { info, query } = call;
  const { plural, subresource, name, verb } = info;
  const { now } = world;
  if (verb === "watch") return watchAnswer(door, call, now, request.headers["accept"] ?? null);
  if (plural === "bindings" && verb === "create") return shown(createBinding(door, call), call, request, now);
  if (plural === "pods" && subresource === "log" && verb === "get") return logAnswer(world, door, info, query);
  if (plural === "pods" && subresource === "exec") return execAnswer(world, door, info, query, request);
  if (STREAMS.has(subresource))
    throw new NotImplemented(`the API server has no ${subresource} for simulated containers`);
  const own = SUBRESOURCE_DEEDS[`${plural}/${subresource} ${verb}`];
  if (own !== undefined) return shown(own(door, call), call, request, now);
  const deed = OBJECT_DEEDS[verb];
  const isOnObject = verb !== "create" && verb !== "list" && verb !== "deletecollection";
  const resource = servedResource(door.registry, info);
  const isThere = subresource === "" || subresourcesOf(resource).some((one) => one.name === subresource);
  if (!isThere) throw pathNotFound();
  if (deed === undefined || !GENERIC_SUBRESOURCES.has(subresource) || isOnObject !== (name !== "")) {
    throw methodNotSupported(groupResourceOf(resource), verb);
  }
  return shown(deed(door, call), call, request, now);
}

/** Subresources that are connections to somebody else. */
const STREAMS: ReadonlySet<string> = new Set(["attach", "portforward", "proxy"]);

function logAnswer({ cells }: World, door: Door, info: RequestInfo, query: Query): HttpResponse {
  const wanted = logRequest(door.client(), query, info);
  const body = wanted === undefined ? "" : readLog(cells, wanted.container, wanted).text;
  return { status: 200, headers: { "content-type": "text/plain" }, body };
}

/** An outcome in the form the client accepts. @throws NotAcceptable */
function shown(outcome: Outcome, { query, agent }: Call, request: HttpRequest, now: Instant): HttpResponse {
  const { resource, status, warnings } = outcome;
  const hasTable = resource?.review === undefined;
  const accept = negotiate(request.headers["accept"] ?? null, { hasProtobuf: false, hasTable });
  const form = { accept, now, query };
  const text =
    "object" in outcome.answer
      ? objectText(resource, outcome.answer.object, form)
      : listText(must(resource, "a list is of a kind"), outcome.answer.list, form);
  const deprecation = resource?.deprecation === undefined ? [] : [resource.deprecation];
  const isIndented = accept.isPretty === true || isPretty(agent, query);
  return {
    status,
    headers: { "content-type": "application/json", ...warned([...deprecation, ...warnings]) },
    body: request.method === "HEAD" ? "" : isIndented ? JSON.stringify(JSON.parse(text), null, 2) : text,
  };
}

const warned = (warnings: readonly string[]): Readonly<Record<string, string>> =>
  warnings.length === 0 ? {} : { warning: warningHeaders(warnings).join(", ") };

const json = (status: number, value: object): HttpResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: `${JSON.stringify(value, null, 2)}\n`,
});
