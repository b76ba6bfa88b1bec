/**
 * SubjectAccessReview: may this user do that? And its sibling within one namespace.
 *
 * Models pkg/registry/authorization/subjectaccessreview and localsubjectaccessreview.
 */
import type { LocalSubjectAccessReview, SubjectAccessReview, SubjectAccessReviewSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { defineResource } from "#kernel/registry/definition";
import type { User } from "#kernel/registry/user";
import {
  AUTHORIZATION_GROUP,
  askedAttributes,
  printedPath,
  reviewStatus,
  validateBareMeta,
  validateQuestion,
} from "#kernel/resources/authorization/review.facts";

const userOf = ({ user = "", groups = [], uid, extra }: SubjectAccessReviewSpec): User => ({
  name: user,
  groups,
  ...(uid !== undefined && { uid }),
  ...(extra !== undefined && { extra }),
});

function validateSpec(spec: SubjectAccessReviewSpec, at: At): void {
  validateQuestion(spec, at);
  const { user = "", groups = [] } = spec;
  if (user === "" && groups.length === 0) {
    at("spec.user").invalid(user, "at least one of user or group must be specified");
  }
}

export const subjectaccessreviews = defineResource<SubjectAccessReview>({
  group: AUTHORIZATION_GROUP,
  version: "v1",
  names: { kind: "SubjectAccessReview", plural: "subjectaccessreviews", singular: "subjectaccessreview" },
  scope: "Cluster",
  verbs: ["create"],

  validate({ spec, metadata }, at) {
    validateSpec(spec, at);
    validateBareMeta(metadata, at);
  },

  review(review, { registry }) {
    const { spec } = review;
    return { ...review, status: reviewStatus(registry, askedAttributes(userOf(spec), spec)) };
  },
});

export const localsubjectaccessreviews = defineResource<LocalSubjectAccessReview>({
  group: AUTHORIZATION_GROUP,
  version: "v1",
  names: {
    kind: "LocalSubjectAccessReview",
    plural: "localsubjectaccessreviews",
    singular: "localsubjectaccessreview",
  },
  scope: "Namespaced",
  verbs: ["create"],

  validate({ spec, metadata }, at) {
    validateSpec(spec, at);
    validateBareMeta(metadata, at, true);
    const { resourceAttributes: asked, nonResourceAttributes: path } = spec;
    if (asked !== undefined && (asked.namespace ?? "") !== (metadata.namespace ?? "")) {
      at("spec.resourceAttributes.namespace").invalid(asked.namespace ?? "", "must match metadata.namespace");
    }
    if (path !== undefined)
      at("spec.nonResourceAttributes").invalid(printedPath(path), "disallowed on this kind of request");
  },

  review(review, { registry }) {
    const { spec } = review;
    return { ...review, status: reviewStatus(registry, askedAttributes(userOf(spec), spec)) };
  },
});
