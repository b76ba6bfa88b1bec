/**
 * Goal: a container reaches the API server as its service account, and may what its roles let it.
 * Method: curl in a pod of the production kernel, with the token and address every pod finds.
 */
import { expect, test } from "vitest";
import { worldOf } from "#kernel/network/world-of";
import { putSigningKey } from "#kernel/registry/signing-key";
import { pods } from "#kernel/resources/core/pod";
import { roles } from "#kernel/resources/rbac/role";
import { rolebindings } from "#kernel/resources/rbac/rolebinding";
import { execInContainer } from "#kernel/runtime/containers";
import { Scene } from "#test/support/scene";

const TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const API = "https://kubernetes.default.svc";

function sceneWithPod(): Scene {
  const scene = new Scene({ machines: 1 });
  scene.turn(({ cells }) => putSigningKey(cells, "5".repeat(64)));
  scene.settle();
  scene.create(pods, {
    metadata: { name: "client", namespace: "default", labels: { app: "client" } },
    spec: { containers: [{ name: "c", image: "registry.k8s.io/e2e-test-images/agnhost:2.59" }] },
  });
  scene.settle();
  return scene;
}

function curl(scene: Scene, path: string, options = "", token = `$(cat ${TOKEN})`): string {
  const id = scene.need(pods, "client").status?.containerStatuses?.[0]?.containerID?.split("//")[1] ?? "";
  const line = `curl -sk -w '%{http_code}' ${options} -H "Authorization: Bearer ${token}" '${API}${path}'`;
  return scene.turn(({ admin: client, entropy, cells, now }) => {
    const { stdout, stderr } = execInContainer(worldOf({ client, entropy, cells, now }), id, ["sh", "-c", line]);
    return stdout + stderr;
  });
}

test("without a role it is refused as whom it is; with one it lists and deletes", () => {
  const scene = sceneWithPod();
  const path = "/api/v1/namespaces/default/pods";
  expect(curl(scene, path)).toContain(
    'User \\"system:serviceaccount:default:default\\" cannot list resource \\"pods\\"',
  );
  scene.create(roles, {
    metadata: { name: "r", namespace: "default" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "delete", "create"] }],
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
  expect(curl(scene, path, "-X POST -d '{}'")).toMatch(/takes no create from simulated containers[\s\S]*501$/);
  expect(curl(scene, "/healthz")).toBe("ok200");
  expect(curl(scene, "/version")).toContain('"minor": "36"');
  expect(curl(scene, `${path}/client?gracePeriodSeconds=0`, "-X DELETE")).toMatch(/200$/);
});

test("a token that is none is refused", () => {
  const scene = sceneWithPod();
  expect(curl(scene, "/api/v1/namespaces", "", "nonsense")).toMatch(/401$/);
});
