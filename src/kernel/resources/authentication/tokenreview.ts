/**
 * TokenReview: whom does this token stand for? What servers ask that take the cluster's tokens.
 *
 * Models pkg/registry/authentication/tokenreview.
 */
import type { TokenReview, UserInfo } from "#kernel/api/types.gen";
import { badRequest } from "#kernel/apimachinery/errors";
import { defineResource } from "#kernel/registry/definition";
import type { User } from "#kernel/registry/user";
import { authenticateToken, ISSUER } from "#kernel/resources/authentication/token.claims";

export const AUTHENTICATION_GROUP = "authentication.k8s.io";

export const tokenreviews = defineResource<TokenReview>({
  group: AUTHENTICATION_GROUP,
  version: "v1",
  names: { kind: "TokenReview", plural: "tokenreviews", singular: "tokenreview" },
  scope: "Cluster",
  verbs: ["create"],

  review(review, { registry }) {
    const { token, audiences = [] } = review.spec;
    if ((token ?? "") === "") throw badRequest("token is required for TokenReview in authentication");
    const found = authenticateToken(registry, token, audiences.length === 0 ? [ISSUER] : audiences);
    if ("problem" in found) return { ...review, status: { user: {}, error: found.problem } };
    const status = { authenticated: true, user: userInfo(found.user), audiences: [...found.audiences] };
    return { ...review, status };
  },
});

/** A user as authentication.k8s.io/v1 writes him. */
export function userInfo({ name, uid, groups, extra }: User): UserInfo {
  return {
    username: name,
    ...(uid !== undefined && uid !== "" && { uid }),
    ...(groups.length > 0 && { groups: [...groups] }),
    ...(extra !== undefined && {
      extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])),
    }),
  };
}
