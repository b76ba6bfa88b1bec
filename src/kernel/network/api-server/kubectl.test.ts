/**
 * Goal: kubectl in a container does what charts' hooks and lessons have it do, and prints what the real one prints.
 * Method: lines in the shell of a kubectl image in the production kernel, whose account may do everything.
 */
import { expect, test } from "vitest";
import { worldOf } from "#kernel/network/world-of";
import { putSigningKey } from "#kernel/registry/signing-key";
import { deployments } from "#kernel/resources/apps/deployment";
import { jobs } from "#kernel/resources/batch/job";
import { configmaps } from "#kernel/resources/core/configmap";
import { pods } from "#kernel/resources/core/pod";
import { secrets } from "#kernel/resources/core/secret";
import { clusterrolebindings } from "#kernel/resources/rbac/clusterrolebinding";
import { execInContainer } from "#kernel/runtime/containers";
import { readLog } from "#kernel/runtime/logs";
import { Scene } from "#test/support/scene";

function newScene(isAdmin = true): Scene {
  const scene = new Scene({ machines: 1 });
  scene.turn(({ cells }) => putSigningKey(cells, "5".repeat(64)));
  if (isAdmin) {
    scene.create(clusterrolebindings, {
      metadata: { name: "all" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name: "default", namespace: "default" }],
    });
  }
  scene.settle();
  scene.create(pods, {
    metadata: { name: "toolbox", namespace: "default", labels: { app: "toolbox" } },
    spec: { containers: [{ name: "c", image: "alpine/k8s:1.36.0", command: ["sleep", "infinity"] }] },
  });
  scene.settle();
  return scene;
}

function sh(scene: Scene, line: string): string {
  const id = scene.need(pods, "toolbox").status?.containerStatuses?.[0]?.containerID?.split("//")[1] ?? "";
  return scene.turn(({ admin: client, entropy, cells, now }) => {
    const { stdout, stderr } = execInContainer(worldOf({ client, entropy, cells, now }), id, ["sh", "-c", line]);
    return stdout + stderr;
  });
}

/** What the first container of a pod has written. */
function log(scene: Scene, name: string): string {
  const id = scene.need(pods, name).status?.containerStatuses?.[0]?.containerID?.split("//")[1] ?? "";
  return scene.turn(({ cells }) => readLog(cells, id, {}).text);
}

/** Runs a line as the command of a pod, to its end. */
function hook(scene: Scene, name: string, line: string): string {
  scene.create(pods, {
    metadata: { name, namespace: "default" },
    spec: {
      restartPolicy: "Never",
      containers: [{ name: "c", image: "bitnami/kubectl", command: ["sh", "-c", line] }],
    },
  });
  scene.settle();
  return `${log(scene, name)}${scene.need(pods, name).status?.phase}`;
}

test("get prints tables, names, YAML, JSON, paths and columns", () => {
  const scene = newScene();
  expect(sh(scene, "kubectl get pods")).toMatch(
    /^NAME +READY +STATUS +RESTARTS +AGE\ntoolbox +1\/1 +Running +0 +\d+s\n$/,
  );
  expect(sh(scene, "kubectl get po -A --no-headers | wc -l").trim()).toMatch(/^[1-9]/);
  expect(sh(scene, "kubectl get po toolbox -o wide")).toContain("NOMINATED NODE   READINESS GATES\n");
  expect(sh(scene, "kubectl get pods,svc -o name")).toBe("pod/toolbox\nservice/kubernetes\n");
  expect(sh(scene, "kubectl get pod toolbox -o jsonpath='{.spec.containers[0].image}'")).toBe("alpine/k8s:1.36.0");
  const each = `kubectl get pods -o jsonpath='{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}'`;
  expect(sh(scene, each)).toBe("toolbox\tRunning\n");
  expect(
    sh(scene, "kubectl get pods -o custom-columns=NAME:.metadata.name,LABEL:.metadata.labels.app,X:.spec.nope"),
  ).toBe("NAME      LABEL     X\ntoolbox   toolbox   <none>\n");
  expect(sh(scene, "kubectl get pod toolbox -o yaml")).toMatch(
    /^apiVersion: v1\nkind: Pod\nmetadata:\n[\s\S]*\n {2}containers:\n {2}- command:\n/,
  );
  expect(sh(scene, "kubectl get pod toolbox -o json | grep -c managedFields")).toBe("0\n");
  expect(sh(scene, "kubectl get pods -l app=none")).toBe("No resources found in default namespace.\n");
  expect(sh(scene, "kubectl get pod none; echo $?")).toBe('1\nError from server (NotFound): pods "none" not found\n');
  expect(sh(scene, "kubectl get gadgets")).toBe('error: the server doesn\'t have a resource type "gadgets"\n');
  expect(sh(scene, "kubectl get nodes --show-labels | head -1")).toMatch(
    /^NAME +STATUS +ROLES +AGE +VERSION +LABELS\n$/,
  );
});

