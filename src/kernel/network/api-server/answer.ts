/**
 * The API server's answers to containers: who asks by his service account's token reads and deletes what his roles let
 * him, over HTTP with JSON.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers for JSON clients.
 * Leaves out watches, creates, updates and patches from within a container: they are refused by name.
 */

import { badRequest, methodNotSupported, StatusError, statusOf, unauthorized } from "#kernel/apimachinery/errors";
import { parseFieldSelector } from "#kernel/apimachinery/field-selector";
import { keySet } from "#kernel/apimachinery/jwt/jwt";
import { parse as parseSelector } from "#kernel/apimachinery/labels";
import { versionInfo } from "#kernel/apimachinery/version";
import { requireAllowed } from "#kernel/registry/authorize";
import type { Client } from "#kernel/registry/client";
import type { AnyResource, Verb } from "#kernel/registry/definition";
import { groupResourceOf, type Registry } from "#kernel/registry/registry";
import { signingKey } from "#kernel/registry/signing-key";
import { ANONYMOUS, UNAUTHENTICATED_GROUP, type User } from "#kernel/registry/user";
import { authenticateToken, ISSUER } from "#kernel/resources/authentication/token.claims";
import type { HttpRequest, HttpResponse, World } from "#kernel/runtime/world";
import type { KubeObject } from "#kernel/store/object";

/** Answers a request of a container. */
export function apiServerAnswer({ client }: World, request: HttpRequest): HttpResponse {
  try {
    return answer(client.registry, request);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const status = statusOf(error);
    return json(status.code ?? 500, status);
  }
}

function answer(registry: Registry, request: HttpRequest): HttpResponse {
  const user = userOf(registry, request);
  const [path = "", query = ""] = request.path.split(/\?(.*)/s);
  const target = targetOf(path);
  if (target === undefined) {
    requireAllowed(registry, { user, verb: request.method.toLowerCase(), path });
    return document(registry, path);
  }
  const params = new Map(
    query.split("&").map((pair): [string, string] => {
      const [name = "", value = ""] = pair.split(/=(.*)/s).map(unescaped);
      return [name, value];
    }),
  );
  const verb = verbOf(request.method, target.name, params);
  const { group, version, plural, subresource, name } = target;
  const namespace = plural === "namespaces" ? name : target.namespace;
  requireAllowed(registry, { user, verb, group, version, plural, subresource, namespace, name });
  const resource = registry.resource({ group, version, plural });
  if (resource === undefined || (subresource !== "" && subresource !== "status")) return notThere();
  return carryOut(registry.as(user, userAgent(request)), resource, { ...target, verb, params });
}

const userAgent = ({ headers }: HttpRequest): string => (headers["user-agent"] ?? "").split("/")[0] ?? "";

/** @throws Unauthorized */
function userOf(registry: Registry, { headers }: HttpRequest): User {
  const [, token] = /^Bearer\s+(.+)$/i.exec(headers["authorization"] ?? "") ?? [];
  if (token === undefined) return { name: ANONYMOUS, groups: [UNAUTHENTICATED_GROUP] };
  const found = authenticateToken(registry, token.trim());
  if ("problem" in found) throw unauthorized();
  return found.user;
}

/** What a path names. */
interface Target {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

function targetOf(path: string): Target | undefined {
  const [root, ...segments] = path
    .split("/")
    .filter((part) => part !== "")
    .map(unescaped);
  if (root !== "api" && root !== "apis") return undefined;
  const group = root === "apis" ? segments.shift() : "";
  const version = segments.shift();
  if (group === undefined || version === undefined || segments.length === 0) return undefined;
  let namespace = "";
  if (segments[0] === "namespaces" && segments.length > 2 && segments[2] !== "status" && segments[2] !== "finalize") {
    namespace = segments[1] ?? "";
    segments.splice(0, 2);
  }
  const [plural = "", name = "", subresource = ""] = segments;
  return { group, version, plural, namespace, name, subresource };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest(`invalid URL escape ${JSON.stringify(text)}`);
  }
}

function verbOf(method: string, name: string, params: ReadonlyMap<string, string>): Verb {
  const isOne = name !== "";
  if (method === "GET" || method === "HEAD") {
    if (/^(1|t|true)$/i.test(params.get("watch") ?? "")) return "watch";
    return isOne ? "get" : "list";
  }
  if (method === "DELETE") return isOne ? "delete" : "deletecollection";
  if (method === "PUT") return "update";
  return method === "PATCH" ? "patch" : "create";
}

interface Request extends Target {
  readonly verb: Verb;
  readonly params: ReadonlyMap<string, string>;
}

function carryOut(client: Client, resource: AnyResource, request: Request): HttpResponse {
  const { verb, name, namespace, params } = request;
  if (!resource.verbs.includes(verb)) throw methodNotSupported(groupResourceOf(resource), verb);
  const key = { namespace: resource.isNamespaced ? namespace : "", name };
  if (verb === "get") return json(200, client.need(resource, key));
  if (verb === "delete") {
    const seconds = params.get("gracePeriodSeconds");
    return json(
      200,
      client.delete(resource, key, seconds === undefined ? {} : { gracePeriodSeconds: Number(seconds) }),
    );
  }
  if (verb === "list") return listed(client, resource, request);
  const why = `the API server takes no ${verb} from simulated containers`;
  return json(501, { ...FAILURE, message: why, reason: "NotImplemented", code: 501 });
}

function listed(client: Client, resource: AnyResource, { namespace, params }: Request): HttpResponse {
  const { items, revision } = client.page(resource, {
    namespace,
    labels: parseSelector(params.get("labelSelector") ?? ""),
    fields: parseFieldSelector(params.get("fieldSelector") ?? ""),
    limit: Number(params.get("limit") ?? 0) || 0,
  });
  const { group, version, names } = resource;
  return json(200, {
    kind: names.listKind ?? `${names.kind}List`,
    apiVersion: group === "" ? version : `${group}/${version}`,
    metadata: { resourceVersion: String(revision) },
    items: (items as readonly KubeObject[]).map(({ apiVersion: _, kind: __, ...rest }) => rest),
  });
}

/** What is no object: health, version, and how the cluster's tokens are verified. */
function document(registry: Registry, path: string): HttpResponse {
  if (/^\/(healthz|livez|readyz)$/.test(path)) return text(200, "ok");
  if (path === "/version") return json(200, versionInfo);
  if (path === "/api") return json(200, { kind: "APIVersions", versions: ["v1"] });
  const key = signingKey(registry.cells);
  if (path === "/openid/v1/jwks") return json(200, keySet(key === undefined ? [] : [key]));
  if (path === "/.well-known/openid-configuration") {
    return json(200, {
      issuer: ISSUER,
      jwks_uri: `${ISSUER}/openid/v1/jwks`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
    });
  }
  return notThere();
}

const FAILURE = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" };

const notThere = (): HttpResponse => text(404, "404 page not found\n");

const text = (status: number, body: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body,
});

const json = (status: number, value: object): HttpResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: `${JSON.stringify(value, null, 2)}\n`,
});
