/**
 * SelfSubjectAccessReview: may I do that? What `kubectl auth can-i` asks.
 *
 * Models pkg/registry/authorization/selfsubjectaccessreview.
 */
import type { SelfSubjectAccessReview } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";
import {
  AUTHORIZATION_GROUP,
  askedAttributes,
  reviewStatus,
  validateBareMeta,
  validateQuestion,
} from "#kernel/resources/authorization/review.facts";

export const selfsubjectaccessreviews = defineResource<SelfSubjectAccessReview>({
  group: AUTHORIZATION_GROUP,
  version: "v1",
  names: { kind: "SelfSubjectAccessReview", plural: "selfsubjectaccessreviews", singular: "selfsubjectaccessreview" },
  scope: "Cluster",
  verbs: ["create"],

  validate({ spec, metadata }, at) {
    validateQuestion(spec, at);
    validateBareMeta(metadata, at);
  },

  review(review, { registry, user }) {
    return { ...review, status: reviewStatus(registry, askedAttributes(user, review.spec)) };
  },
});
