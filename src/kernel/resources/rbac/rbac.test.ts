/**
 * Goal: roles and bindings that upstream refuses are refused, in its words; defaults are filled in as there.
 * Method: a table of faulty objects through the registry, with what is said of each.
 */
import { expect, test } from "vitest";
import { StatusError } from "#kernel/apimachinery/errors";
import type { AnyResource } from "#kernel/registry/definition";
import { emptyClient } from "#kernel/resources/client.fixture";
import { clusterroles } from "#kernel/resources/rbac/clusterrole";
import { clusterrolebindings } from "#kernel/resources/rbac/clusterrolebinding";
import { roles } from "#kernel/resources/rbac/role";
import { rolebindings } from "#kernel/resources/rbac/rolebinding";

const GROUP = "rbac.authorization.k8s.io";
const create = (resource: AnyResource, body: object) =>
  emptyClient().create(resource, {
    metadata: { name: "x", ...(resource.isNamespaced && { namespace: "dev" }) },
    ...body,
  });

function said(resource: AnyResource, body: object): string {
  try {
    create(resource, body);
  } catch (error) {
    if (error instanceof StatusError) return error.message.replace(/^.* is invalid: /, "");
    throw error;
  }
  return "";
}

const role = (rule: object): object => ({ rules: [rule] });
const binding = (kind: string, subject?: object, name = "r"): object => ({
  roleRef: { kind, name },
  ...(subject !== undefined && { subjects: [subject] }),
});

test.each<[string, AnyResource, object, string]>([
  [
    "no verbs",
    roles,
    role({ apiGroups: [""], resources: ["pods"], verbs: [] }),
    "rules[0].verbs: Required value: verbs must contain at least one value",
  ],
  [
    "no resources",
    clusterroles,
    role({ verbs: ["get"] }),
    "[rules[0].apiGroups: Required value: resource rules must supply at least one api group, " +
      "rules[0].resources: Required value: resource rules must supply at least one resource]",
  ],
  [
    "paths in a namespace",
    roles,
    role({ verbs: ["get"], nonResourceURLs: ["/x"] }),
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
  ],
  [
    "paths and resources",
    clusterroles,
    role({ verbs: ["get"], nonResourceURLs: ["/x"], apiGroups: [""], resources: ["pods"] }),
    'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
  ],
  [
    "an aggregation of nothing",
    clusterroles,
    { aggregationRule: {} },
    "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule " +
      "is non-nil",
  ],
  [
    "a role cluster-wide",
    clusterrolebindings,
    binding("Role"),
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
  ],
  ["no name", rolebindings, binding("Role", undefined, ""), "roleRef.name: Required value"],
  [
    "a path as name",
    rolebindings,
    binding("Role", undefined, "a/b"),
    "roleRef.name: Invalid value: \"a/b\": may not contain '/'",
  ],
  [
    "a subject of no kind",
    rolebindings,
    binding("Role", { kind: "Robot", name: "r" }),
    'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
  ],
  [
    "an account nowhere",
    clusterrolebindings,
    binding("ClusterRole", { kind: "ServiceAccount", name: "a" }),
    "subjects[0].namespace: Required value",
  ],
  [
    "a group of another api",
    rolebindings,
    binding("Role", { kind: "Group", name: "g", apiGroup: "x" }),
    `subjects[0].apiGroup: Unsupported value: "x": supported values: "${GROUP}"`,
  ],
])("%s", (_title, resource, body, text) => {
  expect(said(resource, body)).toBe(text);
});

test("what goes without saying is said", () => {
  const subjects = [
    { kind: "User", name: "u" },
    { kind: "ServiceAccount", name: "a" },
  ];
  expect(create(rolebindings, { roleRef: { kind: "Role", name: "r" }, subjects })).toMatchObject({
    roleRef: { apiGroup: GROUP, kind: "Role", name: "r" },
    subjects: [
      { kind: "User", name: "u", apiGroup: GROUP },
      { kind: "ServiceAccount", name: "a" },
    ],
  });
});

test("names may have colons, as the system's own do", () => {
  expect(
    emptyClient().create(roles, { metadata: { name: "system:a", namespace: "dev" }, rules: [] }).metadata.name,
  ).toBe("system:a");
});
