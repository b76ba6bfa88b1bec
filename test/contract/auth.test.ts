/**
 * Goal: who may do what is decided, asked and told as by a real API server.
 * Method: the real kubectl as administrator, as service accounts with tokens of their own, and as other users.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { account, kubectlAs, makeAccounts, tokenOf } from "#test/support/accounts";
import { newCluster, okJson, type TestCluster } from "#test/support/cluster";
import type { Ended } from "#test/support/kubectl";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await newCluster({ nodes: 1 });
  await makeAccounts(cluster);
});
afterAll(() => cluster?.delete());

const as = (name: string, args: readonly string[]): Promise<Ended> => kubectlAs(cluster, name, args);

test("kubectl prints roles and bindings as a real cluster's", async () => {
  const roles = await cluster.kubectlOk(["get", "roles,rolebindings", "-n", "dev"]);
  expect(roles).toMatch(/NAME +CREATED AT\nrole\.rbac\.authorization\.k8s\.io\/pods +20\d\d-\d\d-\d\dT/);
  expect(roles).toMatch(/NAME +ROLE +AGE\n/);
  expect(roles).toMatch(/\/edit +ClusterRole\/edit +\d+s\n/);
  const wide = await cluster.kubectlOk(["get", "rolebinding", "pods", "-n", "dev", "-o", "wide"]);
  expect(wide).toMatch(/NAME +ROLE +AGE +USERS +GROUPS +SERVICEACCOUNTS\npods +Role\/pods +\d+s +dev\/reader/);
  const admin = await okJson<{ rules: unknown[] }>(
    await cluster.api("/apis/rbac.authorization.k8s.io/v1/clusterroles/admin"),
  );
  expect(admin.rules.length).toBeGreaterThan(20);
});

test("a token is an account: whoami, can-i, can-i --list", async () => {
  const { stdout } = await as("reader", ["auth", "whoami", "-o", "json"]);
  const { userInfo } = (JSON.parse(stdout) as { status: { userInfo: Record<string, unknown> } }).status;
  expect(userInfo).toMatchObject({
    username: account("reader"),
    groups: ["system:serviceaccounts", "system:serviceaccounts:dev", "system:authenticated"],
  });
  expect(userInfo["extra"]).toEqual({
    "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^JTI=[0-9a-f-]{36}$/)],
  });
  expect((await as("reader", ["auth", "can-i", "list", "pods", "-n", "dev"])).stdout).toBe("yes\n");
  expect(await as("reader", ["auth", "can-i", "delete", "pods", "-n", "dev"])).toMatchObject({
    stdout: "no\n",
    code: 1,
  });
  expect((await as("reader", ["auth", "can-i", "list", "pods", "-n", "default"])).stdout).toBe("no\n");
  const list = (await as("reader", ["auth", "can-i", "--list", "-n", "dev"])).stdout;
  expect(list).toMatch(/^Resources +Non-Resource URLs +Resource Names +Verbs\n/);
  expect(list).toMatch(/pods\/log +\[\] +\[\] +\[get list watch\]/);
  expect(list).toMatch(/selfsubjectreviews\.authentication\.k8s\.io +\[\] +\[\] +\[create\]/);
  expect(list).toMatch(/ \[\/healthz\] +\[\] +\[get\]/);
  const mine = await cluster.kubectlOk(["auth", "can-i", "--list"]);
  expect(mine).toMatch(/^\*\.\* +\[\] +\[\] +\[\*\]$/m);
  expect(await cluster.kubectlOk(["auth", "whoami"])).toMatch(/Username +kubernetes-admin\nGroups +\[system:masters/);
});

test("what is not allowed is refused in upstream's words, what is allowed works", async () => {
  expect((await as("reader", ["get", "pods", "-n", "dev"])).stderr).toBe("No resources found in dev namespace.\n");
  const cases: readonly [string[], string][] = [
    [
      ["get", "pods"],
      `pods is forbidden: User "${account("reader")}" cannot list resource "pods" in API group "" in the namespace "default"`,
    ],
    [
      ["get", "deployments", "-n", "dev"],
      `deployments.apps is forbidden: User "${account("reader")}" cannot list resource "deployments" in API group "apps" ` +
        'in the namespace "dev"',
    ],
    [
      ["get", "nodes"],
      `nodes is forbidden: User "${account("reader")}" cannot list resource "nodes" in API group "" at the cluster scope`,
    ],
    [
      ["get", "ns", "dev"],
      `namespaces "dev" is forbidden: User "${account("reader")}" cannot get resource "namespaces" in API group "" in the ` +
        'namespace "dev"',
    ],
    [
      ["delete", "secret", "x", "-n", "dev"],
      `secrets "x" is forbidden: User "${account("reader")}" cannot delete resource "secrets" in API group "" in the ` +
        'namespace "dev"',
    ],
    [["get", "--raw", "/metrics"], `forbidden: User "${account("reader")}" cannot get path "/metrics"`],
  ];
  for (const [args, text] of cases) {
    const { stderr, code } = await as("reader", args);
    expect(stderr).toBe(`Error from server (Forbidden): ${text}\n`);
    expect(code).toBe(1);
  }
  expect((await as("editor", ["create", "configmap", "c", "-n", "dev"])).stdout).toBe("configmap/c created\n");
  expect((await as("editor", ["get", "ns", "dev", "-o", "name"])).stdout).toBe("namespace/dev\n");
});

test("who may change may not therefore make", async () => {
  await cluster.kubectlOk([
    "create",
    "role",
    "change",
    "-n",
    "dev",
    "--verb=get,patch,update",
    "--resource=configmaps",
  ]);
  await cluster.kubectlOk(["create", "rolebinding", "change", "-n", "dev", "--role=change", "--user=jane"]);
  const map = (name: string): string =>
    JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "dev" }, data: { by: "jane" } });
  const apply = ["apply", "--server-side", "--as=jane", "-f", "-"];
  expect((await cluster.kubectl(apply, { stdin: map("new") })).stderr).toContain(
    'configmaps "new" is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "dev"',
  );
  await cluster.kubectlOk(["create", "configmap", "old", "-n", "dev"]);
  expect((await cluster.kubectl(apply, { stdin: map("old") })).stdout).toBe("configmap/old serverside-applied\n");
});

test("watches and logs are as open as lists", async () => {
  const get = (token: string, path: string): Promise<Response> =>
    fetch(`${new URL(cluster.server).origin}/k/${cluster.id}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
  const token = await tokenOf(cluster, "reader");
  const refused = await get(token, "/api/v1/namespaces/dev/secrets?watch=1");
  expect(refused.status).toBe(403);
  const watch = await get(token, "/api/v1/namespaces/dev/pods?watch=1&timeoutSeconds=1");
  expect(watch.status).toBe(200);
  await watch.body?.cancel();
  expect((await get(token, "/api/v1/namespaces/dev/pods/x/log")).status).toBe(404);
  expect((await get(token, "/api/v1/namespaces/default/pods/x/log?follow=1")).status).toBe(403);
});

test("nobody grants what he does not hold", async () => {
  const create = ["create", "role", "r", "-n", "dev", "--verb=get,list", "--resource=secrets"];
  expect((await as("granter", create)).stderr).toBe(
    `Error from server (Forbidden): roles.rbac.authorization.k8s.io "r" is forbidden: user "${account("granter")}" ` +
      '(groups=["system:serviceaccounts" "system:serviceaccounts:dev" "system:authenticated"]) is attempting to grant ' +
      'RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}\n',
  );
  const bind = ["create", "rolebinding", "b", "-n", "dev", "--clusterrole=view", "--user=x"];
  expect((await as("granter", bind)).stderr).toContain("is attempting to grant RBAC permissions not currently held:\n");
  const own = ["create", "role", "own", "-n", "dev", "--verb=create", "--resource=roles"];
  expect((await as("granter", own)).stdout).toBe("role.rbac.authorization.k8s.io/own created\n");
  await cluster.kubectlOk([
    "create",
    "clusterrole",
    "binder",
    "--verb=bind",
    "--resource=clusterroles",
    "--resource-name=view",
  ]);
  await cluster.kubectlOk([
    "create",
    "clusterrolebinding",
    "binder",
    "--clusterrole=binder",
    "--serviceaccount=dev:granter",
  ]);
  expect((await as("granter", bind)).stdout).toBe("rolebinding.rbac.authorization.k8s.io/b created\n");
});

test("a role reference is for ever, and what is no binding is refused", async () => {
  const binding = (kind: string, name: string): string =>
    JSON.stringify({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "pods", namespace: "dev" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
    });
  const changed = await cluster.kubectl(["replace", "-f", "-"], { stdin: binding("ClusterRole", "view") });
  expect(changed.stderr).toContain(
    'The RoleBinding "pods" is invalid: roleRef: Invalid value: ' +
      '{"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"view"}: cannot change roleRef',
  );
  const wrong = await cluster.kubectl(["replace", "-f", "-"], { stdin: binding("Pod", "") });
  expect(wrong.stderr).toContain('roleRef.kind: Unsupported value: "Pod": supported values: "Role", "ClusterRole"');
  expect(wrong.stderr).toContain("roleRef.name: Required value");
});

test("kubectl auth reconcile makes roles and bindings so", async () => {
  const manifest = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reconciled, labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}}
rules:
- {apiGroups: [example.com], resources: [things], verbs: [get]}
- {apiGroups: [""], resources: [secrets], resourceNames: [one], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reconciled}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reconciled}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
`;
  const first = await cluster.kubectlOk(["auth", "reconcile", "-f", "-"], { stdin: manifest });
  expect(first).toContain("clusterrole.rbac.authorization.k8s.io/reconciled reconciled");
  const view = await cluster.kubectlOk(["get", "clusterrole", "view", "edit", "admin", "-o", "yaml"]);
  expect(view.match(/- example\.com/g)).toHaveLength(3);
  expect(await cluster.kubectlOk(["auth", "can-i", "get", "secret/one", "--as=jane"])).toBe("yes\n");
  expect((await cluster.kubectl(["auth", "can-i", "get", "secret/two", "--as=jane"])).stdout).toBe("no\n");
});

test("--as and --as-group act as another, for those who may", async () => {
  const text = 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"';
  expect((await cluster.kubectl(["get", "pods", "--as=jane"])).stderr).toBe(`Error from server (Forbidden): ${text}\n`);
  const who = await cluster.kubectlOk(["auth", "whoami", "--as=jane", "--as-group=dev", "--as-uid=7", "-o", "json"]);
  expect((JSON.parse(who) as { status: unknown }).status).toEqual({
    userInfo: { username: "jane", uid: "7", groups: ["dev", "system:authenticated"] },
  });
  expect((await as("reader", ["get", "--raw", "/api/v1/pods", "--as=jane"])).stderr).toBe(
    `Error from server (Forbidden): users "jane" is forbidden: User "${account("reader")}" cannot impersonate resource ` +
      '"users" in API group "" at the cluster scope\n',
  );
  expect((await as("editor", ["get", "pods", "-n", "dev", `--as=${account("reader")}`])).stderr).toContain(
    "No resources",
  );
});

test("reviews say no to what is no question", async () => {
  const ask = async (resource: string, spec: object, metadata = {}): Promise<string> => {
    const answer = await cluster.api(`/apis/authorization.k8s.io/v1/${resource}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ metadata, spec }),
    });
    const body = (await answer.json()) as { message?: string; status?: { allowed?: boolean } };
    return body.message ?? JSON.stringify(body.status);
  };
  expect(await ask("selfsubjectaccessreviews", {})).toContain(
    "exactly one of nonResourceAttributes or resourceAttributes must be specified",
  );
  const attributes = { verb: "get", resource: "pods", namespace: "dev" };
  expect(await ask("subjectaccessreviews", { resourceAttributes: attributes })).toContain(
    'spec.user: Invalid value: "": at least one of user or group must be specified',
  );
  expect(await ask("subjectaccessreviews", { resourceAttributes: attributes, user: account("reader") })).toBe(
    '{"allowed":true,"reason":"RBAC: allowed by RoleBinding \\"pods/dev\\" of Role \\"pods\\" to ServiceAccount \\"reader/dev\\""}',
  );
  expect(await ask("subjectaccessreviews", { resourceAttributes: attributes, user: "jane" })).toBe('{"allowed":false}');
});

test("with AlwaysAllow nobody is refused", async () => {
  const open = await newCluster({ nodes: 0, authorization: "AlwaysAllow" });
  expect(await open.kubectlOk(["get", "secrets", "-A", "--as=jane"])).toBe("");
  await open.delete();
});

test("groups to be taken on may have commas in their names", async () => {
  const groups = ["--as-group=second", "--as-group=first", "--as-group=,,,chameleon"];
  const asked = ["auth", "whoami", "--as=user1", ...groups, "-o", "jsonpath={.status.userInfo.groups}"];
  expect(JSON.parse(await cluster.kubectlOk(asked))).toEqual([
    "second",
    "first",
    ",,,chameleon",
    "system:authenticated",
  ]);
});