test("it applies, creates, patches, labels, scales and deletes", () => {
  const scene = newScene();
  const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: "1"}\n';
  expect(sh(scene, `printf '${manifest}' | kubectl apply -f -`)).toBe("configmap/m created\n");
  expect(sh(scene, `printf '${manifest}' | kubectl apply -f -`)).toBe("configmap/m unchanged\n");
  expect(sh(scene, `printf '${manifest.replace('"1"', '"2"')}' > m.yaml; kubectl apply -f m.yaml`)).toBe(
    "configmap/m configured\n",
  );
  expect(scene.need(configmaps, "m").data).toEqual({ a: "2" });
  expect(sh(scene, "kubectl apply --server-side -f m.yaml --force-conflicts")).toBe("configmap/m serverside-applied\n");
  const secret = "kubectl create secret generic s --from-literal=k=v --dry-run=client -o yaml | kubectl apply -f -";
  expect(sh(scene, secret)).toBe("secret/s created\n");
  expect(scene.need(secrets, "s").data).toEqual({ k: "dg==" });
  expect(sh(scene, "kubectl create deploy d --image=nginx")).toBe("deployment.apps/d created\n");
  expect(sh(scene, "kubectl scale deploy/d --replicas=2")).toBe("deployment.apps/d scaled\n");
  expect(
    sh(
      scene,
      `kubectl patch cm m -p '{"data":{"b":"3"}}'; kubectl patch cm m --type=json -p '[{"op":"remove","path":"/data/a"}]'`,
    ),
  ).toBe("configmap/m patched\nconfigmap/m patched\n");
  expect(scene.need(configmaps, "m").data).toEqual({ b: "3" });
  expect(sh(scene, "kubectl label cm m x=y; kubectl annotate cm m x=y; kubectl label cm m x=z")).toBe(
    "configmap/m labeled\nconfigmap/m annotated\nerror: 'x' already has a value (y), and --overwrite is false\n",
  );
  expect(sh(scene, "kubectl delete cm m nope --ignore-not-found; kubectl delete cm m")).toBe(
    'configmap "m" deleted from default namespace\nError from server (NotFound): configmaps "m" not found\n',
  );
  expect(sh(scene, "kubectl auth can-i create pods; kubectl auth can-i get nodes --as=x")).toMatch(/^yes\n/);
});

test("a hook waits: for a rollout, a condition, a deletion", () => {
  const scene = newScene();
  const line = "kubectl create deploy d --image=nginx && kubectl rollout status deploy/d --timeout=120s";
  expect(hook(scene, "roll", line)).toBe(
    "deployment.apps/d created\nWaiting for deployment spec update to be observed...\n" +
      'deployment "d" successfully rolled out\nSucceeded',
  );
  expect(scene.need(deployments, "d").status?.availableReplicas).toBe(1);
  expect(hook(scene, "wait", "kubectl wait --for=condition=Available deploy/d --timeout=60s")).toBe(
    "deployment.apps/d condition met\nSucceeded",
  );
  const never = "kubectl wait --for=condition=Complete deploy/d --timeout=3s || echo late";
  expect(hook(scene, "late", never)).toBe(
    "error: timed out waiting for the condition on deployments.apps/d\nlate\nSucceeded",
  );
  const job =
    "kubectl create job j --image=busybox -- sleep 5 && kubectl wait --for=condition=complete job/j && echo over";
  expect(hook(scene, "job", job)).toBe("job.batch/j created\njob.batch/j condition met\nover\nSucceeded");
  expect(scene.need(jobs, "j").status?.succeeded).toBe(1);
  expect(hook(scene, "gone", "kubectl delete deploy d --cascade=foreground && kubectl get deploy d")).toContain(
    '"d" deleted from default namespace\nError from server (NotFound): deployments.apps "d" not found\n',
  );
});

test("it runs commands in other pods and reads their logs", () => {
  const scene = newScene();
  expect(hook(scene, "say", "echo hello")).toBe("hello\nSucceeded");
  expect(sh(scene, "kubectl logs say")).toBe("hello\n");
  expect(sh(scene, "kubectl exec toolbox -- sh -c 'hostname; exit 3'; echo $?")).toBe(
    "toolbox\n3\ncommand terminated with exit code 3\n",
  );
  expect(sh(scene, "echo in | kubectl exec -i toolbox -- cat")).toBe("in\n");
  expect(sh(scene, "kubectl exec nope -- true")).toBe('Error from server (NotFound): pods "nope" not found\n');
});

test("who may not is told so; without an account there is no server", () => {
  const scene = newScene(false);
  expect(sh(scene, "kubectl get pods; echo $?")).toBe(
    '1\nError from server (Forbidden): pods is forbidden: User "system:serviceaccount:default:default" cannot list ' +
      'resource "pods" in API group "" in the namespace "default"\n',
  );
  expect(sh(scene, "kubectl auth can-i list pods; echo $?")).toBe("no\n1\n");
  expect(sh(scene, "unset KUBERNETES_SERVICE_HOST; kubectl get pods")).toBe(
    "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n",
  );
  expect(sh(scene, "kubectl top pods")).toMatch(/^error: "top" is not supported here/);
});
