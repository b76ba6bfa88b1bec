/**
 * SelfSubjectReview: who am I? What `kubectl auth whoami` asks.
 *
 * Models pkg/registry/authentication/selfsubjectreview.
 */
import type { SelfSubjectReview } from "#kernel/api/types.gen";
import { timeText } from "#kernel/apimachinery/meta";
import { defineResource } from "#kernel/registry/definition";
import { AUTHENTICATION_GROUP, userInfo } from "#kernel/resources/authentication/tokenreview";

export const selfsubjectreviews = defineResource<SelfSubjectReview>({
  group: AUTHENTICATION_GROUP,
  version: "v1",
  names: { kind: "SelfSubjectReview", plural: "selfsubjectreviews", singular: "selfsubjectreview" },
  scope: "Cluster",
  verbs: ["create"],

  review(review, { registry, user }) {
    const metadata = { ...review.metadata, creationTimestamp: timeText(registry.now) };
    return { ...review, metadata, status: { userInfo: userInfo(user) } };
  },
});
