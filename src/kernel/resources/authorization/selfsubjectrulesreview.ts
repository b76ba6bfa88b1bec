/**
 * SelfSubjectRulesReview: all I may do in a namespace. What `kubectl auth can-i --list` asks.
 *
 * Models pkg/registry/authorization/selfsubjectrulesreview.
 */
import type { PolicyRule, SelfSubjectRulesReview } from "#kernel/api/types.gen";
import { badRequest } from "#kernel/apimachinery/errors";
import { allRules } from "#kernel/registry/authorize";
import { defineResource } from "#kernel/registry/definition";
import { AUTHORIZATION_GROUP } from "#kernel/resources/authorization/review.facts";

const isAboutResources = ({ resources = [] }: PolicyRule): boolean => resources.length > 0;
const isAboutPaths = ({ nonResourceURLs = [] }: PolicyRule): boolean => nonResourceURLs.length > 0;

export const selfsubjectrulesreviews = defineResource<SelfSubjectRulesReview>({
  group: AUTHORIZATION_GROUP,
  version: "v1",
  names: { kind: "SelfSubjectRulesReview", plural: "selfsubjectrulesreviews", singular: "selfsubjectrulesreview" },
  scope: "Cluster",
  verbs: ["create"],

  review(review, { registry, user }) {
    const { namespace = "" } = review.spec;
    if (namespace === "") throw badRequest("no namespace on request");
    const { rules, error } = allRules(registry, user, namespace);
    const status = {
      resourceRules: rules.filter(isAboutResources).map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        ...(apiGroups !== undefined && { apiGroups }),
        ...(resources !== undefined && { resources }),
        ...(resourceNames !== undefined && { resourceNames }),
      })),
      nonResourceRules: rules.filter(isAboutPaths).map(({ verbs, nonResourceURLs }) => ({
        verbs,
        ...(nonResourceURLs !== undefined && { nonResourceURLs }),
      })),
      incomplete: false,
      ...(error !== "" && { evaluationError: error }),
    };
    return { ...review, status };
  },
});
