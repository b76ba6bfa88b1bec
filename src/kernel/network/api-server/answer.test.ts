/**
 * Goal: a container reaches the API server as its service account, and may what its roles let it: read, write, watch.
 * Method: curl in a pod of the production kernel, with the token and address every pod finds.
 */
import { expect, test } from "vitest";
import { worldOf } from "#kernel/network/world-of";
import { putSigningKey } from "#kernel/registry/signing-key";
import { deployments } from "#kernel/resources/apps/deployment";
import { configmaps } from "#kernel/resources/core/configmap";
import { pods } from "#kernel/resources/core/pod";
import { clusterrolebindings } from "#kernel/resources/rbac/clusterrolebinding";
import { roles } from "#kernel/resources/rbac/role";
import { rolebindings } from "#kernel/resources/rbac/rolebinding";
import { execInContainer } from "#kernel/runtime/containers";
import { Scene } from "#test/support/scene";

const TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const API = "https://kubernetes.default.svc";
const AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.59";

function sceneWithPod(command?: readonly string[], restartPolicy = "Always"): Scene {
  const scene = new Scene({ machines: 1 });
  scene.turn(({ cells }) => putSigningKey(cells, "5".repeat(64)));
  scene.settle();
  scene.create(pods, {
    metadata: { name: "client", namespace: "default", labels: { app: "client" } },
    spec: { restartPolicy, containers: [{ name: "c", image: AGNHOST, ...(command && { command: [...command] }) }] },
  });
  scene.settle();
  return scene;
}

/** Makes the pod's account an administrator of everything. */
function empower(scene: Scene): void {
  scene.create(clusterrolebindings, {
    metadata: { name: "all" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: "default", namespace: "default" }],
  });
}

function exec(scene: Scene, line: string): string {
  const id = scene.need(pods, "client").status?.containerStatuses?.[0]?.containerID?.split("//")[1] ?? "";
  return scene.turn(({ admin: client, entropy, cells, now }) => {
    const { stdout, stderr } = execInContainer(worldOf({ client, entropy, cells, now }), id, ["sh", "-c", line]);
    return stdout + stderr;
  });
}

const curl = (scene: Scene, path: string, options = "", token = `$(cat ${TOKEN})`): string =>
  exec(scene, `curl -sk -w '%{http_code}' ${options} -H "Authorization: Bearer ${token}" '${API}${path}'`);

const JSON_TYPE = "-H 'Content-Type: application/json'";

test("without a role it is refused as whom it is; with one it may what the role says", () => {
  const scene = sceneWithPod();
  const path = "/api/v1/namespaces/default/pods";
  expect(curl(scene, path)).toContain(
    'User \\"system:serviceaccount:default:default\\" cannot list resource \\"pods\\"',
  );
  scene.create(roles, {
    metadata: { name: "r", namespace: "default" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "delete"] }],
  });
  scene.create(rolebindings, {
    metadata: { name: "r", namespace: "default" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
    subjects: [{ kind: "ServiceAccount", name: "default", namespace: "default" }],
  });
  const found = curl(scene, `${path}?labelSelector=app%3Dclient`);
  expect(found).toMatch(/"kind": "PodList"[\s\S]*"name": "client"[\s\S]*200$/);
  expect(curl(scene, `${path}?labelSelector=app%3Dother`)).toMatch(/"items": \[\][\s\S]*200$/);
  expect(curl(scene, `${path}/none`)).toMatch(/pods \\"none\\" not found[\s\S]*404$/);
  expect(curl(scene, path, `-X POST ${JSON_TYPE} -d '{}'`)).toMatch(/cannot create resource[\s\S]*403$/);
  expect(curl(scene, "/healthz")).toBe("ok200");
  expect(curl(scene, "/version")).toContain('"minor": "36"');
  expect(curl(scene, `${path}/client?gracePeriodSeconds=0`, "-X DELETE")).toMatch(/200$/);
});

test("a token that is none is refused", () => {
  const scene = sceneWithPod();
  expect(curl(scene, "/api/v1/namespaces", "", "nonsense")).toMatch(/401$/);
});

test("it creates, replaces, patches in four ways, applies and deletes, and hears what is wrong", () => {
  const scene = sceneWithPod();
  empower(scene);
  const path = "/api/v1/namespaces/default/configmaps";
  const object = (data: object) => JSON.stringify({ metadata: { name: "m" }, data });
  const patch = (type: string, body: string) => `-X PATCH -H 'Content-Type: application/${type}' -d '${body}'`;
  const data = () => scene.need(configmaps, "m").data;
  expect(curl(scene, path, `${JSON_TYPE} -d '${object({ a: "1" })}'`)).toMatch(/"a": "1"[\s\S]*201$/);
  expect(curl(scene, path, `${JSON_TYPE} -d '${object({})}'`)).toMatch(/already exists[\s\S]*409$/);
  expect(curl(scene, path, `-d '${object({})}'`)).toMatch(/415$/);
  expect(curl(scene, path, `${JSON_TYPE} -d '{"metadata":{"name":"Bad!"}}'`)).toMatch(
    /a lowercase RFC 1123[\s\S]*422$/,
  );
  expect(curl(scene, `${path}/m`, `-X PUT ${JSON_TYPE} -d '${object({ a: "2" })}'`)).toMatch(/200$/);
  expect(data()).toEqual({ a: "2" });
  curl(scene, `${path}/m`, patch("merge-patch+json", '{"data":{"b":"3"}}'));
  curl(scene, `${path}/m`, patch("strategic-merge-patch+json", '{"data":{"c":"4"}}'));
  curl(scene, `${path}/m`, patch("json-patch+json", '[{"op":"remove","path":"/data/a"}]'));
  expect(data()).toEqual({ b: "3", c: "4" });
  const applied = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {d: "5"}\n';
  const apply = `${path}/m?fieldManager=me&force=true`;
  expect(curl(scene, apply, patch("apply-patch+yaml", applied))).toMatch(/200$/);
  expect(data()).toEqual({ b: "3", c: "4", d: "5" });
  expect(scene.need(configmaps, "m").metadata.managedFields?.some(({ manager }) => manager === "me")).toBe(true);
  expect(curl(scene, `${path}/m?dryRun=All`, "-X DELETE")).toMatch(/200$/);
  expect(curl(scene, `${path}/m`, "-X DELETE")).toMatch(/"status": "Success"[\s\S]*200$/);
  expect(curl(scene, `${path}/m`)).toMatch(/404$/);
});

