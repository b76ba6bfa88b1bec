/**
 * Validation of policy rules, role references and subjects.
 *
 * Models pkg/apis/rbac/validation.
 */
import type { PolicyRule, RoleRef, Subject } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain, pathSegmentName } from "#kernel/apimachinery/formats";
import { goStruct } from "#kernel/apimachinery/go-text";
import { RBAC_GROUP } from "#kernel/registry/rbac";
import { equal } from "#kernel/sim/clone";

/** The rules of a role. `at` stands at the object. */
export function validateRules(rules: readonly PolicyRule[] | undefined, isNamespaced: boolean, at: At): void {
  (rules ?? []).forEach((rule, n) => {
    validateRule(rule, isNamespaced, at.under(`rules[${n}]`));
  });
}

function validateRule(rule: PolicyRule, isNamespaced: boolean, at: At): void {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  if ((verbs ?? []).length === 0) at("verbs").required("verbs must contain at least one value");
  if (nonResourceURLs.length > 0) {
    const urls = at("nonResourceURLs");
    if (isNamespaced) urls.invalid(nonResourceURLs, "namespaced rules cannot apply to non-resource URLs");
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      urls.invalid(nonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs");
    }
    return;
  }
  if (apiGroups.length === 0) at("apiGroups").required("resource rules must supply at least one api group");
  if (resources.length === 0) at("resources").required("resource rules must supply at least one resource");
}

/** The role a binding names; `kinds` are those it may be of. `at` stands at the object. */
export function validateRoleRef(ref: RoleRef, kinds: readonly string[], at: At): void {
  const { apiGroup = "", kind, name } = ref;
  if (apiGroup !== RBAC_GROUP) at("roleRef.apiGroup").notSupported(apiGroup, [RBAC_GROUP]);
  if (!kinds.includes(kind)) at("roleRef.kind").notSupported(kind, kinds);
  if (name === "") at("roleRef.name").required();
  else for (const problem of pathSegmentName(name)) at("roleRef.name").invalid(name, problem);
}

/** A binding is to one role for ever. */
export function validateSameRole(ref: RoleRef, old: RoleRef, at: At): void {
  const { apiGroup: APIGroup = "", kind: Kind, name: Name } = ref;
  if (!equal(ref, old)) at("roleRef").invalid(goStruct({ APIGroup, Kind, Name }), "cannot change roleRef");
}

/** The subjects of a binding. `at` stands at the object. */
export function validateSubjects(subjects: readonly Subject[] | undefined, isNamespaced: boolean, at: At): void {
  (subjects ?? []).forEach((subject, n) => {
    validateSubject(subject, isNamespaced, at.under(`subjects[${n}]`));
  });
}

function validateSubject(subject: Subject, isNamespaced: boolean, at: At): void {
  const { kind, name, apiGroup = "", namespace = "" } = subject;
  if (name === "") at("name").required();
  if (kind === "ServiceAccount") {
    if (name !== "") for (const problem of dns1123Subdomain(name)) at("name").invalid(name, problem);
    if (apiGroup !== "") at("apiGroup").notSupported(apiGroup, [""]);
    if (!isNamespaced && namespace === "") at("namespace").required();
  } else if (kind === "User" || kind === "Group") {
    if (apiGroup !== RBAC_GROUP) at("apiGroup").notSupported(apiGroup, [RBAC_GROUP]);
  } else at("kind").notSupported(kind, ["ServiceAccount", "User", "Group"]);
}
