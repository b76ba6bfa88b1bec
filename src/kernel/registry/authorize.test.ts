/**
 * Goal: a decision follows from the roles and bindings there are at that moment, and says on which it rests.
 * Method: one cluster's registry; bindings come, change, go and are rolled back; requests are decided in between.
 */
import { beforeEach, expect, test } from "vitest";
import { ADMISSION } from "#kernel/admission/index";
import type { Subject } from "#kernel/api/types.gen";
import { allRules, authorize, refusalOf } from "#kernel/registry/authorize";
import { RBAC_GROUP } from "#kernel/registry/rbac";
import { Registry } from "#kernel/registry/registry";
import { accountGroups, accountUserName, CLUSTER_ADMIN, type User } from "#kernel/registry/user";
import { namespaces } from "#kernel/resources/core/namespace";
import { RESOURCES } from "#kernel/resources/index";
import { clusterroles } from "#kernel/resources/rbac/clusterrole";
import { clusterrolebindings } from "#kernel/resources/rbac/clusterrolebinding";
import { bootstrapPolicy } from "#kernel/resources/rbac/policy/bootstrap";
import { roles } from "#kernel/resources/rbac/role";
import { rolebindings } from "#kernel/resources/rbac/rolebinding";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

let registry: Registry;
const client = () => registry.as(CLUSTER_ADMIN, "test");

const newRegistry = (authorization?: "AlwaysAllow"): Registry =>
  new Registry({
    store: new Store(),
    entropy: Entropy.seeded(1),
    resources: RESOURCES,
    admission: ADMISSION,
    now: () => Date.parse("2026-05-01T10:00:00Z"),
    ...(authorization !== undefined && { authorization }),
  });

beforeEach(() => {
  registry = newRegistry();
  client().create(namespaces, { metadata: { name: "dev" }, spec: {} });
  bootstrapPolicy(registry, "s");
  const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
  client().create(roles, { metadata: { name: "see", namespace: "dev" }, rules });
  client().create(clusterroles, { metadata: { name: "see-all" }, rules });
});

const jane: User = { name: "jane", groups: ["devs", "system:authenticated"] };
const account: User = { name: accountUserName("dev", "ci"), groups: accountGroups("dev") };
const getPod = (user: User, namespace = "dev") =>
  authorize(registry, { user, verb: "get", group: "", plural: "pods", namespace, name: "p" });

const bind = (kind: "Role" | "ClusterRole", name: string, subjects: Subject[]) =>
  client().create(rolebindings, { metadata: { name: "b", namespace: "dev" }, roleRef: { kind, name }, subjects });

test.each<[string, User, Subject, string]>([
  ["a user", jane, { kind: "User", name: "jane" }, 'User "jane"'],
  ["a group", jane, { kind: "Group", name: "devs" }, 'Group "devs"'],
  ["an account, its namespace unsaid", account, { kind: "ServiceAccount", name: "ci" }, 'ServiceAccount "ci/dev"'],
  [
    "all accounts",
    account,
    { kind: "Group", name: "system:serviceaccounts:dev" },
    'Group "system:serviceaccounts:dev"',
  ],
])("a role binding gives %s the role, there alone", (_title, user, subject, text) => {
  expect(getPod(user)).toEqual({ isAllowed: false, reason: "" });
  bind("Role", "see", [subject]);
  expect(getPod(user)).toEqual({
    isAllowed: true,
    reason: `RBAC: allowed by RoleBinding "b/dev" of Role "see" to ${text}`,
  });
  expect(getPod(user, "default").isAllowed).toBe(false);
  expect(getPod(user, "").isAllowed).toBe(false);
});

test("a cluster role binding gives it everywhere", () => {
  const subjects = [{ kind: "User", name: "jane" }];
  client().create(clusterrolebindings, {
    metadata: { name: "b" },
    roleRef: { apiGroup: RBAC_GROUP, kind: "ClusterRole", name: "see-all" },
    subjects,
  });
  for (const namespace of ["", "dev", "default"]) expect(getPod(jane, namespace).isAllowed).toBe(true);
  expect(getPod(jane).reason).toBe('RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "see-all" to User "jane"');
});

test("what is taken away or taken back gives nothing any more", () => {
  const binding = bind("Role", "see", [{ kind: "User", name: "jane" }]);
  expect(getPod(jane).isAllowed).toBe(true);
  client().update(rolebindings, { ...binding, subjects: [{ kind: "User", name: "joe" }] });
  expect(getPod(jane).isAllowed).toBe(false);
  expect(getPod({ ...jane, name: "joe" }).isAllowed).toBe(true);
  const { revision } = registry.store;
  client().delete(rolebindings, { namespace: "dev", name: "b" });
  expect(getPod({ ...jane, name: "joe" }).isAllowed).toBe(false);
  registry.store.rollback(revision);
  expect(getPod({ ...jane, name: "joe" }).isAllowed).toBe(true);
});

test("a binding to a role that is not there says so", () => {
  bind("ClusterRole", "lost", [{ kind: "User", name: "jane" }]);
  const reason = 'RBAC: clusterrole.rbac.authorization.k8s.io "lost" not found';
  expect(getPod(jane)).toEqual({ isAllowed: false, reason });
  const attributes = {
    user: jane,
    verb: "get",
    group: "",
    plural: "pods",
    subresource: "log",
    namespace: "dev",
    name: "p",
  };
  const { status } = refusalOf(attributes, reason);
  expect(status).toMatchObject({
    message:
      'pods "p" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "dev": ' +
      reason,
    reason: "Forbidden",
    details: { name: "p", kind: "pods" },
    code: 403,
  });
});

test("masters, and everybody where nobody is refused", () => {
  expect(getPod({ name: "x", groups: ["system:masters"] }).isAllowed).toBe(true);
  registry = newRegistry("AlwaysAllow");
  expect(getPod(jane).isAllowed).toBe(true);
  expect(allRules(registry, jane, "dev").rules).toHaveLength(2);
});

test("everybody authenticated may discover and ask about himself, anonymous may not", () => {
  const path = (user: User, url: string) => authorize(registry, { user, verb: "get", path: url }).isAllowed;
  const nobody = { name: "system:anonymous", groups: ["system:unauthenticated"] };
  expect([path(jane, "/apis/apps"), path(jane, "/metrics"), path(nobody, "/apis"), path(nobody, "/version")]).toEqual([
    true,
    false,
    false,
    true,
  ]);
});

test("the roles of people are nested, and their rules are those of the roles that feed them", () => {
  const role = (name: string) => client().need(clusterroles, { namespace: "", name });
  const [view, edit, admin] = ["view", "edit", "admin"].map((name) => role(name).rules ?? []) as [
    object[],
    object[],
    object[],
  ];
  expect(view).toEqual(role("system:aggregate-to-view").rules);
  expect(edit).toEqual(expect.arrayContaining(view));
  expect(admin).toEqual(expect.arrayContaining(edit));
  expect(admin.length).toBe(edit.length + 2);
  expect(registry.store.count(clusterroles.bucket)).toBeGreaterThan(60);
});