test("subresources, tables, discovery, logs and watches are there", () => {
  const scene = sceneWithPod();
  empower(scene);
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "nginx" }] } };
  const spec = { replicas: 1, selector: { matchLabels: { a: "b" } }, template };
  const apps = "/apis/apps/v1/namespaces/default/deployments";
  const body = JSON.stringify({ metadata: { name: "d" }, spec });
  expect(curl(scene, apps, `${JSON_TYPE} -d '${body}'`)).toMatch(/201$/);
  const scale = `-X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"spec":{"replicas":2}}'`;
  expect(curl(scene, `${apps}/d/scale`, scale)).toMatch(/"kind": "Scale"[\s\S]*200$/);
  scene.settle();
  expect(scene.need(deployments, "d").status?.readyReplicas).toBe(2);
  const asTable = "-H 'Accept: application/json;as=Table;g=meta.k8s.io;v=v1'";
  expect(curl(scene, apps, asTable)).toMatch(/"kind": "Table"[\s\S]*"2\/2"/);
  expect(curl(scene, "/apis/apps/v1")).toMatch(/"APIResourceList"[\s\S]*"deployments\/scale"/);
  expect(curl(scene, "/apis/nope.example.com/v1")).toMatch(/404$/);
  expect(curl(scene, "/api/v1/namespaces/default/pods/client/log")).toMatch(/200$/);
  const revision = /"resourceVersion": "(\d+)"/.exec(curl(scene, apps))?.[1];
  const watch = `${apps}?watch=true&timeoutSeconds=5&resourceVersion=`;
  expect(curl(scene, watch)).toMatch(/^\{"type":"ADDED","object":\{[^\n]*"name":"d"[^\n]*\}\n200$/);
  curl(scene, `${apps}/d`, "-X DELETE");
  expect(curl(scene, watch + revision)).toMatch(/\{"type":"DELETED",[^\n]*\n200$/);
  expect(curl(scene, "/api/v1/namespaces/default/pods/client/portforward")).toMatch(/501$/);
});

test("a pod whose first act is to label itself is started once, and what it wrote stays", () => {
  const scene = new Scene({ machines: 1 });
  scene.turn(({ cells }) => putSigningKey(cells, "5".repeat(64)));
  empower(scene);
  scene.settle();
  const type = "-H 'Content-Type: application/merge-patch+json'";
  const auth = `-H "Authorization: Bearer $(cat ${TOKEN})"`;
  const url = `${API}/api/v1/namespaces/default/pods/client`;
  const line = `curl -sk -o /dev/null -X PATCH ${type} ${auth} -d '{"metadata":{"labels":{"me":"here"}}}' ${url}; sleep 1000`;
  scene.create(pods, {
    metadata: { name: "client", namespace: "default" },
    spec: { containers: [{ name: "c", image: AGNHOST, command: ["sh", "-c", line] }] },
  });
  scene.settle();
  const pod = scene.need(pods, "client");
  expect(pod.metadata.labels).toEqual({ me: "here" });
  expect(pod.status).toMatchObject({ phase: "Running", containerStatuses: [{ ready: true, restartCount: 0 }] });
});

test("a loop that asks without end is told to wait, and the cluster goes on", () => {
  const scene = sceneWithPod();
  empower(scene);
  const auth = `-H "Authorization: Bearer $(cat ${TOKEN})"`;
  const told = exec(
    scene,
    `for n in $(seq 300); do curl -sk -o /dev/null -w '%{http_code}\\n' ${auth} ${API}/api/v1/nodes; done | sort | uniq -c`,
  );
  expect(told).toMatch(/\d+ 200\n +\d+ 429/);
});

test("what the issuer of tokens publishes verifies one, and not one for somebody else", () => {
  const command = (audience: string): string[] => [
    ...["/agnhost", "test-service-account-issuer-discovery", "--token-path", TOKEN, "--audience", audience],
  ];
  const good = sceneWithPod(command(API.replace("svc", "svc.cluster.local")), "Never");
  expect(good.need(pods, "client").status?.phase).toBe("Succeeded");
  const bad = sceneWithPod(command("elsewhere"), "Never");
  expect(bad.need(pods, "client").status?.phase).toBe("Failed");
});
