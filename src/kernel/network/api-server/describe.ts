/**
 * What is no object, as containers read it: discovery, health, version, and how the cluster's tokens are verified.
 *
 * Models k8s.io/apiserver/pkg/server (healthz, routes) and pkg/endpoints/discovery.
 */

import { keySet } from "#kernel/apimachinery/jwt/jwt";
import { versionInfo } from "#kernel/apimachinery/version";
import { NotImplemented } from "#kernel/network/api-server/answer.errors";
import type { Registry } from "#kernel/registry/registry";
import { signingKey } from "#kernel/registry/signing-key";
import { aggregated, coreVersions, group, groupList, resourceList } from "#kernel/requests/discovery";
import { isPretty } from "#kernel/requests/present";
import type { Query } from "#kernel/requests/query";
import { ISSUER } from "#kernel/resources/authentication/token.claims";
import { hasQuorum } from "#kernel/runtime/quorum";
import type { HttpRequest, HttpResponse, World } from "#kernel/runtime/world";

/** Answers for a document. @throws NotImplemented */
export function describe(world: World, path: string, query: Query, request: HttpRequest): HttpResponse {
  const { registry } = world.client;
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) {
    return hasQuorum(registry.cells) ? text(200, "ok") : text(500, "internal server error: etcd failed\n");
  }
  if (path.startsWith("/openapi/")) throw new NotImplemented("simulated containers read no OpenAPI document");
  const document = documentOf(registry, path.replace(/(.)\/$/, "$1"), request);
  if (document === undefined) return text(404, "404 page not found\n");
  const isIndented = isPretty(request.headers["user-agent"] ?? "", query);
  const body = JSON.stringify(document, null, isIndented ? 2 : undefined);
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

function documentOf(registry: Registry, path: string, request: HttpRequest): object | undefined {
  const served = { kinds: [...registry.resources], remote: [] };
  if (path === "/version") return versionInfo;
  if (path === "/openid/v1/jwks") {
    const key = signingKey(registry.cells);
    return keySet(key === undefined ? [] : [key]);
  }
  if (path === "/.well-known/openid-configuration") return CONFIGURATION;
  if (path === "/api" || path === "/apis") {
    const root = path.slice(1) as "api" | "apis";
    if (/g=apidiscovery\.k8s\.io;v=v2;/.test(request.headers["accept"] ?? "")) return aggregated(served, root);
    return root === "api" ? coreVersions(request.headers["host"] ?? "") : groupList(served);
  }
  const [, version] = /^\/api\/([^/]+)$/.exec(path) ?? [];
  if (version !== undefined) return resourceList(served, { group: "", version });
  const [, name = "", own] = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (name === "") return undefined;
  return own === undefined ? group(served, name) : resourceList(served, { group: name, version: own });
}

const CONFIGURATION = {
  issuer: ISSUER,
  jwks_uri: `${ISSUER}/openid/v1/jwks`,
  response_types_supported: ["id_token"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["ES256"],
};

const text = (status: number, body: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body,
});
