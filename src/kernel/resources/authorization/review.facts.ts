/**
 * What the access reviews have alike: what they ask, how it is validated, and what they answer.
 *
 * Models pkg/registry/authorization/util and pkg/apis/authorization/validation.
 * Leaves out field and label selectors in resource attributes: role based access control does not look at them.
 */
import type {
  NonResourceAttributes,
  ObjectMeta,
  SelfSubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { goStruct } from "#kernel/apimachinery/go-text";
import { type Attributes, authorize } from "#kernel/registry/authorize";
import type { Registry } from "#kernel/registry/registry";
import type { User } from "#kernel/registry/user";

export const AUTHORIZATION_GROUP = "authorization.k8s.io";

/** Exactly one of the two things to ask about. `at` stands at the object. */
export function validateQuestion(spec: SelfSubjectAccessReviewSpec, at: At): void {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const detail = "cannot be specified in combination with resourceAttributes";
    at("spec.nonResourceAttributes").invalid(printedPath(nonResourceAttributes), detail);
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    at("spec.resourceAttributes").invalid(undefined, detail);
  }
}

/** The question about a path as errors show it. */
export const printedPath = ({ path = "", verb = "" }: NonResourceAttributes): object =>
  goStruct({ Path: path, Verb: verb });

/** A question has no metadata, or a namespace at most. `at` stands at the object. */
export function validateBareMeta(metadata: ObjectMeta, at: At, mayHaveNamespace = false): void {
  const { managedFields: _, creationTimestamp: __, namespace, ...rest } = metadata;
  const filled = Object.values(rest).filter((value) => value !== undefined && value !== "" && value !== null);
  if (filled.length === 0 && (mayHaveNamespace || (namespace ?? "") === "")) return;
  at("metadata").invalid(metadata, mayHaveNamespace ? "must be empty except for namespace" : "must be empty");
}

/** The request a question is about. */
export function askedAttributes(user: User, spec: SelfSubjectAccessReviewSpec): Attributes {
  const { resourceAttributes: asked, nonResourceAttributes: path } = spec;
  if (asked === undefined) return { user, verb: path?.verb ?? "", path: path?.path ?? "" };
  const { verb = "", group = "", version = "", resource = "", subresource = "", namespace = "", name = "" } = asked;
  return { user, verb, group, version, plural: resource, subresource, namespace, name };
}

/** The answer. */
export function reviewStatus(registry: Registry, attributes: Attributes): SubjectAccessReviewStatus {
  const { isAllowed, reason } = authorize(registry, attributes);
  return { allowed: isAllowed, ...(reason !== "" && { reason }) };
}
