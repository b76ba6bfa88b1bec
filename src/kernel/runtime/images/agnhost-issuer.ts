/**
 * `agnhost test-service-account-issuer-discovery`: whether a token can be verified with what its issuer publishes.
 *
 * Models test/images/agnhost/openidmetadata.
 * Leaves out issuers outside the cluster: the one there is, is the API server, and it is asked in the cluster.
 */
import { isSignedBy, publicKeyOf, readToken } from "#kernel/apimachinery/jwt/jwt";
import { goDate } from "#kernel/runtime/images/go";
import { goFlag } from "#kernel/runtime/images/http-echo";
import { askApi } from "#kernel/runtime/images/stock/in-cluster";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

/** Runs to the end: 0 if the token is good. */
export function issuerDiscovery(task: Task<never>): Step {
  const say = (text: string): void => {
    task.complain(`${goDate(task.now)} ${text}\n`);
  };
  const problem = validate(task, say);
  if (problem === undefined) return 0;
  say(problem);
  return 1;
}

function validate(task: Task<never>, say: (text: string) => void): string | undefined {
  const path = goFlag(task.argv, "token-path") ?? "";
  const audience = goFlag(task.argv, "audience") ?? "";
  const token = task.readFile(path);
  if (typeof token !== "string") return `open ${path}: no such file or directory`;
  say("OK: Got token");
  say("validating with in-cluster discovery");
  const claims = readToken(token.trim())?.claims;
  if (claims === undefined) return "failed to parse token: square/go-jose: compact JWS format must have three parts";
  const issuer = String(claims["iss"] ?? "");
  say(`OK: got issuer ${issuer}`);
  say(`Full, not-validated claims:\n${JSON.stringify(claims)}`);
  const found = askApi(task, "GET", "/.well-known/openid-configuration");
  if (found.status !== 200) return `${found.status}: ${String(found.told["message"] ?? "")}`;
  const said = String(found.told["issuer"] ?? "");
  if (said !== issuer)
    return `oidc: issuer did not match the issuer returned by provider, expected "${issuer}" got "${said}"`;
  say(`OK: Constructed OIDC provider for issuer ${issuer}`);
  const keys = askApi(task, "GET", "/openid/v1/jwks");
  const listed = Array.isArray(keys.told["keys"]) ? keys.told["keys"] : [];
  const isSigned = listed.some((key: unknown) => {
    const publicKey = publicKeyOf(key);
    return publicKey !== undefined && isSignedBy(token.trim(), publicKey);
  });
  if (!isSigned) return "failed to verify signature: failed to verify id token signature";
  const audiences = [claims["aud"]].flat();
  if (!audiences.includes(audience)) {
    return `oidc: expected audience "${audience}" got ${JSON.stringify(audiences)}`;
  }
  say("OK: Validated signature on JWT");
  if (Number(claims["exp"] ?? 0) * 1_000 <= task.now) return "oidc: token is expired";
  say("OK: Got valid claims from token!");
  say(`Full, validated claims:\n${JSON.stringify(claims)}`);
  return undefined;
}
