/**
 * `/.well-known/openid-configuration` and `/openid/v1/jwks`: how others verify the cluster's tokens.
 *
 * Models pkg/routes/openidmetadata.go and pkg/serviceaccount/openidmetadata.go.
 */
import type { ApiContext } from "#apiserver/api-env";
import { keySet } from "#kernel/apimachinery/jwt/jwt";
import { signingKey } from "#kernel/registry/signing-key";
import { ISSUER } from "#kernel/resources/authentication/token.claims";

const CONFIGURATION = "/.well-known/openid-configuration";
const KEYS = "/openid/v1/jwks";

/** Answers a request for one of the two documents; undefined if it is about something else. */
export function issuerDocument(c: ApiContext): Promise<Response> | undefined {
  const { pathname } = new URL(c.req.url);
  if (c.req.method !== "GET" || (pathname !== CONFIGURATION && pathname !== KEYS)) return undefined;
  return c.get("turns").run((cluster) => {
    const key = signingKey(cluster.cells);
    return pathname === KEYS
      ? document(keySet(key === undefined ? [] : [key]), "application/jwk-set+json")
      : document(configuration, "application/json");
  });
}

const configuration = {
  issuer: ISSUER,
  jwks_uri: `${ISSUER}${KEYS}`,
  response_types_supported: ["id_token"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["ES256"],
};

const document = (value: object, type: string): Response =>
  new Response(JSON.stringify(value), { headers: { "content-type": type, "cache-control": "public, max-age=3600" } });
