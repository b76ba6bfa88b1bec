/**
 * Questions about secrets.
 *
 * Models pkg/apis/core/types.go (secret types).
 */
import type { Secret } from "#kernel/api/types.gen";

/** The type of a Secret that holds a service account's token. */
export const TOKEN_SECRET = "kubernetes.io/service-account-token";

/** The Secret without a token that opens the cluster it was signed in; another one as it is. */
export function withoutToken(secret: Secret): Secret {
  if (secret.type !== TOKEN_SECRET || secret.data?.["token"] === undefined) return secret;
  const { token: _, ...data } = secret.data;
  return { ...secret, data };
}
